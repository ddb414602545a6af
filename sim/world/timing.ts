import { checkLatency } from '../network/scenario-latency.js';
import type { Scenario } from '../scenario.js';
import { toUs } from './duration.js';

/** The times of a scenario in whole microseconds, checked. */
export interface Timing {
  /** L: no link is faster; the length of a window. */
  readonly lookAheadUs: number;
  readonly faultUs: number;
  readonly endUs: number;
}

/** Throws with the field and the remedy where a scenario's times cannot be used. */
export function timingOf(scenario: Scenario): Timing {
  const { name, minLatencyMs = 1, faultMs, healMs } = scenario;
  checkLatency(scenario);
  return {
    lookAheadUs: toUs(name, 'minLatencyMs', minLatencyMs, 0.001),
    faultUs: toUs(name, 'faultMs', faultMs, 0),
    endUs: toUs(name, 'faultMs', faultMs, 0) + toUs(name, 'healMs', healMs, 0),
  };
}
