import fc from 'fast-check';
import type { FaultPlan, RunResult, Setup } from '../../sim/index.js';
import { sublists } from './sublist.js';

/** What a run is made of besides its seed. */
export interface RunCase {
  readonly setup: Setup;
  readonly plan: FaultPlan;
}

/** The same cluster with fewer faults and fewer requests. What is left behaves as before: nothing else draws from what was removed. */
export function smallerCases({ setup, plan }: RunCase): fc.Arbitrary<RunCase> {
  return fc.record({ faults: sublists(plan.faults), workload: sublists(setup.workload) }).map(
    ({ faults, workload }) => ({ setup: { ...setup, workload }, plan: { ...plan, faults } }),
    (value) => {
      const { setup: smaller, plan: milder } = value as RunCase;
      return { faults: milder.faults, workload: smaller.workload };
    },
  );
}

/** The smallest case that was found to fail as the first did. */
export interface ShrunkCase extends RunCase {
  readonly result: RunResult;
  /** How many runs it took. */
  readonly runs: number;
}

/**
 * Takes faults and requests away while `run` still violates the property that failed first; fast-check decides what to try next.
 * @param runsMax bounds the search; the smallest case found by then counts.
 */
export function shrinkCase(failed: RunResult, run: (smaller: RunCase) => RunResult, runsMax: number): ShrunkCase {
  const property = failed.violations[0]?.property;
  let smallest: ShrunkCase = { setup: failed.setup, plan: failed.plan, result: failed, runs: 0 };
  let runs = 0;
  const stillFails = (smaller: RunCase): boolean => {
    if (runs >= runsMax) return false;
    runs++;
    const result = run(smaller);
    if (result.violations[0]?.property !== property) return false;
    smallest = { ...smaller, result, runs };
    return true;
  };
  const whole: RunCase = { setup: failed.setup, plan: failed.plan };
  fc.check(
    fc.property(smallerCases(whole), (smaller) => !stillFails(smaller)),
    { examples: [[whole]], numRuns: 1, seed: 1 },
  );
  return { ...smallest, runs };
}
