import type { ParameterEntry } from './schema.ts';

/** Parameters of an export: text, numbers, lists and objects, as JSON has them. */
export type Parameters = Readonly<Record<string, unknown>>;

/** The value as the profile wants it. Throws RangeError with the rest of a sentence that names the parameter. */
export function readValue(value: unknown, entry: ParameterEntry | undefined): unknown {
  if (entry === undefined) return value;
  const read = typed(value, entry.type);
  if (entry.pattern === undefined) return read;
  const pattern = new RegExp(`^(?:${entry.pattern})$`, 'u');
  const odd = (Array.isArray(read) ? read : [read]).find((element) => !pattern.test(String(element)));
  if (odd !== undefined)
    throw new RangeError(`cannot be "${String(odd)}": it is ${describeParameter(entry)}`);
  return read;
}

function typed(value: unknown, type: ParameterEntry['type']): unknown {
  switch (type) {
    case 'text':
      if (isObject(value)) throw new RangeError('must be text, not an object');
      if (Array.isArray(value)) throw new RangeError('must be one text, not a list');
      return String(value);
    case 'list':
      if (isObject(value)) throw new RangeError('must be a list, not an object');
      return listed(Array.isArray(value) ? value : String(value).split(','));
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw new RangeError('must be a number');
      return number;
    }
    case 'boolean':
      if (!/^(true|false)$/.test(String(value))) throw new RangeError('must be true or false');
      return String(value) === 'true';
    case 'object':
      if (!isObject(value)) throw new RangeError('must be an object: give its members as NAME.MEMBER=VALUE');
      return value;
  }
}

/** The elements without the blanks that people write after a comma. */
function listed(elements: readonly unknown[]): unknown[] {
  const trimmed = elements.map((element) => (typeof element === 'string' ? element.trim() : element));
  if (trimmed.some((element) => element === '' || element === null)) {
    throw new RangeError('has an empty element');
  }
  return trimmed;
}

/** Whether it says nothing, as nobody means who gives a parameter that is required. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** What a parameter is, for whoever has got it wrong. */
export function describeParameter({ description, example }: ParameterEntry): string {
  return example === undefined ? description : `${description}, such as ${example}`;
}

/** An object as JSON has it. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
