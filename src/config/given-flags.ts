import { shellWord } from '../shell-word.ts';
import type { Configuration } from './configuration.ts';

/** `--config FILE`, fit for a shell, where the command line has one. */
function givenConfig({ files }: Pick<Configuration, 'files'>): string[] {
  const path = files.find(({ kind }) => kind === 'given')?.path;
  return path === undefined ? [] : ['--config', shellWord(path)];
}

/** A command line for hints, which reads the same configuration as the one that was typed. */
export function commandToPaste(
  configuration: Pick<Configuration, 'files'>,
  command: string,
  name: string,
  ...more: readonly string[]
): string {
  return ['exportpoll', command, name, ...givenConfig(configuration), ...more].join(' ');
}

/** What the command line has said of where things are, for whoever gives the same order once more. */
export function givenFlags(configuration: Pick<Configuration, 'files' | 'sources'>): string[] {
  const { sources } = configuration;
  const output = sources.find(({ key, from }) => key === 'output' && from === 'flag --output')?.value;
  return [...givenConfig(configuration), ...(output === undefined ? [] : ['--output', shellWord(output)])];
}
