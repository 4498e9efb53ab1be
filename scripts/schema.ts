// Writes the JSON Schemas that editors complete and check configuration files and profiles with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { fileSchema, variableValue } from '../src/config/schema.ts';
import { builtinNames } from '../src/profiles/builtin-names.ts';
import { loadBuiltin } from '../src/profiles/load-builtin.ts';
import { profileSchema } from '../src/profiles/schema.ts';

const DIRECTORY = fileURLToPath(new URL('../schema/', import.meta.url));

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Draft 7 is what editors know best. `input`: what people write, before it is filled in. */
const OPTIONS = { target: 'draft-7', io: 'input', reused: 'ref' } as const;

/** The files under `schema/`, by name. */
export function schemaFiles(): Record<string, string> {
  const config = {
    title: 'Configuration of exportpoll',
    ...withVariables(z.toJSONSchema(fileSchema({}), OPTIONS)),
  };
  const profile = {
    title: 'Profile of an export API for exportpoll',
    ...z.toJSONSchema(profileSchema, OPTIONS),
  };
  return { 'config.schema.json': textOf(config), 'profile.schema.json': textOf(profile) };
}

function textOf(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** An account of a built-in profile, by its name or by `use`, has that profile's variables. */
function withVariables(schema: JsonSchema): object {
  const providers = schema.properties?.['providers'] as JsonSchema;
  const account = providers.additionalProperties as JsonSchema;
  const named = builtinNames.map((name) => {
    const other = [{ required: ['use'] }, { required: ['profile'] }];
    return [name, { allOf: [account], anyOf: [...other, variablesOf(name)] }] as const;
  });
  const used = builtinNames.map((name) => {
    const isOne = { properties: { use: { const: name } }, required: ['use'] };
    return { anyOf: [{ not: isOne }, variablesOf(name)] };
  });
  const accounts = { allOf: [account, ...used] };
  const extended = { ...providers, properties: Object.fromEntries(named), additionalProperties: accounts };
  return { ...schema, properties: { ...schema.properties, providers: extended } };
}

function variablesOf(name: string): object {
  const { anyOf: secret } = z.toJSONSchema(variableValue, { ...OPTIONS, reused: 'inline' });
  const variables = Object.entries(loadBuiltin(name).variables).map(
    ([variable, { description, secret: isSecret }]) => {
      const value = isSecret ? { anyOf: secret } : { type: ['string', 'number', 'boolean'] };
      return [variable, { description, ...value }] as const;
    },
  );
  const known = ['use', 'profile', ...variables.map(([variable]) => variable)];
  return { properties: Object.fromEntries(variables), propertyNames: { enum: known } };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(`${DIRECTORY}${name}`, text);
}
