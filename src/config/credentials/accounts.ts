import type { Context } from '../../context.ts';
import { ConfigError, messageOf } from '../../errors.ts';
import { hasDotSegment } from '../../profiles/id.ts';
import type { Profile } from '../../profiles/schema.ts';
import { expandTemplate, templateVariables } from '../../profiles/template.ts';
import { interpolate, NotSetError } from '../interpolate.ts';
import { checkBaseUrl, checkTransport, credentialOrigins } from '../../profiles/origins.ts';
import type { Binding, ProviderPlan } from '../providers.ts';
import { configuredSecret, givenSecret } from './secrets.ts';
import type { Account, SecretSource } from '../../account.ts';
import { maskTaken } from './taken.ts';
import { checkPattern } from '../values.ts';

/** A variable of the environment is missing without which the account cannot be used, which nobody may want to. */
export class AccountIncompleteError extends ConfigError {}

/** The account that a plan describes: plain variables filled in and checked, secrets ready to be read. */
export function openAccount(plan: ProviderPlan, context: Context): Account {
  const { name, profile, bindings } = plan;
  const set: Record<string, string> = {};
  const secrets: Record<string, SecretSource> = {};
  const problems: ConfigError[] = [];
  for (const [variable, binding] of bindings) {
    try {
      const { secret = false, pattern } = profile.variables[variable] ?? {};
      if (secret) secrets[variable] = openSecret(binding, pattern, context);
      else set[variable] = openPlain(variable, binding, profile, context);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error);
    }
  }
  throwAll(problems);
  const account = { name, profile, variables: withDefaults(profile, set), secrets };
  checkTransport(name, credentialOrigins(account));
  return account;
}

/** What is wrong goes before what is merely missing: that stops everybody. */
function throwAll(problems: readonly ConfigError[]): void {
  const wrong = problems.filter((problem) => !(problem instanceof AccountIncompleteError));
  const [first, ...more] = wrong.length > 0 ? wrong : problems;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  const message = [first, ...more].map((problem) => problem.message).join('\n');
  throw wrong.length > 0 ? new ConfigError(message) : new AccountIncompleteError(message);
}

/** Fills in the defaults of the profile's plain variables, as far as the variables in them are known. */
export function withDefaults(
  profile: Profile,
  set: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables = { ...set };
  const open = Object.entries(profile.variables).filter(
    ([name, { secret, default: text }]) => text !== undefined && !secret && !Object.hasOwn(set, name),
  );
  // A default may be made of others: once around for each is enough for the longest chain.
  for (const _ of open) {
    for (const [name, { default: text = '' }] of open) {
      if (!templateVariables(text).every((needed) => Object.hasOwn(variables, needed))) continue;
      variables[name] = expandTemplate(text, variables);
    }
  }
  return { ...variables, ...checkedDefault(profile, variables['baseUrl']) };
}

function checkedDefault(profile: Profile, baseUrl: string | undefined): { baseUrl?: string } {
  try {
    return baseUrl === undefined ? {} : { baseUrl: checkBaseUrl(baseUrl) };
  } catch (error) {
    throw new ConfigError(`profile ${profile.name}: the default of baseUrl ${messageOf(error)}`);
  }
}

function openPlain(variable: string, binding: Binding, profile: Profile, context: Context): string {
  try {
    const text = plainText(binding, context);
    checkPattern(text, profile.variables[variable]?.pattern);
    if (variable === 'baseUrl') return checkBaseUrl(text);
    if (hasDotSegment(text)) throw new RangeError('must not have "." or ".." as a part of a path');
    return text;
  } catch (error) {
    if (error instanceof NotSetError) throw new AccountIncompleteError(`${binding.at} ${error.message}`);
    if (error instanceof RangeError) throw new ConfigError(`${binding.at} ${error.message}`);
    throw error;
  }
}

/** The text of a variable that is no secret, filled in. Throws RangeError. */
export function plainText(binding: Binding, { env, redactor }: Context): string {
  if (binding.file === undefined) return binding.value;
  if (typeof binding.value !== 'string') throw new RangeError('is not a secret, so it must be text');
  const found = binding.file.kind === 'project';
  return interpolate(binding.value, env, (value, name) => {
    if (found) maskTaken(value, name, redactor);
  });
}

function openSecret(binding: Binding, pattern: string | undefined, context: Context): SecretSource {
  const { at, file } = binding;
  if (file === undefined) return givenSecret(binding.value, { at, directory: context.cwd, pattern }, context);
  return configuredSecret(binding.value, { at, directory: file.directory, pattern }, context);
}
