import type { Scenario } from '../scenario.js';

/** The times of a scenario in whole microseconds, checked. */
export interface Timing {
  /** L: no link is faster; the length of a window. */
  readonly lookAheadUs: number;
  readonly faultUs: number;
  readonly endUs: number;
}

const LATENCY_RANGE_MAX_MS = 2_000;
const DURATION_MAX_MS = 366 * 24 * 3_600_000;

/** Throws with the field and the remedy where a scenario's times cannot be used. */
export function timingOf(scenario: Scenario): Timing {
  const { name, minLatencyMs = 1, faultMs, healMs } = scenario;
  latencyBoundsUs(scenario);
  return {
    lookAheadUs: toUs(name, 'minLatencyMs', minLatencyMs, 0.001),
    faultUs: toUs(name, 'faultMs', faultMs, 0),
    endUs: toUs(name, 'faultMs', faultMs, 0) + toUs(name, 'healMs', healMs, 0),
  };
}

export function latencyBoundsUs(scenario: Scenario): { readonly minUs: number; readonly maxUs: number } {
  const { name, minLatencyMs = 1 } = scenario;
  const { min, max } = scenario.latencyMs ?? { min: Math.max(1, minLatencyMs), max: Math.max(5, minLatencyMs) };
  if (min < minLatencyMs) {
    throw new RangeError(
      `scenario ${name}: latencyMs.min (${min}) is below minLatencyMs (${minLatencyMs}); raise it or lower that`,
    );
  }
  if (max < min) throw new RangeError(`scenario ${name}: latencyMs.max (${max}) is below latencyMs.min (${min})`);
  if (max - min > LATENCY_RANGE_MAX_MS) {
    throw new RangeError(
      `scenario ${name}: latencyMs spans more than ${LATENCY_RANGE_MAX_MS} ms; use the fault "reorder" or "slow-link"`,
    );
  }
  return { minUs: toUs(name, 'latencyMs.min', min, 0.001), maxUs: toUs(name, 'latencyMs.max', max, 0.001) };
}

function toUs(scenario: string, field: string, ms: number, least: number): number {
  const us = Math.round(ms * 1000);
  if (!Number.isFinite(ms) || ms < least || ms > DURATION_MAX_MS) {
    throw new RangeError(
      `scenario ${scenario}: ${field} is ${ms}; give milliseconds from ${least} to ${DURATION_MAX_MS}`,
    );
  }
  return us;
}
