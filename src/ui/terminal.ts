import type { Clock, Output } from '../context.ts';
import { loadBars } from './bars.ts';
import type { Clean } from './clean.ts';
import { Crowd } from './crowd.ts';
import type { Color, Paint } from './color.ts';
import type { Event } from '../events.ts';
import { formatBytes } from '../format.ts';
import type { Live, LiveWorld } from './live.ts';
import type { Progress } from './progress.ts';
import { Screen } from './screen.ts';
import { sentenceOf, subjectOf } from './sentences.ts';
import { loadSpinner } from './spinner.ts';
import { Tracker } from './tracker.ts';
import { linesOf, surfaceFor, type Line, type Surface } from './view.ts';

interface TerminalWorld {
  readonly stderr: Output;
  readonly clock: Clock;
  readonly clean: Clean;
  readonly paint: Paint;
  readonly colored: boolean;
  /** Whether a line says that a file is saved; its path may be printed on the same terminal. */
  readonly tellsSaved: boolean;
}

/**
 * The renderer for a terminal: what is over stands as a line, and below it a live part shows what is going on. The
 * live part draws by itself, at its own rate; an event only changes what there is to draw.
 */
export function createTerminal({
  stderr,
  clock,
  clean,
  paint,
  colored,
  tellsSaved,
}: TerminalWorld): Progress {
  const screen = new Screen(stderr);
  const tracker = new Tracker();
  const crowd = new Crowd();
  const world: LiveWorld = {
    lines: () => linesOf(tracker, crowd, screen.rows, clock.now()),
    now: () => clock.now(),
    clean,
  };
  const surfaces = {
    spinner: lazily(async () => await loadSpinner(screen, world, colored), arrange),
    bars: lazily(async () => await loadBars(screen, world), arrange),
  };
  let live: Live | undefined;
  let arrangement = '';
  let closed = false;

  /** Draws on the surface that fits what is going on; leaves it alone when it is the right one already. */
  function arrange(): void {
    if (closed) return;
    const lines = world.lines();
    const surface = surfaceFor(lines);
    const wanted = arrangementOf(surface, lines);
    if (wanted === arrangement) return;
    clear();
    const next = surface === 'none' ? undefined : surfaces[surface]();
    if (next === undefined) return;
    screen.showCursor(false);
    next.start();
    live = next;
    arrangement = wanted;
  }

  function clear(): void {
    if (live === undefined) return;
    live.stop();
    screen.showCursor(true);
    live = undefined;
    arrangement = '';
  }

  function aside(action: () => void): void {
    clear();
    action();
    arrange();
  }

  /** Whether an event may have a line that stays. Of many exports only what went wrong has. */
  function isMarked(event: Event, nowMs: number): boolean {
    if (event.type === 'file.saved') return tellsSaved && !crowd.isCrowd;
    if (!crowd.isCrowd || event.type === 'summary' || event.type === 'file.failed') return true;
    if (event.type === 'warning') return crowd.tellsWarning(nowMs);
    return event.type === 'export.status' && (event.state === 'ready-with-errors' || event.state === 'empty');
  }

  return {
    aside,
    report(event) {
      const nowMs = clock.now();
      tracker.apply(event, nowMs);
      crowd.apply(event);
      const mark = isMarked(event, nowMs) ? markOf(event) : undefined;
      if (mark === undefined) arrange();
      else aside(() => screen.write(`${paint(mark.color, mark.symbol)} ${clean(mark.text)}\n`));
    },
    close() {
      clear();
      closed = true;
    },
  };
}

interface Mark {
  readonly symbol: string;
  readonly color: Color;
  readonly text: string;
}

/** The line that stays, for an event that deserves one. */
function markOf(event: Event): Mark | undefined {
  if (event.type === 'file.saved' && event.already !== true)
    return done(`${event.file}  ${formatBytes(event.bytes)}`);
  const sentence = sentenceOf(event);
  if (sentence === undefined) return undefined;
  const subject = event.type === 'file.failed' || event.type === 'file.saved' ? '' : subjectOf(event);
  const text = subject === '' ? sentence.text : `${subject}: ${sentence.text}`;
  switch (sentence.severity) {
    case 'info':
      return isLast(event) ? { symbol: '•', color: 'cyan', text } : undefined;
    case 'done':
      return done(text);
    case 'warning':
      return { symbol: '⚠', color: 'yellow', text };
    case 'error':
      return { symbol: '✖', color: 'red', text };
  }
}

/** What the live part cannot show, because nothing follows: the end of looking, and of the run. */
function isLast(event: Event): boolean {
  return event.type === 'summary' || (event.type === 'export.status' && event.state !== 'ready');
}

function done(text: string): Mark {
  return { symbol: '✔', color: 'green', text };
}

/** Bars are made for their lines; a spinner takes any. */
function arrangementOf(surface: Surface, lines: readonly Line[]): string {
  return surface === 'bars' ? JSON.stringify(lines.map((line) => line.key)) : surface;
}

/** What `load` gives, once it is there; the first call loads, and `then` is called when it has. */
function lazily(load: () => Promise<Live>, then: () => void): () => Live | undefined {
  let loaded: Live | undefined;
  let loading: Promise<void> | undefined;
  return () => {
    loading ??= finish();
    return loaded;
  };

  async function finish(): Promise<void> {
    try {
      loaded = await load();
      then();
    } catch {
      // Without its library nothing is drawn; the lines that stay are there all the same.
    }
  }
}
