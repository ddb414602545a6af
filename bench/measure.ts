import { createCalendar } from '../runtime/node/calendar.js';
import type { Plain } from '../runtime/data.js';
import { runInline, type RunResult, type Scenario } from '../sim/index.js';

const calendar = createCalendar();
const STEPS_MAX = 1_000_000_000;

/** What a stretch of runs came to. */
export interface Measured {
  readonly runs: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
}

/** One run, in this thread, with the fingerprint on (it cannot be turned off). Throws where it fails: a figure of it would mean nothing. */
export function runOnce(scenario: Scenario, seed: number, params?: Plain): RunResult {
  const spec = { seed, ...(params === undefined ? {} : { params }) };
  const result = runInline(scenario, spec, { calendar, maxSteps: STEPS_MAX });
  if (result.verdict === 'passed') return result;
  throw new Error(`${scenario.name}, seed ${seed}, failed: ${result.violations[0]?.message ?? 'no violation is told'}`);
}

/** One run and how long it took. */
export function measureRun(scenario: Scenario, seed: number, params?: Plain): Measured {
  const startedMs = performance.now();
  const { steps, simulatedMs } = runOnce(scenario, seed, params);
  return { runs: 1, steps, simulatedMs, wallMs: performance.now() - startedMs };
}

/**
 * Warms up for half of `wallMs`, as long as the engine goes on making code of what runs often, which a hunt of a minute would hardly notice;
 * then runs seed after seed for at least `wallMs`, two at the least, and adds up.
 */
export function measureSeeds(scenario: Scenario, wallMs: number, params?: Plain): Measured {
  let seed = 1;
  const beganMs = performance.now();
  while (seed === 1 || performance.now() - beganMs < wallMs / 2) runOnce(scenario, seed++, params);
  let [runs, steps, simulatedMs] = [0, 0, 0];
  const startedMs = performance.now();
  let elapsedMs = 0;
  for (; runs < 2 || elapsedMs < wallMs; seed++) {
    const result = runOnce(scenario, seed, params);
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
