import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { noise } from '../helpers/bytes.ts';
import { startFileService } from '../helpers/file-service.ts';
import { createCli } from '../helpers/run-cli.ts';
import { inOrder } from '../helpers/scripted-server.ts';
import { inWorld } from '../download/world.ts';

it('five cuts cost at most a fiftieth more bytes than the file, with and without a validator', async () => {
  // Large beside the buffers of a socket, whose content a cut may cost each time.
  const bytes = noise(30_000_000);
  const cuts = [4_500_000, 5_000_000, 3_500_000, 6_000_000, 2_000_000].map((cutAfter) => ({ cutAfter }));
  for (const validator of [{ etag: '"v1"' }, { lastModified: 'Mon, 06 May 2024 07:08:09 GMT' }, {}]) {
    await inWorld({ files: { 'a.csv': { bytes, ...validator } } }, async (world) => {
      world.server.fault = inOrder(...cuts);
      expect((await world.save()).failures).toEqual([]);
      expect((await world.read('a.csv')).equals(bytes)).toBe(true);
      expect(world.server.requests).toHaveLength(6);
      expect(world.server.sent / bytes.length).toBeLessThanOrEqual(1.02);
    });
  }
});

it('three kills cost at most a twentieth more bytes than the file', async () => {
  const bytes = noise(6_000_000);
  const packed = gzipSync(bytes);
  const service = await startFileService({ 'a.csv.gz': packed }, { bytes: 16_384, everyMs: 4 });
  const cli = await createCli();
  try {
    const config = await cli.write('../service.yaml', service.config);
    const args = ['watch', service.target, '--config', config, '-q'];
    for (let kills = 0; kills < 3; kills += 1) {
      const before = service.sent();
      const run = cli.start(args);
      while (service.sent() < before + 700_000) await sleep(5);
      run.kill('SIGKILL');
      expect((await run.result).exitCode).toBeUndefined();
    }
    const result = await cli.run(args);
    expect(result.exitCode, result.stderr).toBe(0);
    expect((await readFile(join(cli.directory, 'a.csv'))).equals(bytes)).toBe(true);
    expect(service.ranges).toHaveLength(4);
    expect(service.sent() / packed.length).toBeLessThanOrEqual(1.05);
  } finally {
    await cli.close();
    await service.close();
  }
});
