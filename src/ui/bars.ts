import type { MultiBar, Options } from 'cli-progress';

import type { Live, LiveWorld } from './live.ts';
import type { Screen } from './screen.ts';
import type { Line } from './view.ts';
import { cutToColumns, fitToColumns } from './width.ts';

const FRAMES_PER_SECOND = 5;

/** A bar per line that has a percentage, and the others as text. cli-progress is loaded here, when it is needed. */
export async function loadBars(screen: Screen, world: LiveWorld): Promise<Live> {
  const { default: cliProgress } = await import('cli-progress');
  let bars: MultiBar | undefined;

  function create(): MultiBar {
    const options: Options = {
      stream: screen,
      fps: FRAMES_PER_SECOND,
      clearOnComplete: true,
      barsize: Math.max(8, Math.floor(screen.columns / 8)),
      // Lines are cut to the terminal's width; the terminal's own way of wrapping is not touched.
      linewrap: true,
      format: (options, { progress }, { line }: { line: Line }) => draw(line, progress, options),
    };
    return new cliProgress.MultiBar(options, cliProgress.Presets.shades_classic);
  }

  function draw(line: Line, progress: number, options: Options): string {
    const label = world.clean(line.label);
    const details = world.clean(line.details(world.now()));
    if (line.percent === undefined) return cutToColumns(`${label}  ${details}`, screen.columns - 1);
    const { barsize = 8 } = options;
    // Rounded down, as the number is: a bar that looks full would say that the file is there.
    const bar = cliProgress.Format.BarFormat(Math.floor(progress * barsize) / barsize, options);
    const percent = String(line.percent).padStart(2);
    const name = fitToColumns(label, Math.max(12, Math.floor(screen.columns / 4)));
    return cutToColumns(`${name} ${bar} ${percent} % ${details}`, screen.columns - 1);
  }

  return {
    start() {
      const multiBar = create();
      const drawn = world.lines().map((line) => multiBar.create(100, line.percent ?? 0, { line }));
      multiBar.on('update-pre', () => {
        for (const [index, line] of world.lines().entries())
          drawn[index]?.update(line.percent ?? 0, { line });
      });
      multiBar.update();
      bars = multiBar;
    },
    stop() {
      bars?.stop();
      bars = undefined;
    },
  };
}
