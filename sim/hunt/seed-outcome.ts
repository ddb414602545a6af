import type { FaultPlan } from '../faults/plan.js';
import type { ArrivalPlan, SentMessage } from '../network/arrival-plan.js';
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
  /** Its place in the hunt, and the seed of the run unless `basedOn` is there. */
  readonly seed: number;
  /** The seed of the run, where a strategy varied another's. */
  readonly basedOn?: number;
  readonly fingerprint: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly verdict: Verdict;
  readonly violations: readonly Violation[];
  readonly reached: Readonly<Record<string, number>>;
  /** Why what is owed after healing was not judged: too little of the cluster came back for any progress. */
  readonly progressNotOwed?: string;
  /** Where it did not pass: what it has in common with others that fail in the same way. */
  readonly failureGroup?: string;
  /** It was to be held against a run in a fresh thread, and could not be: why. */
  readonly notVerified?: string;
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
  /** Abstract states that the run reached, ascending; kept in the state of a hunt only. */
  readonly states?: readonly number[];
  /** What was sent, where a strategy asked for it; not kept either. */
  readonly sends?: readonly SentMessage[];
}

/** The outcome under its place in the hunt. */
export function numbered(outcome: SeedOutcome, number: number): SeedOutcome {
  const { seed } = outcome.run;
  return seed === number ? outcome : { ...outcome, run: { ...outcome.run, seed: number, basedOn: seed } };
}

/** What of an outcome a hunt needs that goes on from it. */
export function resumable({ run, details, states }: SeedOutcome): SeedOutcome {
  return {
    run,
    ...(details === undefined ? {} : { details }),
    ...(states === undefined ? {} : { states }),
  };
}

/** What of an outcome is worth keeping when it has been taken in. */
export function lasting({ run, details }: SeedOutcome): SeedOutcome {
  return details === undefined ? { run } : { run, details };
}
