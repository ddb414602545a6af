import type { Artifact } from '../sim/artifact/artifact.js';
import { NO_FINGERPRINT } from '../sim/hunt/died-seed.js';
import type { Violation } from '../sim/properties/property.js';
import type { RunResult } from '../sim/run.js';
import { findDivergence, type Divergence } from '../sim/trace/run-digest.js';

/**
 * What became of a recorded failure. `reproduces`: at the same step, with the same fingerprint. `reproduces-elsewhere`: the same
 * property fails, at another step or on another way. `no-longer-fails`: the faults took place, and the property held. `diverged`:
 * neither can be said, since another property failed before or faults no longer took place.
 */
export interface ReplayVerdict {
  readonly kind: 'reproduces' | 'reproduces-elsewhere' | 'no-longer-fails' | 'diverged';
  /** The recorded violation that all this is about. */
  readonly then: Violation;
  /** What failed now, if anything: the same property where that failed. */
  readonly now: Violation | undefined;
  /** Kinds of faults of which fewer took place than then. */
  readonly missedFaults: readonly string[];
  /** Where the run went another way, as far as the artifact can tell. */
  readonly divergence: Divergence | undefined;
}

/** The violation that an artifact is kept for; undefined where it is kept for another reason. */
export function recordedViolation({ violations, minimised }: Artifact): Violation | undefined {
  return violations.find(({ property }) => property === minimised?.property) ?? violations[0];
}

/** Its run did not come to an end: of what it did nothing is recorded but where it was. */
export function hasDied({ fingerprint }: Artifact): boolean {
  return fingerprint === NO_FINGERPRINT;
}

/** @param result of the whole run, as the artifact says, with its trace. */
export function verdictOf(artifact: Artifact, then: Violation, result: RunResult): ReplayVerdict {
  const same = result.violations.find(({ property, kind }) => property === then.property && kind === then.kind);
  const now = same ?? result.violations[0];
  const missedFaults = Object.keys(artifact.faults).filter(
    (kind) => (artifact.faults[kind] ?? 0) > (result.faults[kind] ?? 0),
  );
  const isSame = same?.step === then.step && artifact.fingerprint === result.fingerprint;
  if (isSame) return { kind: 'reproduces', then, now, missedFaults: [], divergence: undefined };
  const { digest } = artifact;
  const divergence = digest === undefined ? undefined : findDivergence(digest, result.trace ?? []);
  const kind =
    same !== undefined
      ? 'reproduces-elsewhere'
      : now === undefined && missedFaults.length === 0
        ? 'no-longer-fails'
        : 'diverged';
  return { kind, then, now, missedFaults, divergence };
}

/** In a sentence, for people. */
export function describeVerdict({ kind, then, now, missedFaults, divergence }: ReplayVerdict): string {
  switch (kind) {
    case 'reproduces':
      return 'reproduces, as recorded: the same step, violation and fingerprint';
    case 'reproduces-elsewhere':
      return now?.step === then.step
        ? `reproduces at the same step ${then.step}, on another way there`
        : `reproduces at another step: ${then.property} at ${String(now?.step)}, and at ${then.step} then`;
    case 'no-longer-fails':
      return `no longer fails: ${then.property} holds`;
    case 'diverged':
      return `diverged${divergence === undefined ? '' : ` at ${describeSteps(divergence)}`}: ${whyNothing(now, missedFaults)}`;
  }
}

function whyNothing(now: Violation | undefined, missedFaults: readonly string[]): string {
  return now === undefined
    ? `fewer faults took place than then (${missedFaults.join(', ')}), so it is not known whether it still fails`
    : `${now.property} failed first, at step ${now.step}`;
}

/** `step n1:17`, or a range where the artifact does not know every step. */
export function describeSteps({ step, untilStep }: Divergence): string {
  return step === untilStep ? `step ${step}` : `one of the steps ${step} to ${untilStep}`;
}
