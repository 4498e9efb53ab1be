/** What a value of YAML or JSON is, in words: errors tell it, and never the value, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'object':
      return 'a mapping of keys to values';
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    default:
      return 'a number';
  }
}

/** The kind that a schema calls `object`, `array` and so on. */
export function kindNamed(expected: string): string {
  switch (expected) {
    case 'record':
    case 'object':
      return kindOf({});
    case 'array':
      return kindOf([]);
    case 'string':
      return kindOf('');
    case 'boolean':
      return kindOf(true);
    case 'int':
      return 'a whole number';
    default:
      return `a ${expected}`;
  }
}
