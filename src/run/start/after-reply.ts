import type { StartReply } from '../../api/start.ts';
import type { ExportpollError } from '../../errors.ts';

/** What is known of an attempt when the reply comes. */
export interface Asked {
  /** An earlier request under the same name may have been heard. */
  readonly mayBeHeard: boolean;
  /** The id that the export has, if there is one: its name, where that is its id. */
  readonly id: string | undefined;
  /** The name is not the user's, and not too many have been tried. */
  readonly mayRename: boolean;
}

/** What a reply means for the attempt that it ends. */
export type AfterReply =
  | { readonly kind: 'done'; readonly id: string }
  /** It was started by an earlier request, and nobody can tell its id. */
  | { readonly kind: 'undecided' }
  /** Nothing was started under that name; under the next one something may be, under the user's own nothing will. */
  | { readonly kind: 'rename' | 'refused'; readonly error: ExportpollError }
  /** The same request may be answered in another way later. */
  | { readonly kind: 'wait'; readonly error: ExportpollError };

/**
 * What to do after a start was answered:
 *
 * | reply | may be heard | has an id | may rename | then |
 * | --- | --- | --- | --- | --- |
 * | started | | | | done |
 * | taken | yes | yes | | done: who else would have taken it |
 * | taken | yes | no | | undecided |
 * | taken | no | | yes | rename |
 * | taken | no | | no | refused |
 * | spent | | | yes | rename |
 * | spent | | | no | refused |
 * | busy | | | | wait |
 */
export function afterReply(reply: StartReply, { mayBeHeard, id, mayRename }: Asked): AfterReply {
  switch (reply.kind) {
    case 'started':
      return { kind: 'done', id: reply.id };
    case 'busy':
      return { kind: 'wait', error: reply.error };
    case 'taken':
      if (mayBeHeard) return id === undefined ? { kind: 'undecided' } : { kind: 'done', id };
      break;
    case 'spent':
      break;
  }
  return { kind: mayRename ? 'rename' : 'refused', error: reply.error };
}
