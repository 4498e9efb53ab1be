import type { Ora } from 'ora';

import type { Live, LiveWorld } from './live.ts';
import type { Screen } from './screen.ts';
import { cutToColumns } from './width.ts';

/** The spinner's frame and the spaces around it. */
const MARGIN = 4;

/** A spinner in front of the lines. ora is loaded here: most runs never need it. */
export async function loadSpinner(screen: Screen, world: LiveWorld, colored: boolean): Promise<Live> {
  const { default: ora } = await import('ora');
  let spinner: Ora | undefined;
  return {
    start() {
      spinner = ora({
        stream: screen,
        isEnabled: true,
        color: colored ? 'cyan' : false,
        // Asked for at every frame, so that the countdown goes on between events.
        suffixText: () => textOf(world, screen.columns),
        // stdin is the user's, and hiding the cursor would put handlers on signals that are ours.
        discardStdin: false,
        hideCursor: false,
      }).start();
    },
    stop() {
      spinner?.stop();
      spinner = undefined;
    },
  };
}

function textOf({ lines, now, clean }: LiveWorld, columns: number): string {
  const nowMs = now();
  return lines()
    .map((line) => cutToColumns(clean(`${line.label}  ${line.details(nowMs)}`), columns - MARGIN))
    .join('\n   ');
}
