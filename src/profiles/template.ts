import { parseTemplate } from 'url-template';

import { hasControlCharacters } from '../control-characters.ts';
import { ConfigError, ProtocolError } from '../errors.ts';

/** Expands an RFC 6570 URI template. Variables that are not set expand to nothing, as the RFC says. */
export function expandTemplate(template: string, variables: Readonly<Record<string, string>>): string {
  return parseTemplate(template).expand({ ...variables });
}

/** Expands a template that has to give an absolute URL. Throws ConfigError when it gives something else. */
export function expandUrl(template: string, variables: Readonly<Record<string, string>>): URL {
  const text = expandTemplate(template, variables);
  if (URL.canParse(text)) return new URL(text);
  throw new ConfigError(`the profile's template "${template}" gives no URL`, {
    hint: 'a variable that is part of a URL itself is written with a plus: {+baseUrl}',
  });
}

/** A header is no URL: `{name}` is all that means something in it, and `{+name}` the same. */
const HEADER_VARIABLE = /\{\+?(\w+)\}/g;

/**
 * Fills `{name}` in a header's value in, as it is, without escapes. What is not set gives nothing; everything else in
 * braces stays. Throws ProtocolError for a variable with control characters in it, which could begin another header.
 */
export function expandHeader(template: string, variables: Readonly<Record<string, string>>): string {
  return template.replace(HEADER_VARIABLE, (_, name: string) => {
    const value = Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
    if (hasControlCharacters(value))
      throw new ProtocolError(`"${name}", for a header, has a line break or another control character in it`);
    return value;
  });
}

/** The names of the variables in a header's value, in order. */
export function headerVariables(template: string): string[] {
  return [...template.matchAll(HEADER_VARIABLE)].map(([, name = '']) => name);
}

/** What would stand for variables in a URL, and is text in a header: `{a,b}`, `{?a}`. */
export function urlVariablesInHeader(template: string): string[] {
  return template.replace(HEADER_VARIABLE, '').match(/\{[+#./;?&]?\w[\w,:*]*\}/g) ?? [];
}

/** The names of the variables in a template, in order. */
export function templateVariables(template: string): string[] {
  const names: string[] = [];
  for (const [, list = ''] of template.matchAll(/\{[+#./;?&]?([^{}]+)\}/g)) {
    for (const name of list.split(',')) names.push(name.replace(/(\*|:\d+)$/, ''));
  }
  return names;
}
