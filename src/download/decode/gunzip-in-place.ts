import { SyncInflater } from './sync-inflater.ts';

/** Of each of the two buffers. Smaller ones are more trips to the disk: 256 KiB cost a tenth of the CPU of a file. */
const BUFFER_BYTES = 1024 * 1024;

/**
 * Inflates as strictly as `gunzip`, in this thread and into two buffers in turn: what it yields stays as it is until the
 * one after the next is asked for, so that one is written while the other is filled. Only where `canInflateSync`.
 */
export async function* gunzipInPlace(
  source: AsyncIterable<Buffer>,
  bufferBytes = BUFFER_BYTES,
): AsyncGenerator<Buffer, void, undefined> {
  let [output, other] = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)];
  const inflater = new SyncInflater();
  try {
    for await (const raw of source) {
      let inflated = { at: 0, bytes: output.length };
      while (inflated.bytes === output.length) {
        inflated = inflater.inflate(raw, inflated.at, output);
        if (inflated.bytes === 0) break;
        yield output.subarray(0, inflated.bytes);
        [output, other] = [other, output];
      }
    }
    inflater.end();
  } finally {
    inflater.close();
  }
}
