/** Published, so that every run of the bench waits for the same exports. */
export const SEED = 20_240_601;

/** When each of `count` exports is ready, in ms after the first request: evenly spread, the same for the same seed. */
export function readyTimes(count: number, spreadMs: number): number[] {
  let state = SEED;
  return Array.from({ length: count }, () => {
    // mulberry32: 32 bits of state are plenty to spread readiness with.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * spreadMs;
  });
}
