import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import type { Context } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import type { Profile } from '../../profiles/schema.ts';
import type { ConfigFile } from '../config-file.ts';
import type { Found } from './cosmiconfig.ts';
import { describeIssues, withoutIssues } from './issues.ts';
import { place } from './parse.ts';
import { fileSchema } from '../schema.ts';
import { maskTaken } from '../credentials/taken.ts';

/** More accounts than anybody has; every one of them is planned, and masked, in every run. */
const MOST_PROVIDERS = 1000;

function providersIn(data: unknown): number {
  if (typeof data !== 'object' || data === null || !('providers' in data)) return 0;
  return Object.keys(data.providers ?? {}).length;
}

/** The file, of which everything that is wrong is left out, and told. */
export async function checkFile(
  { path, data, lineOf }: Found,
  kind: ConfigFile['kind'],
  context: Context,
): Promise<{ file?: ConfigFile; problems: readonly ConfigError[] }> {
  const at = (key: readonly PropertyKey[]): string => place(path, lineOf(key), key);
  const providers = providersIn(data);
  if (providers > MOST_PROVIDERS) {
    const problem = new ConfigError(
      `${at(['providers'])} has ${providers} entries, and may have ${MOST_PROVIDERS}`,
    );
    return { problems: [problem] };
  }
  const schema = fileSchema(
    context.env,
    kind === 'project' ? (value, name) => maskTaken(value, name, context.redactor) : undefined,
  );
  const { error } = schema.safeParse(data, { reportInput: true });
  const mended = schema.safeParse(error === undefined ? data : withoutIssues(data, error.issues));
  const problems =
    error === undefined
      ? []
      : describeIssues(error.issues, at, lineOf).map((complaint) => new ConfigError(complaint));
  if (!mended.success) return { problems };
  const { data: checked } = mended;
  const parent = dirname(path);
  const directory = kind === 'project' && basename(parent) === '.config' ? dirname(parent) : parent;
  const file = { path, realPath: realpathSync(path), kind, directory, data: checked, at };
  return { problems, file: { ...file, profileOf: await profilesOf(file, context) } };
}

/** Most files describe no profile, and do without what that takes. Each is read once, however often it is asked for. */
async function profilesOf(
  file: Omit<ConfigFile, 'profileOf'>,
  context: Context,
): Promise<ConfigFile['profileOf']> {
  const { providers } = file.data;
  if (Object.values(providers).every(({ profile }) => profile === undefined)) return () => undefined;
  const { ownProfile } = await import('./own-profile.ts');
  const read = new Map<string, Profile>();
  return (name) => {
    const profile = Object.hasOwn(providers, name) ? providers[name]?.profile : undefined;
    if (profile === undefined) return undefined;
    const own = read.get(name) ?? ownProfile(profile, file, ['providers', name, 'profile'], context);
    read.set(name, own);
    return own;
  };
}
