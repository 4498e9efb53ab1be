import { ConfigError } from '../errors.ts';
import { evaluateData, evaluateText, type Scope } from '../profiles/expression.ts';
import type { RequestEntry } from '../profiles/schema.ts';
import { expandHeader, expandUrl } from '../profiles/template.ts';
import { formFields } from './form.ts';

/** A request of a profile with everything filled in, before credentials. */
export interface BuiltRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Those that the profile sets; see `ClientRequest`. */
  readonly ownHeaders: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Fills in a profile's request from what is known. Throws ConfigError where that gives no URL or no body. */
export function buildRequest(entry: RequestEntry, scope: Scope): BuiltRequest {
  const vars = bind(entry.with, scope);
  const url = expandUrl(entry.url, vars);
  if (entry.query !== undefined) {
    for (const [name, value] of formFields(evaluateData(entry.query, scope)))
      url.searchParams.append(name, value);
  }
  const content = contentOf(entry, scope);
  return {
    method: entry.method,
    url,
    headers: {
      accept: 'application/json, */*;q=0.5',
      ...(content === undefined ? {} : { 'content-type': content.type }),
    },
    ownHeaders: expandHeaders(entry.headers, vars),
    ...(content === undefined ? {} : { body: content.text }),
  };
}

/** The template variables of `scope`, with those that expressions give; what picks nothing is not set. */
export function bind(expressions: Readonly<Record<string, string>>, scope: Scope): Record<string, string> {
  const bound: Record<string, string> = { ...scope.vars };
  for (const [name, expression] of Object.entries(expressions)) {
    const value = evaluateText(expression, scope);
    if (value !== undefined) bound[name] = value;
  }
  return bound;
}

/** Header names in lower case, so that the profile's go before ours. */
export function expandHeaders(
  headers: Readonly<Record<string, string>>,
  vars: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), expandHeader(value, vars)]),
  );
}

function contentOf({ json, form }: RequestEntry, scope: Scope): { type: string; text: string } | undefined {
  if (json !== undefined) {
    const value = evaluateData(json, scope);
    if (value === undefined)
      throw new ConfigError(`the profile's expression "${json}" gives no JSON to send`);
    return { type: 'application/json', text: JSON.stringify(value) };
  }
  if (form === undefined) return undefined;
  const fields = new URLSearchParams(formFields(evaluateData(form, scope)));
  return { type: 'application/x-www-form-urlencoded', text: fields.toString() };
}
