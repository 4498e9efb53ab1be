import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { describe } from 'vitest';

import { it, sandboxEnv } from '../helpers/e2e.ts';
import { entriesOf } from '../helpers/ledger.ts';
import { PROGRAM } from '../helpers/run-cli.ts';

const CONFIG = `
exports:
  payments: { provider: rebilly, start: { name: Payments, resource: payments, format: csv } }
`;

describe('a named export', () => {
  it('is the same one whatever its configuration file is called', async ({ expect, cli, run, sandbox }) => {
    const path = await cli.write('mine.yaml', CONFIG);
    await symlink(cli.directory, join(cli.home, 'link'));
    await symlink(path, join(cli.home, 'other.yaml'));
    const first = await run(['start', 'payments', '-c', 'mine.yaml']);
    expect(first.exitCode).toBe(0);
    for (const name of [join(cli.home, 'link', 'mine.yaml'), '../link/../work/mine.yaml', '../other.yaml']) {
      expect(await run(['start', 'payments', '-c', name]), name).toMatchObject({ stdout: first.stdout });
      expect((await run(['status', 'payments', '-c', name])).stdout, name).toMatch(/queued|running|ready/);
    }
    expect(sandbox.started).toHaveLength(1);
    expect(await entriesOf(cli)).toHaveLength(1);
  });
});

describe.for(['', 'relative'])('with HOME="%s" and no XDG_STATE_HOME', (home) => {
  const env = { HOME: home, XDG_STATE_HOME: '', XDG_CONFIG_HOME: '' };

  it('the current directory has neither ledger nor user file', async ({ expect, cli, run }) => {
    const planted = join(cli.directory, home, '.local', 'state', 'exportpoll');
    await mkdir(planted, { recursive: true });
    await writeFile(join(planted, 'webadmit.0123456789abcdef.json'), 'no entry');
    expect((await run(['list'], { env })).stderr).not.toContain('no entry that this version can read');
    const { stderr } = await run(['config'], { env });
    expect(stderr).toContain(join(userInfo().homedir, '.config', 'exportpoll'));
    expect(stderr).not.toMatch(/; (relative\/)?\.config/);
  });
});

/** Whether a program can be run as somebody whom the user database does not know, as in many a container. */
function canBeNobody(): boolean {
  try {
    execFileSync('setpriv', ['--reuid', '54321', process.execPath, PROGRAM, '--version'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!canBeNobody())(
  'a user without a home is told what a start lacks, and needs nothing for anything else',
  async ({ expect, cli, sandbox }) => {
    await chmod(cli.home, 0o777);
    await chmod(cli.directory, 0o777);
    const run = async (args: readonly string[], env = {}): Promise<[number | undefined, string]> => {
      const { exitCode, stderr } = await execa(
        'setpriv',
        ['--reuid', '54321', '--regid', '54321', '--clear-groups', process.execPath, PROGRAM, ...args],
        {
          cwd: cli.directory,
          env: { PATH: process.env['PATH'], ...sandboxEnv(sandbox), ...env },
          extendEnv: false,
          reject: false,
        },
      );
      return [exitCode, stderr];
    };
    const library = new URL('../../dist/index.js', import.meta.url).href;
    const imported = await execa(
      'setpriv',
      ['--reuid', '54321', '--clear-groups', process.execPath, '-e', `import(${JSON.stringify(library)})`],
      { env: { PATH: process.env['PATH'] }, extendEnv: false, reject: false },
    );
    expect(imported.stderr).toBe('');
    expect(await run(['list'])).toEqual([0, 'exportpoll: no exports known']);
    expect(await run(['watch', '-q', 'webadmit:86446/74780'])).toEqual([0, '']);
    const start = [
      'start',
      'rebilly',
      '--param',
      'name=a',
      '--param',
      'resource=customers',
      '--param',
      'format=csv',
    ];
    expect(await run(start)).toEqual([
      78,
      expect.stringMatching(/this user has no home\n {2}set XDG_STATE_HOME, or HOME, to an absolute path$/),
    ]);
    expect(sandbox.started).toEqual([]);
    expect((await run(start, { XDG_STATE_HOME: join(cli.home, 'state') }))[0]).toBe(0);
  },
);
