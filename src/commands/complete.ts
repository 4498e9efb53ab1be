import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { powershellScript } from './completion/powershell.ts';
import { shapeOf, type CommandShape } from './completion/shape.ts';
import { zshScript } from './completion/zsh.ts';

const SCRIPTS: Readonly<Record<string, (commands: readonly CommandShape[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

/**
 * `exportpoll complete SHELL`: prints a completion script. The commands and flags stand in it; what depends on the
 * configuration it asks for when it is needed, with `complete --list` and `targets`, `orders` or `providers`.
 */
export async function complete(
  context: Context,
  program: Command,
  { shell, list }: { shell: string | undefined; list: string | undefined },
): Promise<ExitCode> {
  if (list !== undefined) {
    context.stdout.stream.write((await namesOf(list, context)).map((name) => `${name}\n`).join(''));
    return ExitCode.ok;
  }
  const known = Object.keys(SCRIPTS);
  if (shell === undefined) throw new UsageError(`complete needs a shell: ${known.join(', ')}`);
  const script = known.includes(shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    throw new UsageError(`there is no completion for "${shell}"`, {
      hint: `there are ${known.join(', ')}`,
    });
  }
  context.stdout.stream.write(script(shapeOf(program)));
  return ExitCode.ok;
}

/**
 * Names as a shell may take them for words, one a line: of providers; of what can be started; or of what a TARGET can begin with. What is wrong
 * with the configuration is told by whatever uses it.
 */
async function namesOf(list: string, context: Context): Promise<string[]> {
  const [{ loadFiles }, { providerNames }] = await Promise.all([
    import('../config/file/load.ts'),
    import('../config/providers.ts'),
  ]);
  const { files } = await loadFiles(context);
  const providers = providerNames(files);
  if (list === 'providers') return providers;
  const exports = new Set(files.flatMap(({ data }) => Object.keys(data.exports)));
  const begun = list === 'orders' ? providers : providers.map((name) => `${name}:`);
  return [...[...exports].sort(), ...begun];
}
