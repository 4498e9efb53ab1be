/** The environment, as far as the configuration looks at it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}`, or a `${` that begins none. */
const VARIABLE = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;

/** A variable of the environment; one that is set to nothing counts as not set. */
export function fromEnvironment(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === '' ? undefined : value;
}

/** Whether the text takes anything from the environment. */
export function isInterpolated(text: string): boolean {
  return text.includes('${');
}

/** The names in the `${NAME}` of a text. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, name]) => name ?? []);
}

/** A variable that the configuration refers to is not set: no fault of the configuration itself. */
export class NotSetError extends RangeError {}

/**
 * Puts the environment's values in the place of `${NAME}`. `used` gets each of them, so that they can be masked.
 * Throws NotSetError for a variable that is not set, RangeError for any other `${`.
 */
export function interpolate(
  text: string,
  env: Environment,
  used: (value: string, name: string) => void = () => {},
): string {
  return text.replace(VARIABLE, (_, name: string | undefined) => {
    if (name === undefined) throw new RangeError('has "${" that does not begin "${NAME}"');
    const value = fromEnvironment(env, name);
    if (value === undefined) throw new NotSetError(`needs ${name}, which is not set in the environment`);
    used(value, name);
    return value;
  });
}
