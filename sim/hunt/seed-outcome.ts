import type { FaultPlan } from '../faults/plan.js';
import type { ArrivalPlan } from '../network/arrival-plan.js';
import type { Violation } from '../properties/property.js';
import type { Setup } from '../setup.js';
import type { RunDigest } from '../trace/run-digest.js';

/**
 * What became of a seed: all properties held; one failed; its run depends on more than the seed; its thread ended, or did not come
 * back in time.
 */
export type Verdict = 'passed' | 'failed' | 'nondeterministic' | 'died';

/** One seed of a hunt, as in the document that `--json` writes. */
export interface RunSummary {
  readonly seed: number;
  readonly fingerprint: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly verdict: Verdict;
  readonly violations: readonly Violation[];
  readonly reached: Readonly<Record<string, number>>;
  /** Where it did not pass: what it has in common with others that fail in the same way. */
  readonly failureGroup?: string;
  /** What made the run unrepeatable. */
  readonly nondeterminism?: string;
  /** What the scenario's gauge measured. */
  readonly figures?: Readonly<Record<string, readonly number[]>>;
}

/** What a seed that did not pass leaves for its artifact. */
export interface FailureDetails {
  readonly setup: Setup;
  readonly plan: FaultPlan;
  /** When messages arrived, where more than the scenario's latencies decided it. */
  readonly arrivals?: ArrivalPlan;
  readonly faults: Readonly<Record<string, number>>;
  /** Absent where the run was too long to be traced. */
  readonly digest?: RunDigest;
}

export interface SeedOutcome {
  readonly run: RunSummary;
  readonly details?: FailureDetails;
}
