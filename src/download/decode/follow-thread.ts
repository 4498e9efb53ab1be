import { IntegrityError } from '../../errors.ts';
import { unlessAborted } from '../../unless-aborted.ts';
import type { Decoded } from './file-decoder.ts';
import { NotStartedError } from './not-started.ts';
import type { RunningDecode } from './thread.ts';
import type { ConsumerOptions } from './hash-and-write.ts';
import type { RawStore } from '../part/part.ts';
import { StartOver } from '../receive/receiving.ts';

/**
 * All that is left to do here for a file that a thread decodes: to receive it. Rejects with NotStartedError when there was
 * no thread after all, and then has received everything; otherwise as the thread does, and with the signal's reason.
 */
export async function followThread(
  decode: RunningDecode,
  raw: AsyncIterable<Buffer>,
  store: RawStore,
  { abandon, signal }: Omit<ConsumerOptions, 'maxBytes'>,
): Promise<Decoded> {
  let failure: { readonly error: unknown } | undefined;
  // At once: the server may never send another byte of a file that is known to be bad.
  decode.decoded.catch((error: unknown) => {
    if (error instanceof NotStartedError) return;
    failure = { error };
    abandon(error);
  });
  try {
    for await (const _ of raw) if (failure !== undefined) break;
    await store.flush?.();
    decode.finish();
    const decoded = await unlessAborted(decode.decoded, signal);
    if (decoded.rawBytes === store.size) return decoded;
    throw new IntegrityError('the raw file was changed by somebody else while it was read');
  } catch (error) {
    const cause = failure === undefined || error instanceof StartOver ? error : failure.error;
    await decode.stop();
    throw cause;
  }
}
