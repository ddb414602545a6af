import { createCalendar } from '../runtime/node/calendar.js';
import { runInline, type RunResult, type Scenario } from '../sim/index.js';

const calendar = createCalendar();

/** What a stretch of runs came to. */
export interface Measured {
  readonly runs: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
}

/** One run, in this thread, with the fingerprint on (it cannot be turned off). */
export function runOnce(scenario: Scenario, seed: number): RunResult {
  return runInline(scenario, { seed }, { calendar });
}

/** Warms up on one seed, then runs seed after seed for at least `wallMs`, two at the least, and adds up. */
export function measureSeeds(scenario: Scenario, wallMs: number): Measured {
  runOnce(scenario, 1);
  let [runs, steps, simulatedMs] = [0, 0, 0];
  const startedMs = performance.now();
  let elapsedMs = 0;
  for (let seed = 2; runs < 2 || elapsedMs < wallMs; seed++) {
    const result = runOnce(scenario, seed);
    runs++;
    steps += result.steps;
    simulatedMs += result.simulatedMs;
    elapsedMs = performance.now() - startedMs;
  }
  return { runs, steps, simulatedMs, wallMs: elapsedMs };
}

/** The scenario with a fault phase and a healing phase of 60 simulated seconds together. */
export function lastingAMinute(scenario: Scenario): Scenario {
  return { ...scenario, faultMs: 45_000, healMs: 15_000 };
}
