import { parseTemplate } from 'url-template';

import { ConfigError } from '../errors.ts';

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

/** The names of the variables in a template, in order. */
export function templateVariables(template: string): string[] {
  const names: string[] = [];
  for (const [, list = ''] of template.matchAll(/\{[+#./;?&]?([^{}]+)\}/g)) {
    for (const name of list.split(',')) names.push(name.replace(/(\*|:\d+)$/, ''));
  }
  return names;
}
