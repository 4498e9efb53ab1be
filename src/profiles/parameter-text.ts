import { UsageError } from '../errors.ts';
import { MOST_LEVELS } from './depth.ts';
import { isObject } from './parameter-value.ts';
import type { Parameters } from './parameter-value.ts';
import type { StartEntry } from './schema.ts';

/** Parameters from `NAME=VALUE`, in their order: a name that occurs again makes a list; `a.b` is `b` of the object `a`. */
export function parametersFromText(texts: readonly string[], { parameters: known }: StartEntry): Parameters {
  const given: Record<string, unknown> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--param ${text}: must be NAME=VALUE`);
    const name = text.slice(0, at);
    const [head = '', ...path] = name.split('.');
    if (path.length >= MOST_LEVELS)
      throw new UsageError(`--param ${head}.…: has more than ${MOST_LEVELS} levels`);
    const isNested = path.length > 0 && !Object.hasOwn(known, name) && known[head]?.type === 'object';
    put(given, isNested ? [head, ...path] : [name], text.slice(at + 1));
  }
  return given;
}

function put(into: Record<string, unknown>, [name = '', ...path]: readonly string[], value: string): void {
  if (name === '__proto__') throw new UsageError(`--param ${name}: is no parameter`);
  const there = Object.hasOwn(into, name) ? into[name] : undefined;
  if (path.length > 0) {
    if (there !== undefined && !isObject(there)) {
      throw new UsageError(`--param ${name}.${path.join('.')}: ${name} already has a value of its own`);
    }
    const inner = there ?? {};
    put(inner, path, value);
    into[name] = inner;
  } else if (there === undefined) into[name] = value;
  else into[name] = Array.isArray(there) ? [...(there as unknown[]), value] : [there, value];
}
