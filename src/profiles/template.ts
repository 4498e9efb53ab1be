import { parseTemplate } from 'url-template';

/** Expands an RFC 6570 URI template. Variables that are not set expand to nothing, as the RFC says. */
export function expandTemplate(template: string, variables: Readonly<Record<string, string>>): string {
  return parseTemplate(template).expand({ ...variables });
}

/** The names of the variables in a template, in order. */
export function templateVariables(template: string): string[] {
  const names: string[] = [];
  for (const [, list = ''] of template.matchAll(/\{[+#./;?&]?([^{}]+)\}/g)) {
    for (const name of list.split(',')) names.push(name.replace(/(\*|:\d+)$/, ''));
  }
  return names;
}
