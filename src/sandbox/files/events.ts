import { crc32 } from 'node:zlib';

/** A table of events. The bytes are a pure function of these fields. */
export interface EventTable {
  /** Tables of different seeds hold different events. */
  readonly seed: string;
  /** Data rows, without the header. */
  readonly rows: number;
  readonly headerRow: boolean;
  /** WebAdMIT writes ISO-8859-1, everybody else UTF-8. */
  readonly encoding: 'utf8' | 'latin1';
}

const HEADER = 'idEvent,tsEvent,name,country,amount\n';
const FIRST_EVENT = Date.UTC(2017, 1, 13, 9) / 1000;
// Outside ASCII but inside ISO-8859-1, so that whoever transcodes or guesses an encoding is found out.
const NAMES = [
  'José Núñez',
  'Zoë Müller',
  'Anaïs Lefèvre',
  'Søren Ångström',
  'Mary Smith',
  '"O\'Brien, Pat"',
];
const COUNTRIES = ['BR', 'DE', 'FR', 'JP', 'SE', 'US'];
const ROWS_PER_CHUNK = 1000;

/** The table as CSV, a thousand rows at a time, so that millions of them never are in memory together. */
export function* eventsCsv({ seed, rows, headerRow, encoding }: EventTable): Generator<Buffer> {
  const random = mulberry32(crc32(seed));
  if (headerRow) yield Buffer.from(HEADER, encoding);
  for (let first = 0; first < rows; first += ROWS_PER_CHUNK) {
    let text = '';
    for (let row = first; row < Math.min(first + ROWS_PER_CHUNK, rows); row += 1) text += event(row, random);
    yield Buffer.from(text, encoding);
  }
}

function event(row: number, random: () => number): string {
  const id = Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  const amount = (random() * 1000).toFixed(2);
  return `${row + 1}-${id},${FIRST_EVENT + row * 7},${pick(NAMES)},${pick(COUNTRIES)},${amount}\n`;
}

/** Mulberry32 by Tommy Ettinger (public domain): uniform in [0, 1), the same for the same seed on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
