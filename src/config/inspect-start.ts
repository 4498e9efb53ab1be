import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { describeParameter } from '../profiles/parameter-value.ts';
import { checkParameters } from '../profiles/parameters.ts';
import { shellWord } from '../shell-word.ts';
import type { ConfiguredExport } from './configured-exports.ts';
import { mistakeIn } from './mistaken-dates.ts';
import type { ProviderPlan } from './providers.ts';
import type { Sourced } from './settings.ts';
import { startParameters } from './start-parameters.ts';

/**
 * Looks at what stands under `start:` of an export as if it were to be started now. A wrong name or value is a problem;
 * what is missing may still come from the command line.
 */
export function inspectStart(
  found: ConfiguredExport,
  { name: provider, profile }: ProviderPlan,
  context: Context,
): { problems: ConfigError[]; missing: Sourced[] } {
  const key = ['exports', found.name, 'start'];
  const given = found.entry.start;
  if (given === undefined) return { problems: [], missing: [] };
  const { start } = profile;
  if (start === undefined) {
    const what = `${found.file.at(key)} is of no use: the profile of ${provider} has no "start"`;
    return { problems: [new ConfigError(what)], missing: [] };
  }
  const { parameters, unfilled, problems } = filledIn(found, context);
  const missing: Sourced[] = [];
  // The zone of date words may be in the account's variables; their form is the same in all.
  const account = { name: provider, profile, variables: {} };
  const checked = checkParameters({ account, start, parameters }, context.clock.now());
  for (const { name, kind, what } of checked.problems) {
    const entry = start.parameters[name];
    if (kind === 'missing' && entry !== undefined) {
      if (unfilled.has(name)) continue;
      const flag = shellWord(`${name}=${entry.example ?? 'VALUE'}`);
      const from = `needs ${name}: ${describeParameter(entry)}; add it there, or give --param ${flag}`;
      missing.push({ key: key.join('.'), value: 'incomplete', from });
    } else if (kind === 'unknown' || mistakeIn(given[name]) === undefined) {
      // A mistaken date word stops every run, and is told with what does.
      problems.push(new ConfigError(`${found.file.at([...key, name])} ${what}`));
    }
  }
  return { problems, missing };
}

/** The parameters that can be filled in from the environment, the names of the others, and what is wrong with these. */
function filledIn(
  found: ConfiguredExport,
  context: Context,
): { parameters: Record<string, unknown>; unfilled: Set<string>; problems: ConfigError[] } {
  const parameters: Record<string, unknown> = {};
  const unfilled = new Set<string>();
  const problems: ConfigError[] = [];
  for (const [name, value] of Object.entries(found.entry.start ?? {})) {
    try {
      const alone = { ...found, entry: { ...found.entry, start: { [name]: value } } };
      Object.assign(parameters, startParameters(alone, context));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      unfilled.add(name);
      problems.push(error);
    }
  }
  return { parameters, unfilled, problems };
}
