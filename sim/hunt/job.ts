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
  readonly placement: Placement;
  readonly isGuarded: boolean;
  /** Seeds that are run a second time; their fingerprints must agree. */
  readonly verified: readonly number[];
  /** The seeds after a failed one are left out. */
  readonly stopsAtFailure: boolean;
}

/** `fault` where a run could not be begun: the scenario, its setup or the plan cannot be used. */
export interface JobResult {
  readonly outcomes: readonly SeedOutcome[];
  readonly fault?: string;
}
