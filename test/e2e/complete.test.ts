import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { describe } from 'vitest';

import { it } from '../helpers/e2e.ts';
import { installIn } from '../helpers/installed.ts';
import type { Cli } from '../helpers/run-cli.ts';

type Shell = 'bash' | 'zsh' | 'fish';

const ZSH = fileURLToPath(new URL('../helpers/complete-in-zsh.zsh', import.meta.url));

/** What each shell offers where `line` ends, in any order. */
const COMPLETERS: Readonly<Record<Shell, (line: string) => string[]>> = {
  // Split as bash does it with its COMP_WORDBREAKS.
  bash: (line) => {
    const words = line
      .split(/ +|(?<=[=:])|(?=[=:])/)
      .filter((word, index, all) => word !== '' || index === all.length - 1);
    return [
      '-c',
      `source <(exportpoll complete bash) || exit; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _exportpoll exportpoll; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ];
  },
  zsh: (line) => ['-f', ZSH, line],
  fish: (line) => ['-c', 'exportpoll complete fish | source; complete -C $argv', line],
};

async function offered(shell: Shell, line: string, cli: Cli): Promise<string[]> {
  const env = {
    PATH: await installIn(cli.home),
    HOME: cli.home,
    OUT: join(cli.home, `out-${encodeURIComponent(line)}`),
    TERM: 'dumb',
  };
  const { stdout } = await execa(shell, COMPLETERS[shell](line), {
    cwd: cli.directory,
    env,
    extendEnv: false,
    timeout: 25_000,
  });
  // fish gives the flag before a value and a description behind a tab, and zsh a directory more than once.
  const found = stdout
    .split('\n')
    .map((row) => row.replace(/\/?(?:\t.*)?$|^--[a-z]+=/g, '').replaceAll('\\ ', ' '));
  return [...new Set(found.filter((row) => row !== ''))].sort();
}

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'exit'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['exportpoll wa', ['watch']],
  ['exportpoll watch --con', ['--concurrency', '--config', '--connections']],
  ['exportpoll watch --if-exists ', ['fail', 'overwrite', 'own', 'rename', 'skip']],
  ['exportpoll watch --progress=b', ['bar']],
  ['exportpoll status --pro', ['--progress', '--provider']],
  ['exportpoll watch --provider my', ['mytracker-raw', 'mytracker-segment']],
  ['exportpoll download app', ['applicants']],
  ['exportpoll watch -q nur', ['nursing:']],
  ['exportpoll start nur', ['nursing']],
  ['exportpoll list --prune app', ['applicants']],
  ['exportpoll start app', ['applicants']],
  ['exportpoll providers re', ['rebilly']],
  ['exportpoll complete ', ['bash', 'fish', 'powershell', 'zsh']],
  ['exportpoll watch -o exp', ['exports', 'exports of']],
  ['exportpoll watch --exec ', []],
];

describe.concurrent('the completion of', () => {
  for (const shell of Object.keys(COMPLETERS) as Shell[]) {
    it.skipIf(!isInstalled(shell) && process.env['REQUIRE_SHELLS'] === undefined)(
      `${shell} offers what fits`,
      async ({ expect, cli }) => {
        await cli.write(
          '.exportpollrc',
          'providers: { nursing: { use: webadmit } }\nexports: { applicants: { provider: nursing, id: 1/2 } }',
        );
        await mkdir(join(cli.directory, 'exports of', 'x'), { recursive: true });
        await mkdir(join(cli.directory, 'exports'));
        await cli.write('expired', '');
        // A shell in a terminal answers when it gets to it, and on a busy machine that may be too late.
        for (const [line, words] of LINES)
          await expect
            .poll(async () => await offered(shell, line, cli), { timeout: 30_000, message: line })
            .toEqual(words);
      },
      120_000,
    );
  }
});

describe.concurrent('complete', () => {
  it('is refused without a shell, or for one that it does not know', async ({ expect, cli }) => {
    expect(await cli.run(['complete'])).toMatchObject({ exitCode: 2, stdout: '' });
    const { exitCode, stderr } = await cli.run(['complete', 'tcsh']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('bash, zsh, fish, powershell');
  });

  it('lists nothing but names, whatever a file holds that came with a repository', async ({
    expect,
    cli,
  }) => {
    const evil = ['$(touch pwned)', '`touch pwned`', 'a b', '-rf', "x'y", 'a;b'];
    const exports = Object.fromEntries(
      [...evil, 'fine'].map((name) => [name, { provider: 'webadmit', id: '1/2' }]),
    );
    await cli.write('.exportpollrc.json', JSON.stringify({ exports }));
    const { stdout, stderr, exitCode } = await cli.run(['complete', '--list', 'targets']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    for (const name of stdout.trim().split('\n')) expect(name).toMatch(/^[A-Za-z0-9][\w.-]*:?$/);
    expect(stdout).toContain('webadmit:\n');
    await offered('bash', 'exportpoll watch ', cli);
    expect(await cli.files()).toEqual(['.exportpollrc.json']);
  });

  it('loads nothing but the command line’s own tables', ({ expect }) => {
    const src = fileURLToPath(new URL('../../src/', import.meta.url));
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const imports = readFileSync(join(src, file), 'utf8').matchAll(
        /^import (?!type)[^;]*? from '(\..*?)';/gm,
      );
      for (const [, target = ''] of imports) visit(normalize(join(dirname(file), target)));
    };
    ['program.ts', 'commands/complete.ts'].forEach(visit);
    const foreign = [...seen].filter((file) => file.includes('/') && !file.startsWith('commands/complet'));
    expect(foreign.sort()).toEqual([
      'config/flags.ts',
      'config/values.ts',
      'config/words.ts',
      'profiles/pattern.ts',
      'profiles/time-limit.ts',
    ]);
  });

  it('has every command, flag and choice in PowerShell, too', async ({ expect, cli }) => {
    const { stdout } = await cli.run(['complete', 'powershell']);
    for (const word of ['watch', 'verify', '--max-interval', 'overwrite', 'complete --list targets'])
      expect(stdout).toContain(word);
    const text = stdout.replace(/'(?:[^']|'')*'/g, '');
    for (const [open = '', close = ''] of [
      ['{', '}'],
      ['(', ')'],
      ['[', ']'],
    ])
      expect(text.split(open).length).toBe(text.split(close).length);
  });
});
