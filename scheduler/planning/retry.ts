import type { Random } from '../../runtime/ports.js';
import type { Retry } from '../definitions/task.js';

/**
 * How long to wait after attempt `attempt` (from 1) failed: `initial * multiplier^(attempt-1)`, at most `max`, less a random
 * part of up to `jitterPercent`. Jitter only shortens, so `max` is a bound.
 */
export function retryDelayMs(retry: Retry, attempt: number, random: Random): number {
  const delayMs = backoffMs(retry, attempt);
  const spreadMs = divide(delayMs * retry.jitterPercent, 100);
  // A draw spans less than 2^32; the longest backoff is a day.
  return delayMs - random.between(0, spreadMs);
}

export function backoffMs(retry: Retry, attempt: number): number {
  let delayMs = retry.initialMs;
  for (let i = 1; i < attempt && delayMs < retry.maxMs && retry.multiplier > 1; i++) {
    delayMs *= retry.multiplier;
  }
  return Math.min(delayMs, retry.maxMs);
}

function divide(dividend: number, divisor: number): number {
  return (dividend - (dividend % divisor)) / divisor;
}
