import type { ObservedRecord } from '../../runtime/observation.js';
import type { Lookout } from '../../sim/properties/property.js';
import { factOf, type FactType } from './facts.js';

function seen(holds: (record: ObservedRecord) => boolean): () => Lookout {
  return () => ({ observe: holds });
}

function seenType(type: FactType): () => Lookout {
  return seen((record) => factOf(record, type) !== undefined);
}

export const plannerChanged = (): Lookout => {
  let first: string | undefined;
  return {
    observe(record) {
      if (factOf(record, 'planner-active') === undefined) return false;
      first ??= record.node;
      return first !== record.node;
    },
  };
};

/** A node crashed while an attempt ran on it. */
export const workerDiedHoldingTask = (): Lookout => {
  const held = new Map<string, Set<string>>();
  const heldBy = (node: string): Set<string> => {
    const executions = held.get(node) ?? new Set<string>();
    held.set(node, executions);
    return executions;
  };
  return {
    observe(record) {
      const started = factOf(record, 'attempt-started');
      if (started !== undefined) heldBy(record.node).add(started.executionId);
      const ended =
        factOf(record, 'attempt-reported') ?? factOf(record, 'attempt-preempted') ?? factOf(record, 'report-refused');
      if (ended !== undefined) heldBy(record.node).delete(ended.executionId);
      return factOf(record, 'node-crashed') !== undefined && heldBy(record.node).size > 0;
    },
  };
};

/** Two planners believed to be in office at the same time. */
export const plannersOverlapped = (): Lookout => {
  const active = new Set<string>();
  return {
    observe(record) {
      if (factOf(record, 'planner-active') !== undefined) active.add(record.node);
      const isGone =
        factOf(record, 'planner-inactive') ?? factOf(record, 'node-crashed') ?? factOf(record, 'node-halted');
      if (isGone !== undefined) active.delete(record.node);
      return active.size > 1;
    },
  };
};

export const leaseLost = seen((record) => factOf(record, 'worker-lease')?.stage === 'lost');
export const leaseWarned = seen((record) => factOf(record, 'worker-lease')?.stage === 'warned');
export const staleEffectRefused = seen((record) => factOf(record, 'effect-refused')?.reason === 'stale');
export const duplicateEffectRefused = seen((record) => factOf(record, 'effect-refused')?.reason === 'duplicate');
export const attemptRetried = seen((record) => {
  const fact = factOf(record, 'execution-changed');
  return fact?.state === 'PENDING' && fact.outcome === 'failed';
});
export const attemptTimedOut = seen((record) => factOf(record, 'execution-changed')?.outcome === 'timed-out');
export const attemptsExhausted = seen((record) => factOf(record, 'execution-changed')?.state === 'FAILED');
export const executionCancelled = seen((record) => factOf(record, 'execution-changed')?.state === 'CANCELLED');
export const executionReaped = seenType('execution-reaped');
export const submissionDeduplicated = seen((record) => factOf(record, 'task-accepted')?.isDuplicate === true);
export const submissionRepeated = seen((record) => (factOf(record, 'submission-sent')?.tries ?? 0) > 1);
export const reportRefused = seenType('report-refused');

/** Ticks that were due before a planner took over were recorded by it: those of the gap between two planners. */
export const tickCaughtUp = (): Lookout => {
  const changed = plannerChanged();
  let hasChanged = false;
  return {
    observe(record) {
      hasChanged ||= changed.observe?.(record) === true;
      return hasChanged && (factOf(record, 'plan-committed')?.caughtUp ?? 0) > 0;
    },
  };
};

export const tickCoalesced = seen((record) => factOf(record, 'tick-recorded')?.outcome === 'coalesced');
export const tickMisfired = seen((record) => factOf(record, 'tick-recorded')?.outcome === 'skipped-misfire');
export const tickOverlapped = seen((record) => factOf(record, 'tick-recorded')?.outcome === 'skipped-overlap');
export const tickSuperseded = seen((record) => factOf(record, 'tick-recorded')?.outcome === 'superseded');
