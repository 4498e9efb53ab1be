import type { Output } from '../context.ts';
import { neutraliseCommands } from './ci.ts';
import type { Event } from '../events.ts';
import { safeText } from './text.ts';

/** What a command's results are: the paths of saved files, the states of exports, the targets of new ones, or something it writes itself. */
export type Results = 'paths' | 'states' | 'targets' | 'none';

/**
 * The line that an event adds to stdout, for scripts. A path is given to the byte, so that a script can open it,
 * except where what reads it would act on its characters: on a terminal, and in a CI system's log.
 */
export function resultOf(
  event: Event,
  options: { results: Results; many: boolean },
  reader: { isTTY: Output['isTTY']; inCI: boolean },
): string | undefined {
  if (options.results === 'paths' && event.type === 'file.saved') {
    const path = reader.isTTY ? safeText(event.path) : event.path;
    return `${reader.inCI ? neutraliseCommands(path) : path}\n`;
  }
  if (options.results === 'targets' && event.type === 'export.started') {
    return `${safeText(`${event.provider}:${event.id}`)}\n`;
  }
  if (options.results === 'states' && event.type === 'export.status') {
    return options.many
      ? `${safeText(`${event.provider}:${event.id}`)}\t${event.state}\n`
      : `${event.state}\n`;
  }
  return undefined;
}
