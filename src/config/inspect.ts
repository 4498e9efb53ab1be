import { accessSync, constants } from 'node:fs';

import type { Account } from '../account.ts';
import type { Context } from '../context.ts';
import { ConfigError, messageOf } from '../errors.ts';
import { AccountIncompleteError, openAccount } from './credentials/accounts.ts';
import { missingCredentials } from './credentials/credentials.ts';
import { interpolate } from './interpolate.ts';
import { locate, requireSmallFile, whyUnreadable } from './paths.ts';
import { inspectStart } from './inspect-start.ts';
import { isIdOf } from '../profiles/id.ts';
import type { Binding, ProviderPlan } from './providers.ts';
import type { Sourced } from './settings.ts';
import type { ConfiguredExport } from './configured-exports.ts';

/** Looks at every provider that is in use as if it were to be used now, and at every export. */
export function inspectAll(
  plans: readonly ProviderPlan[],
  provider: string | undefined,
  exports: readonly ConfiguredExport[],
  context: Context,
): { problems: ConfigError[]; missing: Sourced[] } {
  const problems: ConfigError[] = [];
  const missing: Sourced[] = [];
  for (const plan of plans) {
    problems.push(...unusableSecrets(plan, context));
    const account = opened(plan, context, problems);
    if (account !== undefined) missing.push(...lacking(account));
  }
  for (const found of exports) {
    const plan = plans.find(({ name }) => name === (found.entry.provider ?? provider));
    if (plan === undefined) continue;
    problems.push(...refusedId(found, plan));
    const start = inspectStart(found, plan, context);
    problems.push(...start.problems);
    missing.push(...start.missing);
  }
  return { problems, missing };
}

/** What stops every run is told with the configuration; what stops only who uses the account goes to `incomplete`. */
function opened(plan: ProviderPlan, context: Context, incomplete: ConfigError[]): Account | undefined {
  try {
    return openAccount(plan, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error instanceof AccountIncompleteError) incomplete.push(error);
    return undefined;
  }
}

/**
 * What is wrong with a provider's credentials: nothing that stops a run which does not need them, and all that somebody
 * wants to know who asks. No command is run for it.
 */
function unusableSecrets({ profile, bindings }: ProviderPlan, context: Context): ConfigError[] {
  return [...bindings].flatMap(([variable, binding]) => {
    if (profile.variables[variable]?.secret !== true) return [];
    try {
      tryOut(binding, context);
      return [];
    } catch (error) {
      return [new ConfigError(`${binding.at} ${messageOf(error)}`)];
    }
  });
}

function tryOut({ value, file }: Binding, context: Context): void {
  if (file === undefined) return;
  if (typeof value === 'string') {
    interpolate(value, context.env, (secret) => context.redactor.add(secret));
  } else if ('file' in value) {
    const path = locate(value.file, file.directory, context.home);
    try {
      requireSmallFile(path);
      accessSync(path, constants.R_OK);
    } catch (error) {
      throw new RangeError(`cannot be read from its file ${path}: ${whyUnreadable(error)}`, { cause: error });
    }
  }
}

/** What a provider still lacks to be used, as rows beside its variables. */
function lacking(account: Account): Sourced[] {
  return missingCredentials(account).map((complaint) => ({
    key: `providers.${account.name}`,
    value: 'incomplete',
    from: complaint,
  }));
}

/** Says so where an entry under `exports:` has an id that its provider cannot have given. */
function refusedId({ name, entry, file }: ConfiguredExport, { profile }: ProviderPlan): ConfigError[] {
  const { id } = entry;
  if (id === undefined || isIdOf(profile, id)) return [];
  return [
    new ConfigError(
      `${file.at(['exports', name, 'id'])} is not ${profile.id.description}, such as ${profile.id.example}: "${id}"`,
    ),
  ];
}
