import { execa } from 'execa';

import { it, sandboxEnv } from '../helpers/e2e.ts';

const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;

/** Runs a program of somebody who uses the built library, in a home of its own; what it returns is its result. */
async function runProgram(
  body: string,
  cwd: string,
  home: string,
  env: Record<string, string>,
): Promise<{ result: unknown; stderr: string }> {
  const text = `
    import * as exportpoll from ${JSON.stringify(LIBRARY)};
    const work = async () => { ${body} };
    const told = ({ name, exitCode, message }) => ({ name, exitCode, message });
    console.log(JSON.stringify(await work().catch(told)));
  `;
  const { stdout, stderr } = await execa(process.execPath, ['--input-type=module', '--eval', text], {
    cwd,
    env: { HOME: home, XDG_STATE_HOME: `${home}/xdg-state`, ...env },
    extendEnv: false,
    timeout: 15_000,
  });
  return { result: JSON.parse(stdout) as unknown, stderr };
}

it('start() begins an export, goes on with it, and watch() saves it', async ({ expect, cli, sandbox }) => {
  const body = `
    const parameters = { event: 'installs', selectors: ['idDevice'], dateFrom: '{yesterday}', dateTo: '{yesterday}' };
    const types = [];
    const onEvent = ({ type }) => types.push(type);
    const first = await exportpoll.start('mytracker-raw', { parameters, onEvent });
    const second = await exportpoll.start('mytracker-raw', { parameters });
    const again = await exportpoll.start('mytracker-raw', { parameters, again: true });
    const files = await exportpoll.watch(first.provider + ':' + first.id, { flags: { output: 'data' } });
    return { first, second, again, types, files: files.length };
  `;
  const { result, stderr } = await runProgram(body, cli.directory, cli.home, sandboxEnv(sandbox));
  const [one, two] = sandbox.started.map(({ provider, id }) => ({ provider, id }));
  expect(sandbox.started).toHaveLength(2);
  expect(result).toEqual({
    first: one,
    second: one,
    again: two,
    types: ['export.started'],
    files: sandbox.started[0]?.files.length,
  });
  expect(stderr).toBe('');
  // The program has the same ledger.
  expect((await cli.run(['list'])).stdout).toContain(`mytracker-raw:${two?.id}`);
});

it('start() rejects where the export before it has other parameters and is not finished', async ({
  expect,
  cli,
  sandbox,
}) => {
  await cli.write(
    '.exportpollrc',
    'exports: { it: { provider: mytracker-raw, start: { event: installs, selectors: idDevice } } }',
  );
  const body = `
    await exportpoll.start('it');
    await exportpoll.start('it', { parameters: { event: 'payments' } });
  `;
  const { result } = await runProgram(body, cli.directory, cli.home, sandboxEnv(sandbox));
  expect(result).toMatchObject({ name: 'StillRunningError', exitCode: 8 });
  expect(sandbox.started).toHaveLength(1);
});

it.for([
  ["exportpoll.start('nobody')", 'UsageError', 2, 'no export and no provider is called "nobody"'],
  ["exportpoll.start('mytracker-raw')", 'UsageError', 2, '"event" is missing'],
  [
    "exportpoll.start('mytracker-raw', { parameters: { event: 'nothing', selectors: 'x' } })",
    'RefusedError',
    2,
    'Unknown event',
  ],
  [
    "(() => { const event = []; event.push(event, event); return exportpoll.start('mytracker-raw', { parameters: { event } }); })()",
    'UsageError',
    2,
    'nested deeper than 100 levels',
  ],
  ["exportpoll.start('mytracker-raw', { flags: { json: true } })", 'UsageError', 2, 'start() does not do'],
] as const)('%s rejects', async ([call, name, exitCode, message], { expect, cli, sandbox }) => {
  const body = `return await ${call};`;
  const { result } = await runProgram(body, cli.directory, cli.home, sandboxEnv(sandbox));
  expect(result).toEqual({ name, exitCode, message: expect.stringContaining(message) });
  expect(sandbox.started).toHaveLength(0);
});
