import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { Parameters } from '../profiles/parameter-value.ts';
import { interpolate, isInterpolated } from './interpolate.ts';
import type { ConfiguredExport } from './configured-exports.ts';
import { parameterTaken } from './trust/trust.ts';

/**
 * What stands under `start:` of an export, with `${NAME}` in its texts filled in from the environment. Throws ConfigError
 * for a variable that is not set, and for any in a file found by search.
 */
export function startParameters(
  { name, entry, file }: ConfiguredExport,
  { env }: Pick<Context, 'env'>,
): Parameters {
  const { start = {} } = entry;
  const key = ['exports', name, 'start'];
  return filled(start, key, (value, at) => {
    const taken = parameterTaken(file, file.at(at), value);
    if (taken !== undefined) throw taken;
    try {
      return interpolate(value, env);
    } catch (error) {
      if (error instanceof RangeError) throw new ConfigError(`${file.at(at)} ${error.message}`);
      throw error;
    }
  }) as Parameters;
}

/** The value with `fill` applied to the texts in it that take something from the environment. */
function filled(
  value: unknown,
  key: readonly PropertyKey[],
  fill: (text: string, key: readonly PropertyKey[]) => string,
): unknown {
  if (typeof value === 'string') return isInterpolated(value) ? fill(value, key) : value;
  if (Array.isArray(value)) return value.map((element, index) => filled(element, [...key, index], fill));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  return Object.fromEntries(members.map(([name, inner]) => [name, filled(inner, [...key, name], fill)]));
}
