import { stat } from 'node:fs/promises';

import type { Context } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import type { ConfigFile } from '../config-file.ts';
import { isInterpolated } from '../interpolate.ts';
import { variablesFrom, type ProviderPlan } from '../providers.ts';

/** Files that hold a secret in clear and that others can read: a problem for the user file, a warning for any other. */
export async function checkPermissions(
  files: readonly ConfigFile[],
  plans: readonly ProviderPlan[],
  context: Context,
): Promise<{ problems: ConfigError[]; warnings: string[] }> {
  const problems: ConfigError[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const [literal] = plans.flatMap((plan) => literalSecrets(plan, file));
    if (literal === undefined || !(await othersMayRead(file.path, context))) continue;
    const finding = `${file.at(literal)} is a secret in a file that others can read: chmod 600 ${file.path}`;
    if (file.kind === 'user') problems.push(new ConfigError(finding));
    else warnings.push(finding);
  }
  return { problems, warnings };
}

/** Where secrets stand in the file letter by letter, whether they are in effect or not. */
function literalSecrets({ name, profile }: ProviderPlan, file: ConfigFile): string[][] {
  return Object.entries(variablesFrom(file, name)).flatMap(([variable, value]) =>
    profile.variables[variable]?.secret === true && typeof value === 'string' && !isInterpolated(value)
      ? [['providers', name, variable]]
      : [],
  );
}

async function othersMayRead(path: string, { platform }: Context): Promise<boolean> {
  return platform !== 'win32' && ((await stat(path)).mode & 0o044) !== 0;
}
