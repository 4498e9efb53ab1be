/**
 * Turns `work` into one that serves everybody who asked for it before it began: while it runs, whoever asks waits for
 * one more run, the same for all of them. For what costs as much for many as for one, as a sync of the disk.
 */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const begin = async (): Promise<void> => {
    next = undefined;
    await work();
  };
  return async () => {
    // What failed before has been told to those whose work it was.
    next ??= last = last.then(begin, begin);
    await next;
  };
}
