import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { builtinNames } from '../profiles/builtin-names.ts';
import { loadBuiltin } from '../profiles/load-builtin.ts';
import type { Profile } from '../profiles/schema.ts';
import { complaints } from './complaints.ts';
import type { ConfigFile } from './config-file.ts';
import { fromEnvironment, variablesIn } from './interpolate.ts';
import { didYouMean } from '../nearest.ts';
import type { ProviderEntry, VariableValue } from './schema.ts';
import { keepSecrets, refuseSlowPatterns } from './trust/untrusted-profile.ts';

/** What is configured for one variable of a provider, and by whom. */
export type Binding =
  /** By the environment or by .netrc: `at` is the variable's name there, or the file and machine; `value` stands for itself. */
  | { readonly source: 'env' | 'netrc'; readonly value: string; readonly at: string; readonly file?: never }
  /** By a file: `at` says where in it. */
  | {
      readonly source: 'file';
      readonly value: VariableValue;
      readonly at: string;
      readonly file: ConfigFile;
    };

/** A provider, put together from environment and files; nothing in it is filled in or read yet. */
export interface ProviderPlan {
  readonly name: string;
  readonly profile: Profile;
  /** The built-in profile that it is an account of, by `use` or by its name. */
  readonly builtin: string | undefined;
  /** The file whose `profile` it is; `undefined` for a built-in one. */
  readonly profileFile: ConfigFile | undefined;
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** `mytracker-raw` and `secretKey` are `EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY` in the environment. */
export function environmentName(provider: string, variable: string): string {
  const words = `${provider}-${variable.replace(/[A-Z]/g, (letter) => `-${letter}`)}`;
  return `EXPORTPOLL_${words.toUpperCase().replaceAll('-', '_')}`;
}

/** Every provider that there is: the built-in ones, and those under `providers:`. */
export function providerNames(files: readonly ConfigFile[]): string[] {
  return [...new Set([...builtinNames, ...files.flatMap((file) => Object.keys(file.data.providers))])].sort();
}

/** Whether anybody says anything about the provider, which need not exist. */
export function isConfigured(name: string, files: readonly ConfigFile[], { env }: Context): boolean {
  const prefix = environmentName(name, '');
  return (
    files.some((file) => entryOf(name, file) !== undefined) ||
    Object.keys(env).some((key) => key.startsWith(prefix) && fromEnvironment(env, key) !== undefined)
  );
}

/** The provider `name`, over `files` in their order of precedence. Throws UsageError for one that nobody knows. */
export function planProvider(name: string, files: readonly ConfigFile[], context: Context): ProviderPlan {
  const known = providerNames(files);
  if (!known.includes(name)) {
    throw new UsageError(`unknown provider "${name}"${didYouMean(name, known)}`, {
      hint: `known providers: ${known.join(', ')}`,
    });
  }
  const { profile, builtin, profileFile } = profileOf(name, files, context);
  const bindings = new Map<string, Binding>();
  for (const variable of Object.keys(profile.variables)) {
    const binding = bind(name, variable, files, context);
    if (binding === undefined) continue;
    bindings.set(variable, binding);
    if (profile.variables[variable]?.secret === true) mask(binding, context);
  }
  return { name, profile, builtin, profileFile, bindings };
}

/** From now on the secret is masked wherever it appears, also where somebody uses it as something else. */
function mask({ value, file }: Binding, { env, redactor }: Context): void {
  if (typeof value !== 'string') return;
  const taken = file === undefined ? [] : variablesIn(value).map((name) => fromEnvironment(env, name));
  for (const secret of taken.length === 0 ? [value] : taken) if (secret !== undefined) redactor.add(secret);
}

/** What the files say about a provider that its profile does not know, as ConfigErrors. */
export function misfits({ name, profile }: ProviderPlan, files: readonly ConfigFile[]): ConfigError[] {
  const { variables } = profile;
  const odd = files.flatMap((file) =>
    Object.entries(variablesFrom(file, name))
      .filter(
        ([variable, value]) =>
          !Object.hasOwn(variables, variable) ||
          (typeof value !== 'string' && variables[variable]?.secret !== true),
      )
      .map(([variable]) => ({ file, variable })),
  );
  return complaints(odd, ({ file, variable }) => {
    const where = file.at(['providers', name, variable]);
    return Object.hasOwn(variables, variable)
      ? `${where} is not a secret of profile ${profile.name}, so it must be text`
      : `${where} is not a variable of profile ${profile.name}${didYouMean(variable, [...Object.keys(variables), 'use', 'profile'])}`;
  }).map((complaint) => new ConfigError(complaint));
}

function bind(
  name: string,
  variable: string,
  files: readonly ConfigFile[],
  context: Context,
): Binding | undefined {
  const twin = environmentName(name, variable);
  const value = fromEnvironment(context.env, twin);
  if (value !== undefined) return { source: 'env', value, at: twin };
  for (const file of files) {
    const variables = variablesFrom(file, name);
    const configured = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
    if (configured !== undefined)
      return { source: 'file', value: configured, at: file.at(['providers', name, variable]), file };
  }
  return undefined;
}

function profileOf(
  name: string,
  files: readonly ConfigFile[],
  context: Context,
): Pick<ProviderPlan, 'profile' | 'builtin' | 'profileFile'> {
  const file = files.find((file) => {
    const entry = entryOf(name, file);
    return entry?.use !== undefined || entry?.profile !== undefined;
  });
  const { use } = (file && entryOf(name, file)) ?? {};
  const own = file?.profileOf(name);
  if (file !== undefined && own !== undefined) {
    const builtin = builtinNames.includes(name) ? name : undefined;
    if (file.kind !== 'project') return { profile: own, builtin, profileFile: file };
    refuseSlowPatterns(own, file.at(['providers', name, 'profile']));
    return { profile: keepSecrets(own, trustedProfile(name, files, context)), builtin, profileFile: file };
  }
  if (file !== undefined && use !== undefined && !builtinNames.includes(use)) {
    const where = file.at(['providers', name, 'use']);
    throw new ConfigError(`${where} names no built-in profile: "${use}"${didYouMean(use, builtinNames)}`);
  }
  const builtin = use ?? name;
  if (builtinNames.includes(builtin)) {
    const trusted = file?.kind === 'project' ? trustedProfile(name, files, context) : undefined;
    return { profile: keepSecrets(loadBuiltin(builtin), trusted), builtin, profileFile: undefined };
  }
  const where = files.find((file) => entryOf(name, file) !== undefined)?.at(['providers', name]) ?? name;
  throw new ConfigError(
    `${where} is not a built-in profile and says neither "use" nor "profile"${didYouMean(name, builtinNames)}`,
  );
}

/** The provider's profile if the project file were not there. */
function trustedProfile(name: string, files: readonly ConfigFile[], context: Context): Profile | undefined {
  const own = files.filter(({ kind }) => kind !== 'project');
  try {
    return profileOf(name, own, context).profile;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function entryOf(name: string, { data }: ConfigFile): ProviderEntry | undefined {
  return Object.hasOwn(data.providers, name) ? data.providers[name] : undefined;
}

/** What a file says of the provider's variables. */
export function variablesFrom(file: ConfigFile, name: string): Record<string, VariableValue> {
  const { use: _, profile: __, ...variables } = entryOf(name, file) ?? {};
  return variables;
}
