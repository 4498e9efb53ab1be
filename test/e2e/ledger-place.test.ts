import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { describe } from 'vitest';

import { it } from '../helpers/e2e.ts';
import { entriesOf } from '../helpers/ledger.ts';

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
