import { existsSync } from 'node:fs';

import type { Context } from '../../context.ts';
import { ConfigError, messageOf } from '../../errors.ts';
import type { ConfigFile } from '../config-file.ts';
import type { Explorer, Found } from './cosmiconfig.ts';
import { createExplorer } from './explorer.ts';
import { fromEnvironment } from '../interpolate.ts';
import { isSameFile, requireOwnFile } from './links.ts';
import { locate, projectDirectories, searchedPlaces, userFiles, whyUnreadable } from '../paths.ts';

export interface Files {
  /** Where files were looked for, in words. */
  readonly searched: string;
  /** Whether there is one at all, whatever is in it. */
  readonly isFound: boolean;
  /** At most one project (or given) file, then at most one user file: in the order of precedence. */
  readonly files: readonly ConfigFile[];
  /** What is wrong with the files; what is, is not in their data, and a file without any data is not among them. */
  readonly problems: readonly ConfigError[];
  readonly warnings: readonly string[];
}

/** Finds, reads and checks the configuration files. `configFile` is the value of --config. */
export async function loadFiles(context: Context, configFile?: string): Promise<Files> {
  const explorer = createExplorer();
  const named = configFile ?? fromEnvironment(context.env, 'EXPORTPOLL_CONFIG');
  const files: ConfigFile[] = [];
  const problems: ConfigError[] = [];
  const warnings: string[] = [];
  const take = async (kind: ConfigFile['kind'], read: () => Promise<Found | undefined>): Promise<void> => {
    try {
      const found = await read();
      if (found === undefined) return;
      // The schema takes longer to load than all that is done without a file.
      const { checkFile } = await import('./check-file.ts');
      const { file, problems: wrong } = await checkFile(found, kind, context);
      problems.push(...wrong);
      if (file !== undefined) files.push(file);
    } catch (error) {
      problems.push(
        error instanceof ConfigError ? error : new ConfigError(messageOf(error), { cause: error }),
      );
    }
  };
  const userFile = userFiles(context).find((path) => existsSync(path));
  if (named === undefined) {
    await take('project', async () => await searchProject(explorer, userFile, context));
  } else {
    const path = locate(named, context.cwd, context.home);
    await take('given', async () => {
      const found = await read(explorer, path);
      if (found === undefined) warnings.push(`${path}: the configuration file is empty`);
      return found;
    });
  }
  if (userFile !== undefined) await take('user', async () => await read(explorer, userFile));
  const isFound =
    [named, userFile].some((path) => path !== undefined) ||
    explorer.hasMet() ||
    files.length + problems.length > 0;
  return { files, problems, warnings, isFound, searched: named ?? searchedPlaces(context) };
}

/** The nearest project file; none where that is the user file under another name, which is read as what it is. */
async function searchProject(
  explorer: Explorer,
  userFile: string | undefined,
  { cwd, home }: Context,
): Promise<Found | undefined> {
  for (const directory of projectDirectories(cwd, home)) {
    const found = await explorer.search(directory);
    if (found === undefined) continue;
    if (userFile !== undefined && isSameFile(found.path, userFile)) return undefined;
    requireOwnFile(found.path, directory, home);
    return found;
  }
  return undefined;
}

async function read(explorer: Explorer, path: string): Promise<Found | undefined> {
  try {
    return await explorer.load(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}
