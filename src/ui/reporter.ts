import type { Context } from '../context.ts';
import { isCI } from './ci.ts';
import { createCleaner } from './clean.ts';
import { createPaint, wantsColor } from './color.ts';
import type { Event, Reporter } from '../events.ts';
import { createNdjson } from './ndjson.ts';
import { writeTo } from './output.ts';
import { createPlain, type PlainLevel } from './plain.ts';
import type { Progress } from './progress.ts';
import { createRepeatDetector } from './repeats.ts';
import { resultOf, type Results } from './results.ts';
import { createTerminal } from './terminal.ts';

export interface ReporterOptions {
  /** NDJSON events on stdout instead of results. */
  readonly json: boolean;
  readonly progress: 'auto' | 'bar' | 'plain' | 'none';
  /** On stderr nothing but files that could not be delivered. */
  readonly quiet: boolean;
  readonly color: 'auto' | 'never' | 'always';
  readonly results: Results;
  /** Several exports are reported on: a state is written with the export it belongs to. */
  readonly many: boolean;
}

type World = Pick<Context, 'stdout' | 'stderr' | 'redactor' | 'clock' | 'env'>;

/** The reporter of a run: results (or NDJSON) on stdout, progress for people on stderr. */
export function createReporter(world: World, options: ReporterOptions): Reporter {
  const output = options.json ? ndjsonOn(world) : resultsOn(world, options);
  const progress = createProgress(world, options);
  const isRepeat = createRepeatDetector();
  let closed = false;
  return {
    report(event) {
      if (closed) return;
      if (!isRepeat(event)) progress.report(event);
      const text = output(event);
      if (text === undefined) return;
      // It may be the terminal that progress is drawn on.
      if (world.stdout.isTTY) progress.aside(() => writeTo(world.stdout, text));
      else writeTo(world.stdout, text);
    },
    close() {
      if (closed) return;
      closed = true;
      progress.close();
    },
  };
}

/** What an event adds to stdout. */
type OutputOf = (event: Event) => string | undefined;

function ndjsonOn({ clock, redactor }: World): OutputOf {
  return createNdjson({ clock, redactor });
}

function resultsOn({ stdout, env }: World, options: ReporterOptions): OutputOf {
  const reader = { isTTY: stdout.isTTY, inCI: isCI(env) };
  return (event) => resultOf(event, options, reader);
}

function createProgress(world: World, options: ReporterOptions): Progress {
  const { stdout, stderr, clock, env } = world;
  const clean = createCleaner(world);
  if (drawsOn(world, options)) {
    const colored = wantsColor(options.color, stderr, env);
    const tellsSaved = !(stdout.isTTY && options.results === 'paths' && !options.json);
    return createTerminal({ stderr, clock, clean, paint: createPaint(colored), colored, tellsSaved });
  }
  return createPlain(
    { write: (text) => writeTo(stderr, text), now: () => clock.now(), clean },
    levelOf(options),
  );
}

/** `auto` draws where somebody watches: on a terminal that can, outside of CI systems (some have a terminal, too). */
function drawsOn({ stderr, env }: World, { progress, quiet }: ReporterOptions): boolean {
  if (quiet) return false;
  return progress === 'bar' || (progress === 'auto' && stderr.isTTY && env['TERM'] !== 'dumb' && !isCI(env));
}

function levelOf({ progress, quiet }: ReporterOptions): PlainLevel {
  if (quiet) return 'failures';
  return progress === 'none' ? 'problems' : 'all';
}
