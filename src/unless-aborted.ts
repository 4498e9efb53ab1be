/** As `work` does, or rejects with the signal's reason as soon as there is one; `work` goes on all the same. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const listener = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', listener);
    stopListening = () => signal.removeEventListener('abort', listener);
  });
  return await Promise.race([work, aborted]).finally(stopListening);
}
