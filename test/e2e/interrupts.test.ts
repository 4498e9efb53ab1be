import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { execa } from 'execa';
import { describe, expect, vi } from 'vitest';
import { it as base, sandboxEnv } from '../helpers/e2e.ts';
import { startFileService, type FileService, type Pace } from '../helpers/file-service.ts';
import { eventsOf, ofType, PROGRAM, type Cli, type RunningCli } from '../helpers/run-cli.ts';
import { waitsForFiles, waitsForReadiness } from '../helpers/waits.ts';

const CONTENT = randomBytes(3 * 1024 * 1024);
/** About half a second for the content. */
const SLOW: Pace = { bytes: 64 * 1024, everyMs: 10 };
/** What may be on its way when a process is killed: in sockets that nobody reads, and in memory before it is written. */
const IN_FLIGHT = 2 * 1024 * 1024;
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

const it = base.extend<{ serveFiles: (files: Record<string, Buffer>, pace?: Pace) => Promise<FileService> }>({
  serveFiles: async ({ onTestFinished }, use) => {
    await use(async (files, pace = SLOW) => {
      const service = await startFileService(files, pace);
      onTestFinished(service.close);
      return service;
    });
  },
});

/** A wait that was not ended by the signal takes minutes; a run that takes 15 s counts as hanging. */
describe('a run that waits', () => {
  const rows = [...waitsForReadiness, ...waitsForFiles].map(([what, prepare], index) => {
    return [what, ...SIGNALS[index % 2]!, prepare] as const;
  });
  it.for(rows)('%s ends with %s (%i)', async ([, signal, exitCode, prepare], { expect, cli }) => {
    const { args, env, isThere } = await prepare(cli);
    const running = cli.start(['watch', ...args], { env });
    await vi.waitFor(() => expect(isThere()).toBe(true), WAIT);
    running.kill(signal);
    const { stderr, ...result } = await running.result;
    expect(result).toMatchObject({ exitCode });
    expect(stderr).toContain(`interrupted by ${signal}; run the same command again`);
    expect(stderr).not.toContain('Warning');
    // Nothing is in the way of the next run.
    expect((await cli.files()).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  /** The environment in which this code runs before the program. */
  const before = (code: string): Record<string, string> => ({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
  });

  it('ends although something keeps the process alive', async ({ expect, cli, sandbox }) => {
    const env = { ...sandboxEnv(sandbox), ...before('setInterval(() => {}, 1e6)') };
    const running = cli.start(['watch', 'mytracker-raw:25', '--interval', '10m'], { env });
    await vi.waitFor(() => expect(sandbox.requests).toHaveLength(1), WAIT);
    running.kill('SIGINT');
    expect(await running.result).toMatchObject({ exitCode: 130 });
  });

  it.for(SIGNALS)(
    'ends with a second %s (%i) when the first one moves nothing',
    async ([signal, exitCode], { expect, cli, sandbox }) => {
      const deaf = 'AbortController.prototype.abort = () => process._rawDebug("deaf")';
      const env = { ...sandboxEnv(sandbox), ...before(deaf) };
      const running = cli.start(['watch', 'mytracker-raw:25', '--interval', '10m'], { env });
      await vi.waitFor(() => expect(sandbox.requests).toHaveLength(1), WAIT);
      const heard = running.stderrMatching(/deaf/);
      running.kill(signal);
      await heard;
      running.kill(signal);
      expect(await running.result).toMatchObject({ exitCode });
    },
  );
});

describe('a run that downloads', () => {
  it.for(SIGNALS)(
    'keeps what it has when %s ends it with %i, and the next run goes on from there',
    async ([signal, exitCode], { expect, cli, serveFiles }) => {
      const service = await serveFiles({ 'big.bin': CONTENT });
      const running = await startDownload(service, cli);
      running.kill(signal);
      expect(await running.result).toMatchObject({ exitCode, stdout: '' });
      await expectResumed('big.bin', CONTENT, service, cli);
    },
  );

  const kinds = [
    ['a plain file', 'big.bin', CONTENT],
    ['a gzip file', 'big.csv.gz', gzipSync(CONTENT)],
  ] as const;
  it.for(kinds)('of %s loses nothing to kill -9', async ([, name, raw], { cli, serveFiles }) => {
    const service = await serveFiles({ [name]: raw });
    const running = await startDownload(service, cli);
    running.kill('SIGKILL');
    await running.result;
    await expectResumed(name.replace('.gz', ''), raw, service, cli);
  });

  it('to a pipe whose reader goes away ends with 74 without a word', async ({ expect, cli, serveFiles }) => {
    const service = await serveFiles({ 'big.bin': CONTENT });
    await cli.write('slow.yaml', service.config);
    const running = cli.start(['watch', '--config', 'slow.yaml', '-q', '-o', '-', service.target]);
    await running.stdoutMatching(/^/);
    running.closeStdout();
    const { exitCode, stderr } = await running.result;
    expect({ exitCode, stderr }).toEqual({ exitCode: 74, stderr: '' });
  });

  it('to a pipe whose reader goes away before the last bytes ends with 74, too', async ({
    expect,
    cli,
    serveFiles,
  }) => {
    // The pipe takes the first 64 KiB, and the last 8 KiB wait in the program for a reader that has more to do.
    const service = await serveFiles(
      { 'big.bin': CONTENT.subarray(0, 72 * 1024) },
      { bytes: 65_536, everyMs: 100 },
    );
    await cli.write('slow.yaml', service.config);
    const shell = `"$0" "$@" | sleep 2; exit "\${PIPESTATUS[0]}"`;
    const args = ['watch', '--config', 'slow.yaml', '-q', '-o', '-', service.target];
    const { exitCode, stderr } = await execa('bash', ['-c', shell, process.execPath, PROGRAM, ...args], {
      cwd: cli.directory,
      env: { HOME: cli.home },
      reject: false,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 74, stderr: '' });
  });

  it('has the export for itself: a second one exits with 75', async ({ expect, cli, serveFiles }) => {
    // Four seconds, so that the second one comes in time.
    const service = await serveFiles({ 'big.bin': CONTENT }, { bytes: 16 * 1024, everyMs: 20 });
    const first = await startDownload(service, cli);
    const second = await cli.run(['watch', '--config', 'slow.yaml', service.target]);
    expect(second).toMatchObject({ exitCode: 75, stdout: '' });
    expect(second.stderr).toContain('another run');
    first.kill('SIGTERM');
    expect(await first.result).toMatchObject({ exitCode: 143 });
  });

  it.for([
    [[], 4],
    [['--concurrency', '1'], 1],
    [['--concurrency', '2'], 2],
  ] as const)(
    'with %j has at most %i files under way',
    async ([flags, most], { expect, cli, serveFiles }) => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [`${name}.bin`, randomBytes(1000)] as const);
      const service = await serveFiles(Object.fromEntries(names), { bytes: 100, everyMs: 10 });
      await cli.write('slow.yaml', service.config);
      const result = await cli.run(['watch', '--config', 'slow.yaml', service.target, ...flags]);
      expect(result).toMatchObject({ exitCode: 0 });
      expect(service.peak()).toBe(most);
      for (const [name, bytes] of names) {
        expect((await readFile(join(cli.directory, name))).equals(bytes)).toBe(true);
      }
    },
  );
});

const WAIT = { timeout: 10_000, interval: 10 };

/** Starts to download, and resolves when a fifth of the raw file or more is on disk. */
async function startDownload({ config, target }: FileService, cli: Cli): Promise<RunningCli> {
  await cli.write('slow.yaml', config);
  const running = cli.start(['watch', '--config', 'slow.yaml', target]);
  await vi.waitFor(async () => expect(await partSize(cli)).toBeGreaterThan(CONTENT.length / 5), WAIT);
  return running;
}

async function partSize({ directory, files }: Cli): Promise<number> {
  const part = (await files()).find((name) => name.endsWith('.part'));
  return part === undefined ? 0 : (await stat(join(directory, part))).size;
}

/** Runs the same command again after an interruption, and expects it to fetch only what is missing. */
async function expectResumed(name: string, raw: Buffer, service: FileService, cli: Cli): Promise<void> {
  const kept = await partSize(cli);
  expect(kept).toBeGreaterThan(0);
  expect(await cli.files()).not.toContain(name);
  expect(await cli.files()).not.toContain('slow-all.manifest.json');

  const result = await cli.run(['watch', '--json', '--config', 'slow.yaml', service.target]);
  expect(result).toMatchObject({ exitCode: 0 });
  expect(ofType(eventsOf(result), 'file.started')).toMatchObject([{ file: name, resumedFrom: kept }]);
  expect(service.ranges).toEqual([undefined, `bytes=${kept}-`]);
  expect(service.sent()).toBeLessThan(raw.length + IN_FLIGHT);
  expect((await readFile(join(cli.directory, name))).equals(CONTENT)).toBe(true);
  expect(await cli.files()).toEqual([name, 'slow-all.manifest.json', 'slow.yaml']);
}
