import type { Settings } from '../settings.ts';
import type { Context } from '../context.ts';
import { ExitCode } from '../errors.ts';
import type { Event } from '../events.ts';
import { createReporter } from '../ui/reporter.ts';
import type { Results } from '../ui/results.ts';
import { errorLines } from './error-lines.ts';
import { execExitCodeOf, exitCodeOf, type Outcome } from './outcome.ts';

/** What a run tells while it works, and at its end. */
export interface Telling {
  readonly report: (event: Event) => void;
  /** Ends with the summary and the errors; the exit code is that of the outcomes, if nothing else is given. */
  finish(outcomes: readonly Outcome[], exitCode?: ExitCode): ExitCode;
  /** Ends after a bug, which somebody else will describe. */
  abandon(): void;
}

/** Starts to tell: progress and results go where the settings say, and the summary is counted on the way. */
export function startTelling(
  context: Context,
  settings: Pick<Settings, 'json' | 'progress' | 'quiet' | 'color' | 'verbose'>,
  options: { results: Results; many: boolean },
): Telling {
  const startedAt = context.clock.now();
  // -v tells requests as lines, which bars would break.
  const progress = settings.verbose && settings.progress === 'auto' ? 'plain' : settings.progress;
  const reporter = createReporter(context, { ...settings, ...options, progress });
  const counters = { polls: 0, renewals: 0 };
  let already = 0;

  const summarise = (outcomes: readonly Outcome[], exitCode: ExitCode): void => {
    const execExitCode = execExitCodeOf(outcomes);
    reporter.report({
      type: 'summary',
      files: outcomes.reduce((sum, { files }) => sum + files, 0),
      bytes: outcomes.reduce((sum, { bytes }) => sum + bytes, 0),
      exitCode,
      ...(already === 0 ? {} : { already }),
      ...(execExitCode === undefined ? {} : { execExitCode }),
      ...counters,
      elapsedMs: context.clock.now() - startedAt,
    });
    reporter.close();
  };
  return {
    report(event) {
      if (event.type === 'export.status') counters.polls += 1;
      if (event.type === 'link.renewed') counters.renewals += 1;
      if (event.type === 'file.saved' && event.already === true) already += 1;
      reporter.report(event);
    },
    finish(outcomes, exitCode = exitCodeOf(outcomes)) {
      summarise(outcomes, exitCode);
      for (const line of errorLines(outcomes, context, settings.verbose))
        context.stderr.stream.write(`${line}\n`);
      return exitCode;
    },
    abandon: () => summarise([], ExitCode.bug),
  };
}
