import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';
import { stringify } from 'yaml';

import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { expectedBytes, sandboxEnv } from '../helpers/e2e.ts';
import { createCli, type Cli } from '../helpers/run-cli.ts';

/** Up to the note of the id that was answered, and more. */
const MOST_FIRST_STEPS = 34;
/** From before the manifest. */
const LAST_STEPS = 18;
const PRELOAD = fileURLToPath(new URL('../helpers/kill-at-step.mjs', import.meta.url));

interface World {
  readonly cli: Cli;
  readonly sandbox: Sandbox;
  readonly run: (args: readonly string[], env?: Record<string, string>) => ReturnType<Cli['run']>;
}

/** A configuration with one named export, a fresh ledger, and a service that has started nothing. */
async function inNewWorld(config: object, work: (world: World) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox({ rows: 50, durationMs: 60 });
  const cli = await createCli();
  try {
    const path = await cli.write('../config.yaml', stringify(config));
    await work({
      cli,
      sandbox,
      run: async (args, env = {}) =>
        await cli.run([...args, '--config', path, '--output', 'out', '-q'], {
          env: { ...sandboxEnv(sandbox), ...env },
        }),
    });
  } finally {
    await cli.close();
    await sandbox.close();
  }
}

/** The steps on the file system of a whole run. */
async function stepsOf(config: object, args: readonly string[]): Promise<string[]> {
  let steps = '';
  await inNewWorld(config, async ({ cli, run }) => {
    const record = join(cli.home, 'steps');
    const env = { NODE_OPTIONS: `--import ${PRELOAD}`, STEPS_FILE: record };
    expect(await run(args, env)).toMatchObject({ exitCode: 0 });
    steps = await readFile(record, 'utf8');
  });
  return steps.split('\n');
}

async function inTwos(attempts: (() => Promise<void>)[]): Promise<void> {
  const left = attempts.values();
  await Promise.all(
    [0, 1].map(async () => {
      for (const attempt of left) await attempt();
    }),
  );
}

async function expectFiles({ cli, sandbox }: World, at: string): Promise<void> {
  const [started] = sandbox.started;
  expect(sandbox.started, at).toHaveLength(1);
  const { provider = 'rebilly', id = '', files = [] } = started ?? {};
  const names = (await cli.files()).filter((name) => !name.endsWith('.manifest.json'));
  expect(names, at).toEqual(files.map((name) => `out/${name}`).sort());
  for (const name of files) {
    const bytes = await readFile(join(cli.directory, 'out', name));
    expect(bytes.equals(await expectedBytes(sandbox, provider, id, name)), at).toBe(true);
  }
}

/** Nothing that is listed late, as it may be with the real service, has to be waited for here. */
function rebilly(): object {
  const profile = loadBuiltin('rebilly');
  return { profile: { ...profile, start: { ...profile.start, grace: '0s' } } };
}

const CONFIGS = {
  rebilly: {
    providers: { rebilly: rebilly() },
    exports: { it: { provider: 'rebilly', start: { name: 'It', resource: 'users', format: 'csv' } } },
  },
  webadmit: { exports: { it: { provider: 'webadmit', start: { userIdentity: 1, exportId: 86446 } } } },
  personium: { exports: { it: { provider: 'personium', start: {} } } },
  'mytracker-raw': {
    exports: { it: { provider: 'mytracker-raw', start: { event: 'installs', selectors: 'idDevice' } } },
  },
};

it.each([
  // The files of the others are saved in the same way.
  ['rebilly', ['start', 'it', '--watch']],
  ['webadmit', ['start', 'it']],
  ['personium', ['start', 'it']],
] as const)(
  '%s: killed before any step on the file system, the same command asks for one export in all',
  async (provider, args) => {
    const config = CONFIGS[provider];
    const steps = await stepsOf(config, args);
    expect(steps.filter((step) => step === 'rename').length).toBeGreaterThanOrEqual(2);
    const attempts = steps.map((name, index) => async () => {
      // What comes in between saves files, and is tested for itself.
      if (index >= MOST_FIRST_STEPS && index < steps.length - LAST_STEPS) return;
      const at = `step ${index + 1} of ${steps.length}, ${name}`;
      await inNewWorld(config, async (world) => {
        const { run } = world;
        const env = { NODE_OPTIONS: `--import ${PRELOAD}`, KILL_AT_STEP: String(index + 1) };
        expect((await run(args, env)).exitCode, at).toBeUndefined();
        const { stdout } = await world.cli.run(['list', '--json']);
        // When the ledger says that it is done, the next start is a new one.
        const again = stdout.includes('"ready"') ? undefined : await run(['start', 'it', '--watch']);
        expect(again?.exitCode ?? 0, `after ${at}: ${again?.stderr}`).toBe(0);
        await expectFiles(world, at);
      });
    });
    await inTwos(attempts);
  },
  400_000,
);

it('mytracker-raw, which nobody can ask: asks for one export at most, and says where that is not known', async () => {
  const config = CONFIGS['mytracker-raw'];
  const steps = await stepsOf(config, ['start', 'it']);
  let undecided = 0;
  const attempts = steps.map((name, index) => async () => {
    const at = `step ${index + 1} of ${steps.length}, ${name}`;
    await inNewWorld(config, async (world) => {
      const { run, sandbox } = world;
      const env = { NODE_OPTIONS: `--import ${PRELOAD}`, KILL_AT_STEP: String(index + 1) };
      expect((await run(['start', 'it'], env)).exitCode, at).toBeUndefined();
      const again = await run(['start', 'it', '--watch']);
      if (again.exitCode === 0) return await expectFiles(world, at);
      undecided += 1;
      expect(again.exitCode, at).toBe(2);
      expect(again.stderr).toMatch(/may have been started at .*--again/s);
      expect(sandbox.started.length).toBeLessThanOrEqual(1);
      // A person has looked, and decided.
      expect((await run(['start', 'it', '--watch', '--again'])).exitCode, at).toBe(0);
    });
  });
  await inTwos(attempts);
  // Between the note that it is about to ask, and the note of what was answered.
  expect(undecided).toBeGreaterThanOrEqual(4);
  expect(undecided).toBeLessThan(steps.length / 2);
}, 400_000);
