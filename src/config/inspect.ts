import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { AccountIncompleteError, openAccount } from './accounts.ts';
import type { ConfiguredExport } from './exports.ts';
import type { ConfigFile } from './load.ts';
import { isConfigured, planProvider, providerNames, type ProviderPlan } from './providers.ts';
import type { Sourced } from './settings.ts';
import { lacking, refusedId, unusableSecrets } from './usability.ts';

/** Looks at every provider that is in use as if it were to be used now, and at every export. */
export function inspectAll(
  files: readonly ConfigFile[],
  provider: string | undefined,
  exports: readonly ConfiguredExport[],
  context: Context,
): { problems: ConfigError[]; missing: Sourced[] } {
  const problems: ConfigError[] = [];
  const missing: Sourced[] = [];
  const named = new Set([provider, ...exports.map(({ entry }) => entry.provider)]);
  const plans = new Map<string, ProviderPlan>();
  for (const name of providerNames(files)) {
    if (!named.has(name) && !isConfigured(name, files, context)) continue;
    const plan = unlessWrong(() => planProvider(name, files, context));
    if (plan === undefined) continue;
    plans.set(name, plan);
    problems.push(...unusableSecrets(plan, context));
    const account = unlessWrong(() => openAccount(plan, context), problems);
    if (account !== undefined) missing.push(...lacking(account));
  }
  for (const found of exports) {
    const plan = plans.get(found.entry.provider ?? provider ?? '');
    if (plan !== undefined) problems.push(...refusedId(found, plan));
  }
  return { problems, missing };
}

/** What stops every run is told with the configuration; what stops only who uses the account goes to `incomplete`. */
function unlessWrong<T>(get: () => T, incomplete: ConfigError[] = []): T | undefined {
  try {
    return get();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error instanceof AccountIncompleteError) incomplete.push(error);
    return undefined;
  }
}
