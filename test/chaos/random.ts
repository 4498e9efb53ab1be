/** Numbers that are the same for the same seed, so that a bad run can be had again. */
export interface Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** From `least` to `most`, both included. */
  readonly integer: (least: number, most: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(choices: readonly T[]) => T;
  /** Lines that compress about as well as a CSV of events. */
  readonly text: (length: number) => Buffer;
}

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[integer(0, choices.length - 1)] as (typeof choices)[number],
    text: (length) => {
      const lines: string[] = [];
      for (let size = 0; size < length;) {
        const line = `${integer(0, 1e9)},event-${integer(0, 20)},${next()}\n`;
        lines.push(line);
        size += line.length;
      }
      return Buffer.from(lines.join('')).subarray(0, length);
    },
  };
}
