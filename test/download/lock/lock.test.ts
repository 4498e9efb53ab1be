import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import type * as FileSystem from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Locks } from '../../../src/download/lock/lock.ts';
import { LostLockError, TryAgainError } from '../../../src/errors.ts';

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  return { ...real, link: vi.fn(real.link), writeFile: vi.fn(real.writeFile) };
});
const { link: realLink, writeFile: realWriteFile } =
  await vi.importActual<typeof FileSystem>('node:fs/promises');

/** Makes a function of the file system fail, after it has done a part of its work. */
function fails(
  call: typeof link | typeof writeFile,
  code: string,
  before: (path: string) => Promise<void> = async () => {},
): void {
  vi.mocked(call as (path: string) => Promise<void>).mockImplementation(async (path) => {
    await before(path);
    throw Object.assign(new Error(code), { code });
  });
}

const { pid } = process;
/** Other processes that are alive while the tests run. */
const OTHERS = [process.ppid, 1];

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  path = join(directory, '.acme-7.lock');
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const acquire = async (who = pid) => await new Locks(who).acquire(directory, 'acme-7');
const holder = async (): Promise<{ host: string; pid: number; started: string }> =>
  JSON.parse(await readFile(path, 'utf8'));

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = execa(process.execPath, ['-e', '']);
  await child;
  return child.pid!;
}

describe('a lock of another machine or container', () => {
  const foreign = { host: 'another-machine', pid: 1, started: 'then' };

  it.each([
    ['another machine', foreign],
    ['another container of that name', { ...foreign, host: hostname(), space: 'pid:[1]' }],
  ])('holds while %s shows that it is alive', async (_, other) => {
    await writeFile(path, JSON.stringify(other));
    await expect(acquire()).rejects.toThrow(TryAgainError);
  });

  it.each([
    ['another machine', foreign],
    ['another container of that name', { ...foreign, host: hostname(), space: 'pid:[1]' }],
  ])('is dead when %s was silent for over a minute', async (_, other) => {
    await writeFile(path, JSON.stringify(other));
    const then = new Date(Date.now() - 61_000);
    await utimes(path, then, then);
    const release = await acquire();
    expect((await holder()).pid).toBe(pid);
    await release();
    expect(await readdir(directory)).toEqual([]);
  });
});

it('what a run that was killed while it took a lock over has left is removed', async () => {
  const dead = { host: hostname(), pid: await deadPid(), started: 'then' };
  await writeFile(`${path}.stale`, JSON.stringify(dead));
  const release = await acquire();
  expect(await readdir(directory)).toEqual(['.acme-7.lock']);
  await release();
});

describe('the lock of an export', () => {
  it('is held by one run at a time', async () => {
    const release = await acquire();
    for (const other of OTHERS) await expect(acquire(other)).rejects.toBeInstanceOf(TryAgainError);
    await expect(acquire()).rejects.toMatchObject({
      exitCode: 75,
      message: `another run (process ${pid} on ${hostname()}) is working on this export here`,
      hint: expect.stringContaining(path),
    });
    await release();
    await (
      await acquire()
    )();
  });

  it('is another one for another export', async () => {
    await acquire();
    await expect(new Locks(pid).acquire(directory, 'acme-8')).resolves.toBeTypeOf('function');
  });

  it('leaves no file behind', async () => {
    const release = await acquire();
    await expect(acquire()).rejects.toThrow('another run');
    expect(await readdir(directory)).toEqual(['.acme-7.lock']);
    await release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('shares its file with the others of a run, of which a file system allows a thousand or so', async () => {
    const locks = new Locks(pid);
    const keys = Array.from({ length: 1500 }, (_, index) => `acme-${index}`);
    const releases = await Promise.all(keys.map(async (key) => await locks.acquire(directory, key)));
    expect((await readdir(directory)).sort()).toEqual(keys.map((key) => `.${key}.lock`).sort());
    const found = await Promise.all(keys.map(async (key) => await stat(join(directory, `.${key}.lock`))));
    expect(new Set(found.map(({ ino }) => ino)).size).toBe(2);
    expect(Math.max(...found.map(({ nlink }) => nlink))).toBeLessThanOrEqual(1023);
    await expect(new Locks(process.ppid).acquire(directory, 'acme-1499')).rejects.toThrow('another run');
    await Promise.all(releases.map(async (release) => await release()));
    expect(await readdir(directory)).toEqual([]);
  });

  it('cannot be made in a directory that is not there', async () => {
    const locks = new Locks(pid);
    await expect(locks.acquire(join(directory, 'none'), 'acme-7')).rejects.toMatchObject({ exitCode: 73 });
  });
});

describe('a lock', () => {
  afterEach(() => {
    vi.mocked(link).mockImplementation(realLink);
    vi.mocked(writeFile).mockImplementation(realWriteFile);
  });

  it.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('is also held where links end with %s', async (code) => {
    fails(link, code);
    const release = await acquire();
    expect(await holder()).toMatchObject({ host: hostname(), pid });
    await expect(acquire(process.ppid)).rejects.toBeInstanceOf(TryAgainError);
    expect(await readdir(directory)).toEqual(['.acme-7.lock']);
    await release();
    await writeFile(path, '');
    await (
      await acquire()
    )();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each(['EACCES', 'EPERM', 'EROFS'])('that ends with %s names the directory', async (code) => {
    fails(writeFile, code);
    await expect(acquire()).rejects.toMatchObject({
      exitCode: 73,
      message: `${directory}: not writable (${code})`,
    });
  });

  it('leaves nothing behind when it cannot be written', async () => {
    fails(writeFile, 'ENOSPC', async (draft) => await realWriteFile(draft, ''));
    await expect(acquire()).rejects.toMatchObject({ exitCode: 74 });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a lock that another run has taken over', () => {
  const other = JSON.stringify({ host: 'another-machine', pid: 1, started: 'then' });
  const takenOver = async (): Promise<void> => {
    await rm(path);
    await writeFile(path, other);
  };
  /** Lets the time pass until the next sign of life. */
  const beat = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(10_000));

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.mocked(link).mockImplementation(realLink);
  });

  it.each([
    ['a link', undefined],
    ['a file of its own', 'ENOTSUP'],
  ])('is not freed, and not written to: %s', async (_, code) => {
    if (code !== undefined) fails(link, code);
    const release = await acquire();
    await takenOver();
    await beat();
    await release();
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  it('is not freed by who has not noticed', async () => {
    const release = await acquire();
    await takenOver();
    await release();
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  it.each([
    ['another run has it', takenOver],
    ['it is gone', async () => await rm(path)],
    ['something else lies there', async () => (await rm(path), await mkdir(path))],
  ])('is told at the next sign of life, once: %s', async (_, lose) => {
    const lost = vi.fn<(error: LostLockError) => void>();
    const locks = new Locks(pid);
    const release = await locks.acquire(directory, 'acme-7', lost);
    const others = await locks.acquire(directory, 'acme-8', () => expect.fail('this one is there'));
    await beat();
    expect(lost).not.toHaveBeenCalled();
    await lose();
    await beat();
    await vi.waitFor(() => expect(lost).toHaveBeenCalled());
    await beat();
    await Promise.all([release(), others()]);
    expect(lost.mock.calls).toEqual([[expect.any(LostLockError)]]);
    expect(lost.mock.calls[0]![0]).toMatchObject({ exitCode: 75, message: expect.stringContaining(path) });
  });
});

describe('a lock whose holder is gone', () => {
  const left = {
    'of a process that has ended': async () => ({
      host: hostname(),
      pid: await deadPid(),
      started: 'boot 5',
    }),
    'of an earlier process with a number in use': async () => ({ host: hostname(), pid, started: 'boot 5' }),
    'of nobody: garbage': async () => '{"host":',
    'of nobody: empty': async () => '',
  };

  it.each(Object.entries(left))('%s is taken over', async (_, make) => {
    const text = await make();
    await writeFile(path, typeof text === 'string' ? text : JSON.stringify(text));
    const release = await acquire();
    expect(await holder()).toMatchObject({ host: hostname(), pid });
    await expect(acquire(process.ppid)).rejects.toBeInstanceOf(TryAgainError);
    expect(await readdir(directory)).toEqual(['.acme-7.lock']);
    await release();
  });

  it('is taken over also from a run that was killed while it took it over itself', async () => {
    for (const name of [path, `${path}.stale`]) await writeFile(name, '');
    const release = await acquire();
    expect(await readdir(directory)).toEqual(['.acme-7.lock']);
    await release();
  });

  it('is not taken for gone when it is of another machine', async () => {
    await writeFile(path, JSON.stringify({ host: 'elsewhere', pid: 999_999, started: 'boot 5' }));
    await expect(acquire()).rejects.toThrow('process 999999 on elsewhere');
  });

  it('goes to exactly one of the runs that want it at once', async () => {
    for (let round = 0; round < 150; round += 1) {
      await writeFile(
        path,
        round % 2 === 0 ? '' : JSON.stringify({ host: hostname(), pid, started: 'boot 5' }),
      );
      const runs = await Promise.allSettled([pid, pid, ...OTHERS].map(acquire));
      const won = runs.filter((run) => run.status === 'fulfilled');
      const lost = runs.filter((run) => run.status === 'rejected').map(({ reason }) => reason as unknown);
      expect(lost.filter((reason) => !(reason instanceof TryAgainError))).toEqual([]);
      expect(won).toHaveLength(1);
      await won[0]!.value();
    }
  });

  it('goes to exactly one of the processes that want it at once, also after kill -9', async () => {
    const compete = `
      import { Locks } from ${JSON.stringify(new URL('../../../dist/download/lock/lock.js', import.meta.url).href)};
      const [directory, startAt] = process.argv.slice(1);
      await new Promise((resolve) => setTimeout(resolve, Number(startAt) - Date.now()));
      const won = await new Locks(process.pid).acquire(directory, 'acme-7').then(() => true, () => false);
      process.stdout.write(won ? 'won' : 'lost');
      process.stdin.resume();`;
    for (let round = 0; round < 2; round += 1) {
      const args = ['--input-type=module', '-e', compete, directory, String(Date.now() + 400)];
      const runs = [1, 2, 3].map(() => execa(process.execPath, args, { reject: false }));
      const said = await Promise.all(runs.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])));
      expect(said.sort()).toEqual(['lost', 'lost', 'won']);
      expect(await readdir(directory)).toEqual(['.acme-7.lock']);
      for (const run of runs) run.kill('SIGKILL');
      await Promise.all(runs);
    }
  });
});
