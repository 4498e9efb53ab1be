/**
 * The fields of a form or query for a JSON value: members of members as `a[b]`, elements of lists as `a` again and
 * again, members of such elements as `a[][b]`. `null` has no field.
 */
export function formFields(value: unknown): [name: string, value: string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => fieldsOf(name, member));
}

function fieldsOf(name: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) {
    return value.flatMap((element: unknown) =>
      fieldsOf(typeof element === 'object' && element !== null ? `${name}[]` : name, element),
    );
  }
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([key, member]) => fieldsOf(`${name}[${key}]`, member));
  }
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
}
