import type { Context } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import { loadBuiltin } from '../../profiles/load-builtin.ts';
import { credentialOrigins } from '../../profiles/origins.ts';
import { openAccount, withDefaults } from '../credentials/accounts.ts';
import type { ConfigFile } from '../config-file.ts';
import { variablesIn } from '../interpolate.ts';
import {
  environmentName,
  planProvider,
  providerNames,
  variablesFrom,
  type Binding,
  type ProviderPlan,
} from '../providers.ts';

/**
 * The origins that may have what is bound to a variable of `plan`, although a project file had a say in it:
 *
 *     bound to                                     origins that the profile and the files of the user give
 *     the twin EXPORTPOLL_<PROVIDER>_… , also when
 *     the project file takes it as ${…}            that provider, as it is without the project file
 *     something in the user file                   the provider of that name there
 *     ${NAME} that a secret in the user file takes  the providers of those secrets
 *     anything else                                this provider, and the built-in profile that it is an account of
 */
export function trustedOrigins(
  plan: ProviderPlan,
  binding: Binding,
  files: readonly ConfigFile[],
  context: Context,
): ReadonlySet<string> {
  const own = files.filter(({ kind }) => kind !== 'project');
  const owners = ownersOf(plan, binding, own, context);
  if (owners.length === 0) {
    const named = [plan.name, plan.builtin].flatMap((name) => originsNamed(name, own, context));
    return new Set([...named, ...builtinOrigins(plan), ...addressInEnvironment(plan)]);
  }
  const [first = [], ...more] = owners.map((names) =>
    names.flatMap((name) => [
      ...originsNamed(name, own, context),
      ...(name === plan.name ? addressInEnvironment(plan) : []),
    ]),
  );
  return new Set(first.filter((origin) => more.every((others) => others.includes(origin))));
}

/**
 * For each part of the value that was given for providers of the user's, those; none for a value that could be anybody's.
 */
function ownersOf(
  plan: ProviderPlan,
  { file, value, at }: Binding,
  own: readonly ConfigFile[],
  context: Context,
): string[][] {
  if (file !== undefined && file.kind !== 'project') return [[plan.name]];
  const names = file === undefined ? [at] : typeof value === 'string' ? variablesIn(value) : [];
  return names.flatMap((name) => {
    const owners = providerNames(own).filter((provider) => name.startsWith(environmentName(provider, '')));
    // EXPORTPOLL_A_B_KEY is of `a-b` rather than of `a`.
    const [owner] = owners.sort((one, other) => other.length - one.length);
    if (owner !== undefined) return [[owner]];
    const tied = file === undefined ? [] : providersWithSecret(name, own, context);
    return tied.length === 0 ? [] : [tied];
  });
}

/** The providers for which the user's own files take a secret from the variable `name` of the environment. */
export function providersWithSecret(name: string, own: readonly ConfigFile[], context: Context): string[] {
  const found = own.flatMap((file) =>
    Object.keys(file.data.providers).filter((provider) => {
      const variables = Object.entries(variablesFrom(file, provider)).filter(
        ([, value]) => typeof value === 'string' && variablesIn(value).includes(name),
      );
      if (variables.length === 0) return false;
      const [plan] = plansOf(provider, own, context);
      // Of what cannot be planned nobody knows; it is taken for a secret.
      return variables.some(([variable]) => plan?.profile.variables[variable]?.secret !== false);
    }),
  );
  return [...new Set(found)];
}

/** The origins of a provider, and of the built-in one that it is an account of, if the project file were not there. */
function originsNamed(name: string | undefined, own: readonly ConfigFile[], context: Context): string[] {
  const [plan] = plansOf(name, own, context);
  const plans =
    plan === undefined || plan.builtin === name ? [plan] : [plan, ...plansOf(plan.builtin, own, context)];
  return plans.flatMap((plan) => {
    if (plan === undefined) return [];
    const account = unlessWrong(() => openAccount(plan, context));
    return [...builtinOrigins(plan), ...(account === undefined ? [] : credentialOrigins(account))];
  });
}

/** The provider without the project file; none where that makes no provider of it. */
function plansOf(name: string | undefined, own: readonly ConfigFile[], context: Context): ProviderPlan[] {
  if (name === undefined || !providerNames(own).includes(name)) return [];
  return unlessWrong(() => [planProvider(name, own, context)]) ?? [];
}

function builtinOrigins({ builtin }: ProviderPlan): string[] {
  if (builtin === undefined) return [];
  const profile = loadBuiltin(builtin);
  return [...credentialOrigins({ profile, variables: withDefaults(profile, {}) })];
}

/** Who sets the environment chooses the address. */
function addressInEnvironment({ bindings }: ProviderPlan): string[] {
  const baseUrl = bindings.get('baseUrl');
  if (baseUrl === undefined || baseUrl.file !== undefined || !URL.canParse(baseUrl.value)) return [];
  return [new URL(baseUrl.value).origin];
}

/** What cannot be opened without the project file names no origin. */
function unlessWrong<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
