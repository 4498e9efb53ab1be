import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';

const BENCH = fileURLToPath(new URL('../../bench/program/run.ts', import.meta.url));

it.for([
  [['one', 'oen', 'manny'], /^bench: no section oen, manny; there are one, eight, [a-z, -]+, first-request$/],
  [['one', '--rounds', '0'], /^bench: --rounds 0 is not a number of rounds$/],
] as const)('the bench refuses %j in one sentence, before it makes any data', async ([args, sentence]) => {
  const temporary = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  onTestFinished(async () => await rm(temporary, { recursive: true }));
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['--import', 'tsx', BENCH, ...args], {
    env: { TMPDIR: temporary },
    reject: false,
    timeout: 20_000,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(sentence);
  // tsx has a cache there.
  const made = (await readdir(temporary)).filter((name) => name.startsWith('exportpoll'));
  expect(made).toEqual([]);
});
