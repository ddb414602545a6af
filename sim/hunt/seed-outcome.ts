import type { FaultPlan } from '../faults/plan.js';
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
  /** What made the run unrepeatable. */
  readonly nondeterminism?: string;
  /** What the scenario's gauge measured. */
  readonly figures?: Readonly<Record<string, readonly number[]>>;
}

/** What a seed that did not pass leaves for its artifact. */
export interface FailureDetails {
  readonly setup: Setup;
  readonly plan: FaultPlan;
  readonly faults: Readonly<Record<string, number>>;
  /** Absent where the run was too long to be traced. */
  readonly digest?: RunDigest;
}

export interface SeedOutcome {
  readonly run: RunSummary;
  readonly details?: FailureDetails;
}

/** A seed whose thread ended or was ended. */
export function diedOutcome(seed: number, reason: string, wallMs: number): SeedOutcome {
  const violation: Violation = { property: 'run-ends', kind: 'crash', step: '', atMs: 0, message: reason };
  const run = { fingerprint: '0'.repeat(16), steps: 0, simulatedMs: 0, wallMs, reached: {} };
  return { run: { seed, ...run, verdict: 'died', violations: [violation] } };
}
