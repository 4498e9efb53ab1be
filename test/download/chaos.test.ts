import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { Saved } from '../../src/download/save-export.ts';
import { ExportpollError } from '../../src/errors.ts';
import { noise } from '../helpers/bytes.ts';
import type { Fault, RemoteFile } from '../helpers/scripted-server.ts';
import { EXPIRED, inWorld, type World } from './world.ts';

const SIZE = 50_000;
const DATE = ['Mon, 06 May 2024 07:08:09 GMT', 'Tue, 07 May 2024 07:08:09 GMT'];

/** The file's versions, stored plain, compressed, or compressed by the server on its way. */
const contents = Array.from({ length: 11 }, (_, version) => noise(SIZE, version));
const zipped = contents.map((content) => gzipSync(content));

type Shape = 'plain' | 'gzip' | 'encoded';
type Proof = 'etag' | 'weak' | 'date' | 'none';
interface Store {
  readonly shape: Shape;
  readonly proof: Proof;
  readonly ranges: boolean;
  readonly chunked: boolean;
}

function versionOf({ shape, proof, ...how }: Store, version: number): RemoteFile {
  const bytes = (shape === 'plain' ? contents : zipped)[version]!;
  const etag = { etag: { etag: `"v${version}"` }, weak: { etag: `W/"v${version}"` }, date: {}, none: {} }[
    proof
  ];
  const date = proof === 'date' ? { lastModified: DATE[version % 2]! } : {};
  const headers: Record<string, string> = shape === 'encoded' ? { 'content-encoding': 'gzip' } : {};
  return { bytes, headers, ...etag, ...date, ...how };
}

/** What may go wrong with one request. `change` is the file's next version, where that can be told at all. */
type Trouble = 'none' | 'cut' | 'busy' | 'limit' | 'whole' | 'dead' | 'lie' | 'change' | 'lose-tag';
const trouble = fc.record({
  kind: fc.constantFrom<Trouble>(
    'none',
    'cut',
    'cut',
    'cut',
    'busy',
    'limit',
    'whole',
    'dead',
    'lie',
    'change',
    'lose-tag',
  ),
  at: fc.nat(SIZE),
});

const store = fc.record<Store>({
  shape: fc.constantFrom('plain', 'gzip', 'encoded'),
  proof: fc.constantFrom('etag', 'weak', 'date', 'none'),
  ranges: fc.boolean(),
  chunked: fc.boolean(),
});

/** Turns troubles into faults of a store, and remembers which version it has. */
function unleash(world: World, about: Store, troubles: readonly { kind: Trouble; at: number }[]) {
  const state = { version: 0 };
  const left = [...troubles];
  world.server.fault = (): Fault | undefined => {
    const { kind, at } = left.shift() ?? { kind: 'none', at: 0 };
    switch (kind) {
      case 'none':
        return undefined;
      case 'cut':
        return { cutAfter: at };
      case 'busy':
        return { status: 503 };
      case 'limit':
        return { status: 429, headers: { 'retry-after': '7' } };
      case 'whole':
        return { ignoreRange: true, cutAfter: at };
      case 'dead':
        world.clock.advance(60_000);
        return EXPIRED;
      case 'lie':
        return { contentRange: `bytes ${at}-${at + 5}/${at + 6}` };
      case 'change':
        state.version += 1;
        return { replaceWith: versionOf(about, state.version), cutAfter: at };
      case 'lose-tag': {
        const { etag, ...untagged } = versionOf(about, state.version);
        return { replaceWith: etag === undefined ? versionOf(about, state.version) : untagged };
      }
    }
  };
  return state;
}

it.each([
  ['by a stream', undefined],
  ['in place', 'inPlace'],
  ['in a thread', 'thread'],
] as const)(
  'decoded %s, it ends with the right bytes or a typed error, and never with a final name on wrong bytes',
  async (_, method) => {
    const troubles = fc.array(trouble, { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(store, troubles, fc.boolean(), async (about, troubles, isPatient) => {
        await inWorld({ files: { 'a.csv': versionOf(about, 0) }, method }, async (world) => {
          const state = unleash(world, about, troubles);
          const runs: Saved[] = [];
          do {
            // Impatient runs end often, so that later ones find what earlier ones left.
            const run = await world.save({ retries: isPatient ? 8 : 0 });
            runs.push(run);
            expect(run.failures.every((failure) => failure instanceof ExportpollError)).toBe(true);
            expect(await world.landed()).toEqual(run.failures.length === 0 ? ['a.csv'] : []);
          } while (runs.at(-1)!.failures.length > 0 && runs.length <= troubles.length);
          expect(runs.at(-1)!.failures).toEqual([]);
          const found = await world.read('a.csv');
          expect(contents.slice(0, state.version + 1).some((version) => version.equals(found))).toBe(true);
          expect(await world.leftovers()).toEqual([]);
        });
      }),
      { numRuns: 150 },
    );
  },
);
