import fc from 'fast-check';
import type { FaultPlan, Setup } from '../../sim/index.js';
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
