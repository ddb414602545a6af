import type { Candidate, SeedStrategyName } from '../exploration/strategy.js';
import type { FaultPlan } from '../faults/plan.js';
import type { Placement } from '../run.js';
import type { ScenarioReference } from '../scenario.js';
import type { SeedOutcome } from './seed-outcome.js';

/** Seeds for one worker of the pool, as plain data. */
export interface Job {
  readonly scenario: ScenarioReference;
  readonly seeds: readonly number[];
  /** In place of what each seed draws. */
  readonly plan?: FaultPlan;
  /** What is made of each seed. */
  readonly explore: SeedStrategyName;
  /** In place of what is made of seeds: a run for each, in their order. */
  readonly candidates?: readonly Candidate[];
  readonly placement: Placement;
  readonly isGuarded: boolean;
  /** Seeds that are run a second time; their fingerprints must agree. */
  readonly verified: readonly number[];
  /** Seeds that are run once more in a thread of their own that has run nothing before. */
  readonly alone: readonly number[];
  /** The seeds after a failed one are left out. */
  readonly stopsAtFailure: boolean;
  readonly limits: RunLimits;
}

/** What a run may use up before it counts as failed. */
export interface RunLimits {
  /** Of one run. */
  readonly timeoutMs: number;
  /** Steps of one run; absent: as many as a run may take anyway. */
  readonly maxSteps?: number;
  /** Heap of the thread that it runs in; absent: as Node's own. */
  readonly memoryMb?: number;
}

/** `fault` where a run could not be begun: the scenario, its setup or the plan cannot be used. */
export interface JobResult {
  readonly outcomes: readonly SeedOutcome[];
  readonly fault?: string;
}
