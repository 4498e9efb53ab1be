import { readFileSync } from 'node:fs';

import type { Account, Order } from '../account.ts';
import type { Context } from '../context.ts';
import { messageOf, UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { parametersFromText } from '../profiles/parameter-text.ts';
import { readParameters, type Parameters } from '../profiles/parameters.ts';
import type { StartEntry } from '../profiles/schema.ts';
import type { Settings } from '../settings.ts';
import type { Configuration } from './configuration.ts';
import { accountOf } from './known-exports.ts';
import { locate, requireSmallFile } from './paths.ts';

/** What the command line says about a start, besides settings. */
export interface StartFlags {
  /** `NAME=VALUE`, in their order. */
  readonly param: readonly string[];
  /** A JSON file with parameters. */
  readonly data?: string | undefined;
  /** The provider, if it was named on the command line. */
  readonly provider?: string | undefined;
  readonly again: boolean;
}

/**
 * The exports to start: the one that `name` names, which is an entry under `exports:` or a provider; without a name, the
 * one that the flags describe; without either, every entry that has `start:`. Their parameters have been checked.
 * Throws UsageError.
 */
export function resolveOrders(
  configuration: Configuration,
  name: string | undefined,
  flags: StartFlags,
  context: Context,
): Order[] {
  const orders = named(configuration, name, flags, context);
  // Date words as of now; of one that goes on they are those of its first attempt, which have the same form.
  for (const order of orders) readParameters(order, context.clock.now());
  return orders;
}

function named(
  configuration: Configuration,
  name: string | undefined,
  flags: StartFlags,
  context: Context,
): Order[] {
  const { settings, exports } = configuration;
  if (name !== undefined && exports.has(name)) return [orderOf(configuration, name, flags, context)];
  const isDescribed = flags.param.length > 0 || flags.data !== undefined || flags.provider !== undefined;
  const provider = name ?? (isDescribed ? settings.provider : undefined);
  if (provider !== undefined) return [unnamedOrder(configuration, provider, flags, context)];
  const startable = [...exports.values()].filter(({ entry: { start } }) => start !== undefined);
  if (startable.length > 0 && !isDescribed) {
    return startable.map(({ name }) => orderOf(configuration, name, flags, context));
  }
  throw new UsageError('nothing to start: no NAME was given, and no export with "start" is configured', {
    hint: 'for example: exportpoll start mytracker-raw --param event=installs --param selectors=idDevice,tsEvent',
  });
}

/** A new export of an entry under `exports:`; flags go before what it says. */
function orderOf(configuration: Configuration, name: string, flags: StartFlags, context: Context): Order {
  const found = configuration.exports.get(name);
  if (found?.entry.start === undefined) {
    throw new UsageError(`the export "${name}" has no "start": it has the id ${found?.entry.id}`, {
      hint: `exportpoll watch ${name} waits for it; to start others, give it "start" instead of "id"`,
    });
  }
  const account = accountOf(configuration, name);
  const start = startOf(account);
  return {
    account,
    start,
    name,
    file: found.file.path,
    parameters: { ...found.entry.start, ...flagParameters(start, flags, context) },
    settings: checked(configuration.settingsOf(name)),
    again: flags.again,
  };
}

function unnamedOrder(
  configuration: Configuration,
  provider: string,
  flags: StartFlags,
  context: Context,
): Order {
  const known = [...configuration.exports.keys(), ...configuration.providerNames()];
  if (!configuration.providerNames().includes(provider)) {
    throw new UsageError(`no export and no provider is called "${provider}"${didYouMean(provider, known)}`, {
      hint: 'name an entry under "exports:", or a provider and its --param NAME=VALUE',
    });
  }
  const account = configuration.account(provider);
  const start = startOf(account);
  return {
    account,
    start,
    parameters: flagParameters(start, flags, context),
    settings: checked(configuration.settings),
    again: flags.again,
  };
}

function startOf({ name, profile }: Account): StartEntry {
  if (profile.start !== undefined) return profile.start;
  throw new UsageError(`${name} cannot start exports: its profile has no "start"`, {
    hint: `start it at the provider, then: exportpoll watch ${name}:ID`,
  });
}

/** `--param` goes before `--data`. */
function flagParameters(start: StartEntry, { param, data }: StartFlags, context: Context): Parameters {
  return { ...(data === undefined ? {} : readData(data, context)), ...parametersFromText(param, start) };
}

function readData(file: string, { cwd, home }: Context): Parameters {
  const path = locate(file, cwd, home);
  let value: unknown;
  try {
    requireSmallFile(path);
    value = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    // What JSON.parse says may quote the file, which may hold secrets.
    const why = error instanceof SyntaxError ? 'it is not JSON' : messageOf(error);
    throw new UsageError(`--data ${file}: cannot be read: ${why}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`--data ${file}: must hold a JSON object, the parameters by their names`);
  }
  return value as Parameters;
}

function checked(settings: Settings): Settings {
  if (settings.output !== '-' || settings.exec === undefined) return settings;
  throw new UsageError('--exec runs on files, and --output - leaves none on disk');
}
