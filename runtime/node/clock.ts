import type { Clock } from '../ports.js';

/**
 * The clocks of this process. The monotonic clock has one origin for all processes of a machine (CLOCK_MONOTONIC), so
 * that their observations can be compared; between machines it says nothing.
 */
export function systemClock(): Clock {
  return {
    monotonicUs: () => Number(process.hrtime.bigint() / 1000n),
    wallUs: () => Date.now() * 1000,
  };
}
