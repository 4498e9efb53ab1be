import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';
import { stringify } from 'yaml';

import { serve as answering } from '../helpers/answers.ts';
import { it, providerEnv } from '../helpers/e2e.ts';
import { rawEnv, RAW } from './start-world.ts';

const CREATED = { body: { code: 200, message: 'Ok', data: { idRawExport: '7' } } };
const START = { event: 'payments', selectors: 'idDevice' };

describe('start without a NAME', () => {
  it('takes the only export with start', async ({ expect, cli, run, sandbox }) => {
    await cli.write(
      '.exportpollrc',
      stringify({
        exports: {
          old: { provider: 'webadmit', id: '86446/74780' },
          payments: { provider: 'mytracker-raw', start: START },
        },
      }),
    );
    const { exitCode, stdout } = await run(['start']);
    expect([exitCode, stdout]).toEqual([0, `mytracker-raw:${sandbox.started[0]?.id}\n`]);
  });

  it('asks which one where there are several, and starts none', async ({ expect, cli, run, sandbox }) => {
    const exports = { payments: { provider: 'mytracker-raw', start: START } };
    await cli.write(
      '.exportpollrc',
      stringify({ exports: { ...exports, people: { provider: 'rebilly', start: { name: 'P' } } } }),
    );
    const { exitCode, stdout, stderr } = await run(['start']);
    expect([exitCode, stdout, sandbox.requests.length]).toEqual([2, '', 0]);
    expect(stderr).toMatch(
      /which export is to be started\? There are payments, people\n.*exportpoll start NAME starts one of them/,
    );
  });
});

describe('a start that is described, but not said of what', () => {
  const exports = { installs: { provider: 'mytracker-raw', start: START } };
  const PARAM = ['--param', 'dateFrom=2024-05-06'];

  it.for([
    ['--param', PARAM],
    ['--data', ['--data', 'more.json']],
  ] as const)(
    'asks for the export, and starts none: %s',
    async ([flag, args], { expect, cli, run, sandbox }) => {
      await cli.write('.exportpollrc', stringify({ exports }));
      const { exitCode, stdout, stderr } = await run(['start', ...args]);
      expect([exitCode, stdout, sandbox.requests.length]).toEqual([2, '', 0]);
      expect(stderr).toMatch(new RegExp(`${flag} is for a new export, and no NAME says of which`));
      expect(stderr).toContain(`exportpoll start installs ${flag} `);
      expect(stderr).not.toContain('is configured');
    },
  );

  it('asks for the provider where no export is configured', async ({ expect, run, sandbox }) => {
    const { exitCode, stderr } = await run(['start', ...PARAM]);
    expect([exitCode, sandbox.requests.length]).toEqual([2, 0]);
    expect(stderr).toMatch(
      /--param is for a new export, and no NAME says of which\n.*exportpoll start mytracker-raw --param/,
    );
  });
});

describe('a start of one provider by --provider of another', () => {
  it.for([
    ['a provider', 'mytracker-raw'],
    ['an export', 'installs'],
  ] as const)('is refused: %s', async ([, name], { expect, cli, run, sandbox }) => {
    await cli.write(
      '.exportpollrc',
      stringify({ exports: { installs: { provider: 'mytracker-raw', start: START } } }),
    );
    const params = RAW.slice(1);
    const { exitCode, stdout, stderr } = await run(['start', name, '--provider', 'rebilly', ...params]);
    expect([exitCode, stdout, sandbox.requests.length]).toEqual([2, '', 0]);
    expect(stderr).toMatch(new RegExp(`"${name}" is .*, and --provider is rebilly`));
    const same = await run(['start', name, '--provider', 'mytracker-raw', ...params]);
    expect([same.exitCode, sandbox.started.length]).toEqual([0, 1]);
  });
});

describe('a mistake under start of a file that is named', () => {
  it('is to be corrected there, and other hints name the file', async ({ expect, cli, run, sandbox }) => {
    const one = (start: object): string =>
      stringify({ exports: { installs: { provider: 'mytracker-raw', start } } });
    const path = await cli.write('m.yaml', one({ evnt: 'installs', selectors: ['idDevice'] }));
    const wrong = await run(['start', 'installs', '-c', 'm.yaml']);
    expect([wrong.exitCode, sandbox.requests.length]).toEqual([2, 0]);
    expect(wrong.stderr).toContain(`  correct ${path}:5: exports.installs.start.evnt\n`);
    expect(wrong.stderr).not.toContain('for example');

    await cli.write('m.yaml', one({ selectors: ['idDevice'] }));
    const { stderr } = await run(['start', 'installs', '-c', 'm.yaml']);
    const line = `exportpoll start installs --config ${path} --param event=installs`;
    expect(stderr).toContain(`  for example: ${line}\n`);
    expect((await run(line.split(' ').slice(1))).exitCode).toBe(0);
    const known = await run(['status', 'installs', '-c', 'm.yaml']);
    expect(known.exitCode).toBe(8);
  });
});

describe('an export that is named like a provider', () => {
  it('is started if it has start', async ({ expect, cli, run, sandbox }) => {
    await cli.write(
      '.exportpollrc',
      stringify({ exports: { webadmit: { provider: 'mytracker-raw', start: START } } }),
    );
    expect((await run(['start', 'webadmit'])).exitCode).toBe(0);
    expect(sandbox.started.map(({ provider }) => provider)).toEqual(['mytracker-raw']);
    const params = ['--param', 'userIdentity=12', '--param', 'exportId=86446'];
    expect((await run(['start', '--provider', 'webadmit', ...params])).exitCode).toBe(0);
    expect(sandbox.started.map(({ provider }) => provider)).toEqual(['mytracker-raw', 'webadmit']);
  });

  it('leaves the name to the provider if it has an id', async ({ expect, cli, run, sandbox }) => {
    await cli.write(
      '.exportpollrc',
      stringify({ exports: { 'mytracker-raw': { provider: 'webadmit', id: '86446/74780' } } }),
    );
    expect((await run(['start', ...RAW])).exitCode).toBe(0);
    expect(sandbox.started.map(({ provider }) => provider)).toEqual(['mytracker-raw']);
  });
});

describe('${NAME} under start', () => {
  const exports = {
    payments: {
      provider: 'mytracker-raw',
      start: { ...START, idApp: '${APP}', dateFrom: '2024-01-0${DAY}' },
    },
    old: { provider: 'mytracker-raw', id: 4 },
  };

  it.for([
    ['given.yaml', true],
    ['.exportpollrc', true],
    ['../xdg-config/exportpoll/config.yaml', false],
  ] as const)(
    'is taken from the environment, and sent, by a file of the user: %s',
    async ([file, isNamed], { expect, cli }) => {
      const { origin, seen } = await answering(() => CREATED);
      await mkdir(join(cli.home, 'xdg-config', 'exportpoll'), { recursive: true });
      const path = await cli.write(file, stringify({ exports }));
      const args = ['start', 'payments', ...(isNamed ? ['--config', path] : [])];
      const env = { ...rawEnv(origin), APP: '987654321', DAY: '5' };
      const { exitCode, stderr } = await cli.run(args, { env });
      expect([exitCode, stderr]).toEqual([0, expect.anything()]);
      const sent = `${seen[0]?.target} ${seen[0]?.body}`;
      expect(sent).toContain('987654321');
      expect(sent).toContain('2024-01-05');
    },
  );

  it('that is not set ends with 78 and its name, but only what needs it', async ({
    expect,
    cli,
    run,
    sandbox,
  }) => {
    const path = await cli.write('given.yaml', stringify({ exports }));
    const { exitCode, stderr } = await run(['start', 'payments', '--config', path], { env: { DAY: '5' } });
    expect([exitCode, sandbox.requests.length]).toEqual([78, 0]);
    expect(stderr).toMatch(/exports\.payments\.start\.idApp needs APP, which is not set in the environment/);
    expect((await run(['watch', 'old', '--config', path])).exitCode).toBe(0);
  });

  it.for([
    ['a parameter', { ...START, idApp: 'a${SOME_TOKEN}' }, 'idApp'],
    ['an element of a list', { ...START, selectors: ['idDevice', '${SOME_TOKEN}'] }, 'selectors.1'],
    ['a parameter, with the variable not set', { ...START, idApp: '${NOT_SET}' }, 'idApp'],
  ] as const)('of a found file is refused: %s', async ([, start, key], { expect, cli }) => {
    const { origin, seen } = await answering(() => CREATED);
    const text = stringify({ exports: { it: { provider: 'mytracker-raw', start } } });
    const path = await cli.write('.exportpollrc', text);
    const env = { ...rawEnv(origin), SOME_TOKEN: '123456789' };
    const { exitCode, stderr } = await cli.run(['start'], { env });
    expect([exitCode, seen.length]).toEqual([78, 0]);
    expect(stderr).toMatch(
      /exports\.it\.start\.\S+ takes (SOME_TOKEN|NOT_SET) from the environment; a file found by/,
    );
    expect(stderr).toContain(`.start.${key} takes`);
    expect(stderr).toContain(`pass it with --config ${path}`);
    expect(stderr).not.toContain('123456789');
  });

  it('of a found file sends nothing to an address that is a parameter', async ({ expect, cli }) => {
    const { origin, seen } = await answering(() => ({ status: 201, body: {} }));
    const start = { userIdentity: '1', exportId: '2', callback: `${origin}/?k=\${SOME_TOKEN}` };
    await cli.write('.exportpollrc', stringify({ exports: { it: { provider: 'webadmit', start } } }));
    const env = {
      ...providerEnv('webadmit', { baseUrl: origin, apiKey: 'f'.repeat(32) }),
      SOME_TOKEN: '123456789',
    };
    const { exitCode } = await cli.run(['start'], { env });
    expect([exitCode, seen.length]).toEqual([78, 0]);
  });
});

describe('parameters that are nested too deep', () => {
  const deep = (levels: number): string => `{"event":${'['.repeat(levels)}1${']'.repeat(levels)}}`;

  it.for([[200], [5000], [200_000]])(
    '%i levels in --data are a mistake',
    async ([levels = 0], { expect, cli, run, sandbox }) => {
      await cli.write('deep.json', deep(levels));
      const { exitCode, stderr } = await run(['start', ...RAW, '--data', 'deep.json']);
      expect([exitCode, sandbox.requests.length]).toEqual([2, 0]);
      expect(stderr).toContain('--data deep.json: is nested deeper than 100 levels');
    },
  );

  it('in --param are a mistake, too', async ({ expect, run }) => {
    const args = ['start', 'rebilly', '--param', `arguments.${'a.'.repeat(20_000)}b=1`];
    const { exitCode, stderr } = await run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--param arguments.…: has more than 100 levels');
  });
});
