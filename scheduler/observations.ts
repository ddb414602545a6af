import type { Observation } from '../runtime/observation.js';
import type { AttemptOutcome, ExecutionState, TickOutcome } from './store/records.js';

/**
 * What the scheduler lets others know. Facts of the store (`tick-recorded`, `execution-changed`, …) are told by the auditor of
 * every node that sees them, with the store's revision; so the same fact is told once by each, and none is lost with whoever caused it.
 */
export const observed = Object.freeze({
  taskAccepted: (fields: {
    readonly submissionId: string;
    readonly taskId: string;
    /** '' for a schedule. */
    readonly executionId: string;
    readonly isDuplicate: boolean;
  }): Observation => ({ type: 'task-accepted', ...fields }),
  taskRejected: (submissionId: string, reason: string): Observation => ({
    type: 'task-rejected',
    submissionId,
    reason,
  }),

  plannerActive: (token: number): Observation => ({ type: 'planner-active', token }),
  plannerInactive: (token: number): Observation => ({ type: 'planner-inactive', token }),
  /** A transaction under the planner's guard succeeded at `revision`. */
  planCommitted: (
    token: number,
    revision: number,
    taskId: string,
    tickCount: number,
    caughtUp: number,
  ): Observation => ({
    type: 'plan-committed',
    token,
    revision,
    taskId,
    tickCount,
    /** Ticks among them that were due before this planner took over. */
    caughtUp,
  }),
  planRefused: (token: number, taskId: string): Observation => ({ type: 'plan-refused', token, taskId }),
  executionReaped: (token: number, revision: number, executionId: string, attempt: number): Observation => ({
    type: 'execution-reaped',
    token,
    revision,
    executionId,
    attempt,
  }),

  attemptClaimed: (executionId: string, attempt: number, token: number): Observation => ({
    type: 'attempt-claimed',
    executionId,
    attempt,
    token,
  }),
  attemptStarted: (executionId: string, attempt: number, token: number): Observation => ({
    type: 'attempt-started',
    executionId,
    attempt,
    token,
  }),
  /** The worker gave it up: its claim or its lease is gone. */
  attemptPreempted: (executionId: string, attempt: number, token: number, reason: string): Observation => ({
    type: 'attempt-preempted',
    executionId,
    attempt,
    token,
    reason,
  }),
  /** The store took the worker's report at `revision`. */
  attemptReported: (fields: {
    readonly executionId: string;
    readonly attempt: number;
    readonly token: number;
    readonly revision: number;
    readonly outcome: AttemptOutcome;
    readonly state: ExecutionState;
  }): Observation => ({ type: 'attempt-reported', ...fields }),
  /** The store refused the worker's report: the execution is somebody else's by now. */
  reportRefused: (executionId: string, attempt: number, token: number): Observation => ({
    type: 'report-refused',
    executionId,
    attempt,
    token,
  }),
  leaseStage: (leaseId: string, stage: string): Observation => ({ type: 'worker-lease', leaseId, stage }),

  effectApplied: (executionId: string, attempt: number, token: number): Observation => ({
    type: 'effect-applied',
    executionId,
    attempt,
    token,
  }),
  effectRefused: (executionId: string, attempt: number, token: number, reason: 'stale' | 'duplicate'): Observation => ({
    type: 'effect-refused',
    executionId,
    attempt,
    token,
    reason,
  }),

  scheduleChanged: (
    taskId: string,
    generation: number,
    startMs: number,
    throughMs: number,
    revision: number,
  ): Observation => ({
    type: 'schedule-changed',
    taskId,
    generation,
    startMs,
    throughMs,
    revision,
  }),
  /** `version` counts the writes of this tick; more than 1 is one outcome too many. */
  tickRecorded: (fields: {
    readonly taskId: string;
    readonly nominalMs: number;
    readonly generation: number;
    readonly outcome: TickOutcome;
    readonly executionId: string;
    readonly plannerToken: number;
    readonly version: number;
    readonly revision: number;
  }): Observation => ({ type: 'tick-recorded', ...fields }),
  /** The ledger was compared with the calendar up to `throughMs`. */
  ticksAudited: (taskId: string, generation: number, throughMs: number, unaccounted: number): Observation => ({
    type: 'ticks-audited',
    taskId,
    generation,
    throughMs,
    unaccounted,
  }),
  /** A tick that the calendar has and the ledger has not, though the cursor is past it. */
  tickUnaccounted: (taskId: string, generation: number, nominalMs: number): Observation => ({
    type: 'tick-unaccounted',
    taskId,
    generation,
    nominalMs,
  }),
  /** A tick in the ledger that the calendar does not have. */
  tickUnknown: (taskId: string, generation: number, nominalMs: number): Observation => ({
    type: 'tick-unknown',
    taskId,
    generation,
    nominalMs,
  }),
  /** An execution is in `state` since `revision`. `token` is the fencing token of the attempt, 0 where none runs. */
  executionChanged: (fields: {
    readonly executionId: string;
    readonly taskId: string;
    readonly state: ExecutionState;
    readonly attempt: number;
    readonly token: number;
    readonly revision: number;
    /** Counts the writes of the record while the execution is open. */
    readonly version: number;
    /** How the last attempt ended, '' if none has. */
    readonly outcome: AttemptOutcome | '';
    readonly nominalMs: number;
    readonly generation: number;
    readonly notBeforeMs: number;
  }): Observation => ({ type: 'execution-changed', ...fields }),
  /** The members agree on this time, in milliseconds since the epoch; told when it changes by more than latency. */
  clusterTime: (clusterMs: number): Observation => ({ type: 'cluster-time', clusterMs }),
  recordDamaged: (key: string): Observation => ({ type: 'record-damaged', key }),
});
