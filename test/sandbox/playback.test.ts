import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlayback, progressAt } from '../../src/sandbox/playback.ts';
import { createCatalogue } from '../../src/sandbox/catalogue.ts';

const catalogue = createCatalogue();

const WORDS = ['Initializing', 'Queued', 'In Progress', 'Available'];

describe('progress', () => {
  it('gives all statuses but the last equal shares of the time', () => {
    const at = (elapsed: number) => progressAt(WORDS, elapsed, 300).status;
    expect([0, 100, 200, 300].map(at)).toEqual(WORDS);
    expect([99, 199, 299, 9999].map(at)).toEqual(WORDS);
  });

  it('is over at once without a duration', () => {
    expect(progressAt(WORDS, 0, 0)).toEqual({ status: 'Available', percent: 100 });
  });

  it('never goes back', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), (elapsed, more, duration) => {
        const [before, after] = [elapsed, elapsed + more].map((ms) => progressAt(WORDS, ms, duration));
        expect(after!.percent).toBeGreaterThanOrEqual(before!.percent);
        expect(WORDS.indexOf(after!.status)).toBeGreaterThanOrEqual(WORDS.indexOf(before!.status));
      }),
    );
  });
});

describe('playback', () => {
  it('begins at the first look', () => {
    let now = 5000;
    const playback = createPlayback(100, () => now);
    const scenario = catalogue.find('mytracker-raw', '4')!;
    expect(playback.look(scenario)).toEqual({ kind: 'status', status: 'In progress', percent: 0 });
    now += 64;
    expect(playback.look(scenario)).toEqual({ kind: 'status', status: 'In progress', percent: 64 });
    now += 36;
    expect(playback.look(scenario)).toEqual({ kind: 'status', status: 'Success!', percent: 100 });
  });

  it('shows the hiccups first, one look each, however long the export takes', () => {
    const playback = createPlayback(0, () => 5000);
    const scenario = catalogue.find('mytracker-raw', '21')!;
    const seen = [1, 2, 3].map(() => playback.look(scenario));
    expect(seen).toMatchObject([
      { status: 'Error occurred' },
      { status: 'Error occurred' },
      { status: 'Success!' },
    ]);
  });

  it('is throttled until the instant that it names, whoever asks in between', () => {
    let now = 5250;
    const playback = createPlayback(0, () => now);
    const scenario = catalogue.find('rebilly', 'exp_429')!;
    expect(playback.look(scenario)).toEqual({ kind: 'throttled', resetAt: 7 });
    now = 6999;
    expect(playback.look(scenario)).toEqual({ kind: 'throttled', resetAt: 7 });
    now = 7000;
    expect(playback.look(scenario)).toMatchObject({ status: 'completed' });
  });
});
