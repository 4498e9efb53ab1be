import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { openAccount } from './credentials/accounts.ts';
import type { Binding, ProviderPlan } from './providers.ts';
import type { ConfiguredExport } from './configured-exports.ts';
import type { Sourced } from './settings.ts';
import { isLent } from './trust/trust.ts';
import type { Account } from '../account.ts';

/** The variables of providers, each with where it comes from; of secrets only that they are set. */
export function providerSources(plans: readonly ProviderPlan[], context: Context): Sourced[] {
  return plans.flatMap((plan) => {
    const account = opened(plan, context);
    return Object.entries(plan.profile.variables).flatMap(([variable, { secret }]): Sourced[] => {
      const key = `providers.${plan.name}.${variable}`;
      const binding = plan.bindings.get(variable);
      const value = account?.variables[variable];
      if (binding === undefined) {
        return value === undefined
          ? []
          : [{ key, value: context.redactor.mask(value), from: `profile ${plan.profile.name}` }];
      }
      const from = binding.file === undefined ? `${binding.source} ${binding.at}` : binding.file.path;
      return [
        {
          key,
          value:
            secret || isBorrowed(plan, variable)
              ? maskedSecret(binding)
              : context.redactor.mask(value ?? asWritten(binding)),
          from,
        },
      ];
    });
  });
}

/** What the entries under `exports:` say; their output is where files go in the end, and `outputOf` tells that. */
export function exportSources(
  exports: Iterable<ConfiguredExport>,
  outputOf: (found: ConfiguredExport) => Sourced | undefined,
): Sourced[] {
  return [...exports].flatMap((found) =>
    Object.entries(found.entry).map(([name, text]) => {
      const { value, from } = (name === 'output' ? outputOf(found) : undefined) ?? {
        value: typeof text === 'string' ? text : JSON.stringify(text),
        from: found.file.path,
      };
      return { key: `exports.${found.name}.${name}`, value, from };
    }),
  );
}

/** `undefined` where something is wrong or missing; values are then shown as they are written. */
function opened(plan: ProviderPlan, context: Context): Account | undefined {
  try {
    return openAccount(plan, context);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** A profile that was found need not say what is a secret: of what it does not hold itself, only addresses are shown. */
function isBorrowed(plan: ProviderPlan, variable: string): boolean {
  const { profileFile } = plan;
  return variable !== 'baseUrl' && profileFile?.kind === 'project' && isLent(plan, variable, profileFile);
}

function maskedSecret({ value }: Binding): string {
  if (typeof value === 'string') return '***';
  return 'file' in value ? `*** (file ${value.file})` : `*** (command ${value.command[0]})`;
}

function asWritten({ value }: Binding): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
