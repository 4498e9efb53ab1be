import { accessSync, constants } from 'node:fs';

import type { Context } from '../context.ts';
import { ConfigError, messageOf } from '../errors.ts';
import { compileIdPattern } from '../profiles/load.ts';
import { missingCredentials } from './credentials.ts';
import type { ConfiguredExport } from './exports.ts';
import { interpolate } from './interpolate.ts';
import { locate } from './paths.ts';
import type { Binding, ProviderPlan } from './providers.ts';
import { MOST_MATCHED } from './safe-pattern.ts';
import type { Sourced } from './settings.ts';
import { requireSmallFile } from './small-file.ts';
import type { Account } from '../account.ts';

/**
 * What is wrong with a provider's credentials: nothing that stops a run which does not need them, and all that somebody
 * wants to know who asks. No command is run for it.
 */
export function unusableSecrets({ profile, bindings }: ProviderPlan, context: Context): ConfigError[] {
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
      throw new RangeError(`cannot be read from its file: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** What a provider still lacks to be used, as rows beside its variables. */
export function lacking(account: Account): Sourced[] {
  return missingCredentials(account).map((complaint) => ({
    key: `providers.${account.name}`,
    value: 'incomplete',
    from: complaint,
  }));
}

/** Says so where an entry under `exports:` has an id that its provider cannot have given. */
export function refusedId({ name, entry, file }: ConfiguredExport, { profile }: ProviderPlan): ConfigError[] {
  const { id } = entry;
  if (id === undefined || (id.length <= MOST_MATCHED && compileIdPattern(profile).test(id))) return [];
  return [
    new ConfigError(
      `${file.at(['exports', name, 'id'])} is not ${profile.id.description}, such as ${profile.id.example}: "${id}"`,
    ),
  ];
}
