import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { checkProfile } from '../src/profiles/load.ts';

const text = readFileSync('docs/profiles.md', 'utf8');

it('README.md installs the file that `npm pack` makes', () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toContain(`\nnpm pack\nnpm install --global ./${name}-${version}.tgz\n`);
});

/** Every name of a field in a JSON Schema. */
function fieldsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(fieldsIn)];
}

it('the example of docs/profiles.md is a profile', () => {
  const [, example = ''] = /```yaml\n(# acme\.profile\.yaml\n[^`]*)```/.exec(text) ?? [];
  expect(checkProfile(parse(example), 'docs/profiles.md').name).toBe('acme');
});

it('every section that docs/profiles.md shows is one that a profile may have', () => {
  const [whole = '', ...sections] = [...text.matchAll(/^```yaml\n([^`]*(?:`[^`\n]+`[^`]*)*)^```/gm)]
    .map(([, section = '']) => section)
    .filter((section) => !section.startsWith('# .exportpollrc'));
  const acme = parse(whole) as { variables: object; status: { states: object } };
  const variables = { ...acme.variables, user: { description: 'who asks' } };
  // What the section on follow-ups is led to by.
  const idle = { ...acme.status, states: { ...acme.status.states, idle: { follow: 'idle' } } };
  expect(sections.length).toBeGreaterThan(9);
  for (const section of sections) {
    const status = section.includes('when: idle') ? idle : acme.status;
    const profile = { ...acme, variables, status, ...(parse(section) as object) };
    expect(checkProfile(profile, section).name).toBe('acme');
  }
});

it('docs/profiles.md tells of every field', () => {
  const fields = new Set(fieldsIn(JSON.parse(readFileSync('schema/profile.schema.json', 'utf8'))));
  const untold = [...fields].filter((field) => !new RegExp(`\\b${field}\\b`).test(text));
  expect(untold).toEqual([]);
});
