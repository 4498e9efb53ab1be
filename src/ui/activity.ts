import { formatBytes, formatCountdown, formatRate, timeLeft } from '../format.ts';
import type { Transfer, Wait } from './tracker.ts';

/** What there is to say about a wait: the provider's own word, and when the next look is due, or what comes instead. */
export function waitDetails({ state, word, nextPollAt }: Wait, nowMs: number): string[] {
  const status = state === 'unknown' ? `status “${word}”, which the profile does not know` : word;
  if (nextPollAt === undefined) return [status, 'asking for the file'];
  const waitMs = nextPollAt - nowMs;
  return [status, waitMs > 0 ? `next look in ${formatCountdown(waitMs)}` : 'looking'];
}

/** What there is to say about a transfer: bytes, speed, time left, as far as known. */
export function transferDetails({ bytes, total, speed }: Transfer): string[] {
  const { bytesPerSecond } = speed;
  const leftMs = timeLeft(bytes, total, bytesPerSecond);
  return [
    total === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`,
    ...(bytesPerSecond === undefined ? [] : [formatRate(bytesPerSecond)]),
    ...(leftMs === undefined ? [] : [`${formatCountdown(leftMs)} left`]),
  ];
}
