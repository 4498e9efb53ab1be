import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { UsageError, watch, type Event } from '../src/index.ts';
import { serve } from './helpers/answers.ts';

let directory: string;

beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'exportpoll-library-'));
  onTestFinished(async () => await rm(home, { recursive: true, force: true }));
  directory = join(home, 'out');
  for (const name of Object.keys(process.env))
    if (name.startsWith('EXPORTPOLL_')) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
  vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
});

describe('watch()', () => {
  it('writes no file to the standard output of the program that calls it', async () => {
    vi.stubEnv('EXPORTPOLL_OUTPUT', '-');
    const watching = watch('webadmit:86446/74780', { flags: { sandbox: true } });
    await expect(watching).rejects.toThrow('"-" is for the command line: watch() saves files');
  });

  it('talks to the stand-ins with sandbox, and to nobody else', async () => {
    const { origin, seen } = await serve(() => ({ status: 401 }));
    vi.stubEnv('EXPORTPOLL_WEBADMIT_BASE_URL', origin);
    vi.stubEnv('EXPORTPOLL_WEBADMIT_API_KEY', 'real-key');
    const events: Event[] = [];
    const [file, ...more] = await watch('webadmit:86446/74780', {
      flags: { sandbox: true, output: directory, interval: '100ms', maxInterval: '200ms' },
      onEvent: (event) => events.push(event),
    });
    expect(seen).toEqual([]);
    expect(more).toEqual([]);
    expect(file).toMatchObject({ path: join(directory, 'Test-API-Export.csv') });
    expect((await readFile(file?.path ?? '')).byteLength).toBe(file?.bytes);
    expect(events.at(-1)).toMatchObject({ type: 'file.saved', path: file?.path });
  });

  it.each([
    { json: true },
    { progress: 'bar' },
    { quiet: true },
    { verbose: true },
    { color: false },
    { ping: 'https://hc.example/x' },
    { ciOutput: 'github' },
  ])('refuses %j, which it would not do', async (flags) => {
    const watching = watch('webadmit:1/2', { flags });
    await expect(watching).rejects.toThrow(UsageError);
    await expect(watching).rejects.toThrow(`"${Object.keys(flags)[0]}"`);
  });

  it('refuses a flag that does not exist', async () => {
    await expect(watch('webadmit:1/2', { flags: { outptu: 'x' } })).rejects.toThrow('did you mean "output"');
  });
});
