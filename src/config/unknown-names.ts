import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { ConfigFile } from './config-file.ts';
import { flags } from './flags.ts';
import { fromEnvironment } from './interpolate.ts';
import { didYouMean, nearest } from '../nearest.ts';
import { environmentName, planProvider, providerNames } from './providers.ts';

const PREFIX = 'EXPORTPOLL_';
/** What `--exec` tells its command, which may well run exportpoll again. */
const OF_EXEC = 'EXPORTPOLL_EXPORT_';

/** Says so where a variable of the environment looks like one of ours and is none: a typing mistake, most likely. */
export function misspeltInEnvironment(files: readonly ConfigFile[], context: Context): string[] {
  const { known, prefixes } = knownNames(files, context);
  const odd = Object.keys(context.env).filter(
    (name) =>
      name.startsWith(PREFIX) &&
      fromEnvironment(context.env, name) !== undefined &&
      ![OF_EXEC, ...prefixes].some((prefix) => name.startsWith(prefix)) &&
      !known.includes(name),
  );
  return odd.map((name) => {
    // The prefix, which they share, would make all of them alike.
    const guess = nearest(
      name.slice(PREFIX.length),
      known.map((other) => other.slice(PREFIX.length)),
    );
    const hint = guess === undefined ? '' : `; did you mean "${PREFIX}${guess}"?`;
    return `${name} is set in the environment, but means nothing${hint}`;
  });
}

/** Throws UsageError for a flag, by its name in camel case, that does not exist. */
export function requireKnownFlags(raw: Readonly<Record<string, unknown>>): void {
  const known = flags.map(({ name }) => name);
  const odd = Object.keys(raw).find((name) => !known.some((other) => other === name));
  if (odd !== undefined) throw new UsageError(`unknown flag "${odd}"${didYouMean(odd, known)}`);
}

/** `prefixes`: of providers whose variables nobody knows, as their profile cannot be read. */
function knownNames(files: readonly ConfigFile[], context: Context): { known: string[]; prefixes: string[] } {
  const known = [`${PREFIX}CONFIG`, ...flags.map(({ env }) => env)];
  const prefixes: string[] = [];
  for (const provider of providerNames(files)) {
    try {
      const { variables } = planProvider(provider, files, context).profile;
      known.push(...Object.keys(variables).map((variable) => environmentName(provider, variable)));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      prefixes.push(environmentName(provider, ''));
    }
  }
  return { known, prefixes };
}
