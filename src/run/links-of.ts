import type { Link } from '../api/link.ts';
import type { Look } from '../api/look.ts';
import {
  ExportFailedError,
  GoneError,
  ProtocolError,
  StillRunningError,
  type ExportpollError,
} from '../errors.ts';
import { unknownWord } from '../poll/settle.ts';

/** The links of an export that is ready, none of an empty one. Throws what any other state means for its caller. */
export function linksOf(found: Look): readonly Link[] {
  const error = stateError(found);
  if (error !== undefined) throw error;
  if (found.state === 'empty') return [];
  if (found.links === undefined)
    throw new ProtocolError(`the provider says "${found.word}" but gives no link`);
  return found.links;
}

/** What a state means for whoever wants the files; `undefined` for the states that have them, or have none. */
export function stateError(found: Look): ExportpollError | undefined {
  const said = found.message === undefined ? `"${found.word}"` : `"${found.word}": ${found.message}`;
  switch (found.state) {
    case 'ready':
    case 'ready-with-errors':
    case 'empty':
      return undefined;
    case 'queued':
    case 'running':
      return new StillRunningError(`the provider is still working: ${said}`, {
        hint: 'run the same command again later, or use `exportpoll watch`, which waits',
      });
    case 'failed':
      return new ExportFailedError(`the provider says that the export failed: ${said}`, {
        hint: 'a new export is needed',
      });
    case 'cancelled':
      return new ExportFailedError(`the provider says that the export was cancelled: ${said}`, {
        hint: 'a new export is needed',
      });
    case 'gone':
      // The word is ours; the message says all there is.
      return new GoneError(`the provider does not have this export (any more): ${found.message ?? said}`, {
        hint: 'check the id and the account; an export that is past its retention has to be started anew',
      });
    case 'unknown':
      return unknownWord(found);
  }
}
