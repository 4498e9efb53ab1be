import type { Account, Order } from '../account.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { readParameters } from '../profiles/parameters.ts';
import type { StartEntry } from '../profiles/schema.ts';
import type { Settings } from '../settings.ts';
import type { Configuration } from './configuration.ts';
import { accountOf } from './known-exports.ts';
import { commandToPaste, givenFlags } from './given-flags.ts';
import { flagParameters, type StartFlags } from './start-flags.ts';
import { requireId } from './targets.ts';

/**
 * The export to start, its parameters checked:
 *
 * | NAME | is |
 * | --- | --- |
 * | an entry under `exports:` with `start:` | that |
 * | a provider | what the flags describe |
 * | none, but flags that describe one | that, of the default provider; there must be one |
 * | none | the only entry with `start:`; several would each be a new export that nobody has named |
 *
 * Throws UsageError, and ConfigError for what is wrong with `start:`.
 */
export function resolveOrder(
  configuration: Configuration,
  name: string | undefined,
  flags: StartFlags,
  context: Context,
): Order {
  const order = orderNamed(configuration, name, flags, context);
  // Date words as of now; of one that goes on they are those of its first attempt, which have the same form.
  readParameters(order, context.clock.now());
  if (flags.id === undefined) return order;
  requireId(order.account, flags.id);
  if (!flags.again) return { ...order, adopt: flags.id };
  throw new UsageError('--id and --again: one goes on with an export, the other starts a new one');
}

function orderNamed(
  configuration: Configuration,
  name: string | undefined,
  flags: StartFlags,
  context: Context,
): Order {
  const { settings, exports } = configuration;
  if (name !== undefined) {
    const isExport =
      exports.get(name)?.entry.start !== undefined || !configuration.providerNames().includes(name);
    return isExport && exports.has(name)
      ? orderOf(configuration, name, flags, context)
      : unnamedOrder(configuration, name, flags, context);
  }
  const isDescribed = flags.param.length > 0 || flags.data !== undefined;
  if (settings.provider !== undefined && (isDescribed || flags.provider !== undefined)) {
    return unnamedOrder(configuration, settings.provider, flags, context);
  }
  const startable = [...exports.values()].filter(({ entry: { start } }) => start !== undefined);
  const [only, ...others] = startable;
  if (isDescribed) {
    const [flag, what] = flags.data === undefined ? ['--param', 'NAME=VALUE'] : ['--data', 'FILE'];
    const example = only?.name ?? 'mytracker-raw';
    throw new UsageError(`${flag} is for a new export, and no NAME says of which`, {
      hint: `name an export with "start", or a provider: ${commandToPaste(configuration, 'start', example, flag, what)}`,
    });
  }
  if (only === undefined) {
    throw new UsageError('nothing to start: no NAME was given, and no export with "start" is configured', {
      hint: 'for example: exportpoll start mytracker-raw --param event=installs --param selectors=idDevice,tsEvent',
    });
  }
  if (others.length === 0) return orderOf(configuration, only.name, flags, context);
  const names = startable.map((one) => one.name);
  throw new UsageError(`which export is to be started? There are ${names.join(', ')}`, {
    hint: `${commandToPaste(configuration, 'start', 'NAME')} starts one of them`,
  });
}

/** A new export of an entry under `exports:`; flags go before what it says. */
function orderOf(configuration: Configuration, name: string, flags: StartFlags, context: Context): Order {
  const found = configuration.exports.get(name);
  if (found?.entry.start === undefined) {
    throw new UsageError(`the export "${name}" has no "start": it has the id ${found?.entry.id}`, {
      hint: `${commandToPaste(configuration, 'watch', name)} waits for it; to start others, give it "start" instead of "id"`,
    });
  }
  const account = accountOf(configuration, name);
  requireAgreement(`the export "${name}" is of ${account.name}`, account, flags);
  const start = startOf(account);
  const own = configuration.startOf(name);
  return {
    account,
    start,
    name,
    file: found.file.realPath,
    placeOf: (parameter) =>
      Object.hasOwn(own, parameter) ? found.file.at(['exports', name, 'start', parameter]) : undefined,
    parameters: { ...own, ...flagParameters(start, flags, context) },
    settings: checked(configuration.settingsOf(name)),
    again: flags.again,
    flags: givenFlags(configuration),
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
      hint: configuration.isFound
        ? 'name an entry under "exports:", or a provider and its --param NAME=VALUE'
        : `no configuration file was found; looked for ${configuration.searched}`,
    });
  }
  const account = configuration.account(provider);
  requireAgreement(`"${provider}" is a provider`, account, flags);
  const start = startOf(account);
  return {
    account,
    start,
    parameters: flagParameters(start, flags, context),
    settings: checked(configuration.settings),
    again: flags.again,
    flags: givenFlags(configuration),
  };
}

/** Throws UsageError where the command line names two providers; `what` says how it names the first. */
function requireAgreement(what: string, { name }: Account, { provider = name }: StartFlags): void {
  if (provider === name) return;
  throw new UsageError(`${what}, and --provider is ${provider}: which of them is to start one?`, {
    hint: `leave out --provider for one of ${name}, or NAME for one of ${provider}`,
  });
}

function startOf({ name, profile }: Account): StartEntry {
  if (profile.start !== undefined) return profile.start;
  throw new UsageError(`${name} cannot start exports: its profile has no "start"`, {
    hint: `start it at the provider, then: exportpoll watch ${name}:ID`,
  });
}

function checked(settings: Settings): Settings {
  if (settings.output !== '-' || settings.exec === undefined) return settings;
  throw new UsageError('--exec runs on files, and --output - leaves none on disk');
}
