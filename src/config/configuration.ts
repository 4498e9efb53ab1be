import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { Parameters } from '../profiles/parameter-value.ts';
import type { Profile } from '../profiles/schema.ts';
import type { ConfigFile } from './config-file.ts';
import { outputsOutside } from './trust/confine.ts';
import { AccountIncompleteError, openAccount } from './credentials/accounts.ts';
import { exportsIn, unknownProviders, type ConfiguredExport } from './configured-exports.ts';
import { loadFiles } from './file/load.ts';
import { topToBottom } from './file/order.ts';
import { isConfigured, misfits, planProvider, providerNames, type ProviderPlan } from './providers.ts';
import {
  commandLine,
  defaultLayer,
  environmentLayer,
  fileLayer,
  settle,
  type Layer,
  type Sourced,
} from './settings.ts';
import { maskUrl } from '../secrets.ts';
import { exportSources, providerSources } from './sources.ts';
import { withNetrc } from './credentials/netrc.ts';
import { checkPermissions } from './credentials/permissions.ts';
import { mistakenDates } from './mistaken-dates.ts';
import { startParameters } from './start-parameters.ts';
import { programsNamed, reportsNamed, secretsLent } from './trust/trust.ts';
import { misspeltInEnvironment } from './unknown-names.ts';
import type { Account } from '../account.ts';
import type { Settings } from '../settings.ts';

/** Everything that flags, environment and files say, put together. */
export interface Configuration {
  readonly settings: Settings;
  /** The settings for an entry under `exports:`, which go before the file's own, but after flags and environment. */
  settingsOf(exportName: string): Settings;
  /** One object an account. Throws UsageError for a provider that nobody knows, ConfigError for one that is not usable. */
  account(name: string): Account;
  /** The profile of a provider, also when its account is not complete. Throws UsageError for an unknown name. */
  profile(name: string): Profile;
  providerNames(): readonly string[];
  /** The parameters of an entry under `exports:`, filled in from the environment. Throws ConfigError. */
  startOf(exportName: string): Parameters;
  readonly exports: ReadonlyMap<string, ConfiguredExport>;
  /** Each effective value and where it comes from. */
  readonly sources: readonly Sourced[];
  /** The files that were read, in the order of precedence. */
  readonly files: readonly ConfigFile[];
  /** Those of the `problems` that are about no provider: what stops also a command that needs none. */
  readonly settingProblems: readonly ConfigError[];
  /** What is wrong. Everything but a look at the configuration stops with them: see `requireSound`. */
  readonly problems: readonly ConfigError[];
  readonly warnings: readonly string[];
  /** Whether there is a configuration file at all, whatever is in it. */
  readonly isFound: boolean;
  /** Where files were looked for, in words. */
  readonly searched: string;
  /** A closer look, for who asks: what is missing, and what will stop a run that uses it. Nothing is run for it. */
  inspect(): Promise<{ readonly problems: readonly ConfigError[]; readonly missing: readonly Sourced[] }>;
}

/** What the command line says about the configuration. */
export interface ConfigurationOptions {
  /** Raw text and booleans as commander has read them, under the flags' names. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The value of --config. */
  readonly configFile?: string | undefined;
}

/** Finds, reads, checks and merges the configuration. Rejects with UsageError for a flag that cannot be read. */
export async function loadConfiguration(
  context: Context,
  options: ConfigurationOptions,
): Promise<Configuration> {
  const flagLayer = commandLine(options.flags, context);
  const environment = environmentLayer(context);
  const { files, problems: fileProblems, ...looked } = await loadFiles(context, options.configFile);
  const exports = exportsIn(files);
  const layers = (...entry: Layer[]): Layer[] => [
    flagLayer,
    environment.layer,
    ...entry,
    ...files.map((file) => fileLayer(file)),
    defaultLayer(context),
  ];
  const settled = settle(layers(), context.home);
  if (settled.settings.ping !== undefined) maskUrl(settled.settings.ping, context.redactor);
  const settleExport = ({ file, entry }: ConfiguredExport): ReturnType<typeof settle> =>
    settle(layers(fileLayer(file, entry)), context.home);
  const { plans, problems: planProblems } = planUsed(
    providersUsed(files, settled.settings.provider, exports, context),
    files,
    context,
  );
  const permissions = await checkPermissions(files, plans, context);
  const settingProblems = topToBottom(
    [
      ...environment.problems,
      ...fileProblems,
      ...files.flatMap((file) => outputsOutside(file, context.home)),
    ],
    files,
  );
  const accounts = new Map<string, Account>();
  const accountNamed = (name: string): Account => {
    const account = accounts.get(name) ?? openTrusted(planAccount(name, files, context), files, context);
    accounts.set(name, account);
    return account;
  };
  return {
    settings: settled.settings,
    settingsOf(name) {
      const found = exports.get(name);
      return (found === undefined ? settled : settleExport(found)).settings;
    },
    account: accountNamed,
    profile: (name) => planProvider(name, files, context).profile,
    providerNames: () => providerNames(files),
    startOf(name) {
      const found = exports.get(name);
      return found === undefined ? {} : startParameters(found, context);
    },
    exports,
    get sources() {
      return [
        ...settled.sources,
        ...providerSources(plans, context),
        ...exportSources(exports.values(), (found) =>
          settleExport(found).sources.find(({ key }) => key === 'output'),
        ),
      ];
    },
    isFound: looked.isFound,
    searched: looked.searched,
    async inspect() {
      // It takes the language of expressions, which loads for longer than a configuration is read.
      const { inspectAll } = await import('./inspect.ts');
      return inspectAll(plans, settled.settings.provider, [...exports.values()], context);
    },
    files,
    settingProblems,
    problems: topToBottom(
      [
        ...settingProblems,
        ...files.flatMap(programsNamed),
        ...files.flatMap(reportsNamed),
        ...files.flatMap(mistakenDates),
        ...unknownProviders(files),
        ...planProblems,
        ...permissions.problems,
      ],
      files,
    ),
    warnings: [...looked.warnings, ...permissions.warnings, ...misspeltInEnvironment(files, context)],
  };
}

/** Throws one ConfigError with everything that is wrong with the configuration, if anything is. */
export function requireSound({ problems }: Pick<Configuration, 'problems'>): void {
  const [first, ...more] = problems;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  const hints = problems.flatMap(({ hint }) => hint ?? []);
  throw new ConfigError(
    problems.map(({ message }) => message).join('\n'),
    hints.length === 0 ? {} : { hint: hints.join('; ') },
  );
}

/** The providers that files or environment say something about, or name. */
function providersUsed(
  files: readonly ConfigFile[],
  provider: string | undefined,
  exports: ReadonlyMap<string, ConfiguredExport>,
  context: Context,
): string[] {
  const named = new Set([provider, ...[...exports.values()].map(({ entry }) => entry.provider)]);
  return providerNames(files).filter((name) => named.has(name) || isConfigured(name, files, context));
}

/** Plans the providers, and collects what is wrong with them. */
function planUsed(
  names: readonly string[],
  files: readonly ConfigFile[],
  context: Context,
): { plans: ProviderPlan[]; problems: ConfigError[] } {
  const plans: ProviderPlan[] = [];
  const problems: ConfigError[] = [];
  for (const name of names) {
    try {
      const plan = planAccount(name, files, context);
      plans.push(plan);
      const odd = misfits(plan, files);
      problems.push(...odd);
      if (odd.length === 0) openTrusted(plan, files, context);
    } catch (error) {
      if (error instanceof AccountIncompleteError) continue;
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error);
    }
  }
  return { plans, problems };
}

/** A provider with everything that can be known of its credentials. */
function planAccount(name: string, files: readonly ConfigFile[], context: Context): ProviderPlan {
  return withNetrc(planProvider(name, files, context), context);
}

function openTrusted(plan: ProviderPlan, files: readonly ConfigFile[], context: Context): Account {
  const account = openAccount(plan, context);
  const [problem] = secretsLent(plan, account, files, context);
  if (problem !== undefined) throw problem;
  return account;
}
