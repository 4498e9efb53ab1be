/** A sample shorter than this says more about buffers than about the line. */
const SAMPLE_MS = 1000;
/** Weight of the newest sample: a change of speed shows after a few seconds, a hiccup hardly. */
const NEWEST = 0.3;

/** How fast bytes arrive, as an exponential moving average. */
export interface Speed {
  /** Where the sample that is being taken began. */
  readonly sinceMs: number;
  readonly sinceBytes: number;
  /** Bytes per second; absent until the first sample is whole. */
  readonly bytesPerSecond?: number;
}

/** The speed after `bytes` have arrived in all. Fewer bytes than before (a transfer that starts over) begin anew. */
export function nextSpeed(previous: Speed, bytes: number, nowMs: number): Speed {
  if (bytes < previous.sinceBytes) return { sinceMs: nowMs, sinceBytes: bytes };
  const elapsedMs = nowMs - previous.sinceMs;
  if (elapsedMs < SAMPLE_MS) return previous;
  const sample = ((bytes - previous.sinceBytes) * 1000) / elapsedMs;
  const average = previous.bytesPerSecond ?? sample;
  return { sinceMs: nowMs, sinceBytes: bytes, bytesPerSecond: average + NEWEST * (sample - average) };
}
