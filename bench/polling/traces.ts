/** An export as somebody sees it who polls: when it ends, and what its percentage is until then. Times in seconds. */
export interface Trace {
  readonly endsAt: number;
  readonly percentAt: (time: number) => number | undefined;
}

export type Kind = 'linear' | 'front-loaded' | 'stalling' | 'jumping' | 'in steps' | 'none';

/** From 5 s to 6 h, every order of magnitude as likely as any other. */
const SHORTEST = 5;
const LONGEST = 6 * 3600;

/** What a service does with its percentage over an export of `end` seconds. */
const KINDS: Readonly<Record<Kind, (end: number, random: () => number) => Trace['percentAt']>> = {
  linear: (end) => (time) => Math.floor((100 * time) / end),
  'front-loaded': (end, random) => {
    const power = 1.5 + 2 * random();
    return (time) => Math.floor(100 * (1 - (1 - time / end) ** power));
  },
  stalling,
  jumping: (end, random) => {
    const count = 3 + Math.floor(random() * 8);
    const times = sorted(count, () => random() * end);
    const percents = sorted(count, () => Math.floor(random() * 100));
    return (time) => percents[times.findLastIndex((at) => at <= time)] ?? 0;
  },
  // Personium writes a percentage when it has grown by more than 5 points.
  'in steps': (end, random) => {
    const step = 5 + random();
    return (time) => Math.floor(Math.floor((100 * time) / end / step) * step);
  },
  none: () => () => undefined,
};

/** As many traces of one kind, the same for the same randomness. */
export function tracesOf(kind: Kind, count: number, random: () => number): Trace[] {
  return Array.from({ length: count }, (_, index) => {
    // One in each slice, so that few traces fill the range evenly.
    const endsAt = SHORTEST * (LONGEST / SHORTEST) ** ((index + random()) / count);
    return { endsAt, percentAt: KINDS[kind](endsAt, random) };
  });
}

/** One to three times the work stands still for a while, up to 70 % of the whole time. */
function stalling(end: number, random: () => number): Trace['percentAt'] {
  const stalls = sorted(1 + Math.floor(random() * 3), random).map((share) => ({
    share,
    length: 0.1 + 0.3 * random(),
  }));
  const wanted = stalls.reduce((sum, { length }) => sum + length, 0);
  const scale = Math.min(0.7, wanted) / wanted;
  const work = end * (1 - wanted * scale);
  return (time) => {
    let left = time;
    let done = 0;
    for (const { share, length } of stalls) {
      const next = share * work;
      if (left <= next - done) break;
      left -= next - done;
      done = next;
      const still = length * scale * end;
      if (left <= still) return Math.floor((100 * done) / work);
      left -= still;
    }
    return Math.floor((100 * Math.min(work, done + left)) / work);
  };
}

function sorted(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next).sort((a, b) => a - b);
}
