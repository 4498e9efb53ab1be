import { z } from 'zod';

import type { Settings } from '../settings.ts';
import { flags, type Flag, type SettingName } from './flags.ts';
import { isSecretName } from './credentials/taken.ts';
import { interpolate, isInterpolated, variablesIn, type Environment } from './interpolate.ts';

/** YAML writes `8`, `true` and `text`; all of them mean what they say. */
const scalar = z.union([z.string().min(1, 'must not be empty'), z.number(), z.boolean()], {
  error: 'must be text, a number, true or false',
});
const asText = scalar.transform(String);

const secretFile = z.strictObject({ file: z.string().min(1) });
const secretCommand = z.strictObject({ command: z.array(asText).min(1) });

/** A variable of a provider: a scalar, or for a secret where to get it. */
export const variableValue = z.union([asText, secretFile, secretCommand], {
  error: 'must be text, { file: PATH } or { command: [PROGRAM, ARGUMENT, …] }',
});

const profileReference = z.union([z.string().min(1), z.record(z.string(), z.unknown())], {
  error: 'must be the path of a YAML file, or a profile',
});

/** `use` and `profile` say what the provider speaks; everything else is a variable of that profile. */
const provider = z
  .object({ use: z.string().min(1).optional(), profile: profileReference.optional() })
  .catchall(variableValue)
  .refine(({ use, profile }) => use === undefined || profile === undefined, 'has both "use" and "profile"');

/** As JSON has it; an empty text may mean something to a provider. */
const parameter = z.json();

/** Keys of an entry under `exports:` besides the settings. */
const exportKeys = { id: asText.optional(), start: z.record(z.string(), parameter).optional() };

const providerNames = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'must be in lower case: letters, digits and dashes');
const exportNames = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, 'must be letters, digits, ".", "_" and "-"');

/**
 * The schema of a configuration file. Settings come out as the text that a flag would have had, with `${NAME}`
 * filled in from `env`, and known to be readable by the flag's `parse`; `used` gets each value that was filled in.
 */
export function fileSchema(env: Environment, used?: (value: string, name: string) => void) {
  const settings = (wanted: readonly Flag[]) =>
    Object.fromEntries(
      wanted.map((flag) => [flag.name, settingText(flag, env, used).optional()]),
    ) as SettingShape;
  return z.strictObject({
    /** Where a JSON file tells editors what may stand in it. */
    $schema: z.string().optional(),
    ...settings(flags),
    providers: z.record(providerNames, provider).default({}),
    exports: z
      .record(
        exportNames,
        z
          .strictObject({
            ...settings(flags.filter((flag) => flag.perExport || flag.key === 'provider')),
            ...exportKeys,
          })
          .refine(({ id, start }) => id !== undefined || start !== undefined, 'needs an "id", or "start"'),
      )
      .default({}),
  });
}

/** Settings that do not belong where they stand are refused by the schema, and never there. */
type SettingShape = Record<SettingName, z.ZodOptional<z.ZodType<string>>>;

/** A checked configuration file. */
export type FileData = z.infer<ReturnType<typeof fileSchema>>;
export type ProviderEntry = z.infer<typeof provider>;
export type VariableValue = z.infer<typeof variableValue>;
/** An entry under `exports:`; the settings in it are text. */
export type ExportEntry = FileData['exports'][string];

/** The keys that may stand at `path` of a configuration file; none for a path that takes any key, or no keys. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return [...flags.map((flag) => flag.name), 'providers', 'exports'];
  if (path[0] === 'exports' && path.length === 2) {
    return [
      ...flags.filter((flag) => flag.perExport).map((flag) => flag.name),
      'provider',
      ...Object.keys(exportKeys),
    ];
  }
  return [];
}

/** Settings whose value becomes the name of a file or a directory. */
const NAMING: ReadonlySet<keyof Settings> = new Set(['name', 'output']);

/** A name is on disk, on stdout and in the manifest, and cannot be masked there. */
function forbidSecrets(text: string): void {
  const secrets = variablesIn(text).filter(isSecretName);
  if (secrets.length > 0)
    throw new RangeError(`has ${secrets.join(', ')} in it: a name is seen by everybody`);
}

function settingText(
  flag: Flag,
  env: Environment,
  used: ((value: string, name: string) => void) | undefined,
): z.ZodType<string> {
  const setting = asText.transform((text, context) => {
    try {
      const filled = isInterpolated(text) ? interpolate(text, env, used) : text;
      if (NAMING.has(flag.key)) forbidSecrets(text);
      flag.parse(filled);
      return filled;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
  return setting.meta(editorHints(flag));
}

/** What editors show, complete and check of a setting; `${NAME}` may stand in the place of any value. */
function editorHints({ description, argument, choices, defaultText }: Flag): Record<string, unknown> {
  const words = argument === undefined && defaultText === 'false' ? [true, false] : choices;
  return {
    description: defaultText === undefined ? description : `${description} (default: ${defaultText})`,
    ...(words === undefined ? {} : { anyOf: [{ enum: words }, { type: 'string', pattern: '\\$\\{' }] }),
  };
}
