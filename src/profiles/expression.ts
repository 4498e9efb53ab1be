import { compile, TreeInterpreter, type JSONValue } from '@jmespath-community/jmespath';

import { ConfigError, messageOf } from '../errors.ts';

/** What expressions see: an answer, the variables and the answers of follow-ups by name. */
export interface Scope {
  readonly vars: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** Throws ConfigError when `expression` is not JMESPath. */
export function checkExpression(expression: string): void {
  try {
    compile(expression);
  } catch (error) {
    throw new ConfigError(`"${expression}" is not a JMESPath expression: ${messageOf(error)}`);
  }
}

/**
 * The value that a JMESPath expression picks, `undefined` for none. A function that is given the wrong type, as
 * `max(null)`, has picked nothing: answers lack fields all the time.
 */
export function evaluate(expression: string, scope: Scope): unknown {
  try {
    const found: unknown = TreeInterpreter.search(compile(expression), scope as unknown as JSONValue);
    return found ?? undefined;
  } catch {
    return undefined;
  }
}

/** The value as text: strings and numbers only, trimmed, never empty. */
export function evaluateText(expression: string | undefined, scope: Scope): string | undefined {
  if (expression === undefined) return undefined;
  const value = evaluate(expression, scope);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return undefined;
  return value.trim() === '' ? undefined : value.trim();
}

/** The value as a finite number; a string of digits counts. */
export function evaluateNumber(expression: string | undefined, scope: Scope): number | undefined {
  const text = evaluateText(expression, scope);
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
