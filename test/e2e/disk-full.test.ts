import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { execa } from 'execa';
import { expect, it } from 'vitest';

import { noise } from '../helpers/bytes.ts';
import { startFileService } from '../helpers/file-service.ts';
import { createCli, type Cli } from '../helpers/run-cli.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/exportpoll.js', import.meta.url));
const content = {
  'plain.csv': noise(3_000_000),
  'packed.csv': Buffer.from('0123456789,abcdef\n'.repeat(300_000)),
};
const SMALL = 2_000_000;

/** A disk that is too small, until it is told otherwise. */
interface SmallDisk {
  readonly path: string;
  /** Runs the program with this disk's limit. */
  readonly run: (args: readonly string[]) => Promise<{ exitCode: number | undefined; stderr: string }>;
  readonly grow: () => void;
  readonly close: () => void;
}

/** A tmpfs where this machine lets us mount one; else a limit on the size of files, which ends in the same way. */
async function smallDisk(cli: Cli): Promise<SmallDisk> {
  const path = join(cli.directory, 'small');
  await mkdir(path);
  const mount = (options: string): boolean =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status === 0;
  if (mount(`size=${SMALL}`)) {
    return {
      path,
      run: async (args) => await cli.run(args),
      grow: () => void mount('remount,size=50m'),
      close: () => execFileSync('umount', ['-l', path]),
    };
  }
  let limit = String(SMALL / 1024);
  return {
    path,
    run: async (args) => {
      const line = `ulimit -f ${limit}; exec "$0" "$@"`;
      const { exitCode, stderr } = await execa('bash', ['-c', line, process.execPath, PROGRAM, ...args], {
        cwd: cli.directory,
        env: { HOME: cli.home },
        extendEnv: false,
        reject: false,
      });
      return { exitCode, stderr };
    },
    grow: () => {
      limit = 'unlimited';
    },
    close: () => undefined,
  };
}

it.each(Object.keys(content) as (keyof typeof content)[])(
  'a disk that is full in the middle of %s is told with its name, and the next run goes on',
  async (name) => {
    const bytes = content[name];
    const remote = name === 'packed.csv' ? { 'packed.csv.gz': gzipSync(bytes) } : { [name]: bytes };
    const service = await startFileService(remote, { bytes: 1_000_000, everyMs: 0 });
    const cli = await createCli();
    const disk = await smallDisk(cli);
    try {
      const config = await cli.write('../service.yaml', service.config);
      const args = ['watch', service.target, '--config', config, '--output', disk.path, '-q'];
      const full = await disk.run(args);
      expect(full.exitCode, full.stderr).toBe(74);
      expect(full.stderr).toContain(name);
      expect(full.stderr).toContain('space');
      expect(await readdir(disk.path)).not.toContain(name);

      disk.grow();
      const sent = service.sent();
      const again = await disk.run(args);
      expect(again.exitCode, again.stderr).toBe(0);
      expect((await readFile(join(disk.path, name))).equals(bytes)).toBe(true);
      // What had arrived was kept: of a packed file everything, of the other one what there was space for.
      const rest = name === 'packed.csv' ? 0 : bytes.length - SMALL / 2;
      expect(service.sent() - sent).toBeLessThanOrEqual(rest);
      expect(await readdir(disk.path)).toEqual([name, 'slow-all.manifest.json'].sort());
    } finally {
      disk.close();
      await cli.close();
      await service.close();
      await rm(disk.path, { recursive: true, force: true });
    }
  },
);
