import { t, type Infer, type Type } from '../../runtime/schema.js';
import type { KeyValue } from '../../protocols/coordinator/index.js';
import { taskDefinitionType } from '../definitions/task.js';

/** What became of one attempt. `lost`: its worker's lease ended before it could report. */
export const attemptOutcomeType = t.oneOf('succeeded', 'failed', 'timed-out', 'lost', 'cancelled');
export type AttemptOutcome = Infer<typeof attemptOutcomeType>;

export const attemptType = t.object({
  attempt: t.int,
  worker: t.string,
  startedMs: t.int,
  endedMs: t.int,
  outcome: attemptOutcomeType,
  detail: t.string,
});
export type Attempt = Infer<typeof attemptType>;

export const EXECUTION_STATES = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export const executionStateType = t.oneOf(...EXECUTION_STATES);
export type ExecutionState = (typeof EXECUTION_STATES)[number];

/** Who runs an execution now. `session` is unique for each life of a worker: it tells one's own claim from an earlier life's. */
export const claimType = t.object({ worker: t.string, session: t.string, leaseId: t.string, claimedMs: t.int });
export type Claim = Infer<typeof claimType>;

/** One run of a task, with all its attempts. Times are wall-clock milliseconds of whoever wrote them. */
export const executionType = t.object({
  executionId: t.string,
  /** The definition as it was when the execution was created; later changes do not reach it. */
  task: taskDefinitionType,
  /** Generation of the schedule that it comes from, 0 for a submission. */
  generation: t.int,
  /** Nominal time of the tick that it comes from, 0 for a submission. */
  nominalMs: t.int,
  state: executionStateType,
  createdMs: t.int,
  /** No attempt starts earlier. */
  notBeforeMs: t.int,
  /** Attempts started so far. */
  attempt: t.int,
  claim: t.nullable(claimType),
  history: t.array(attemptType),
  result: t.plain,
  finishedMs: t.int,
});
export type Execution = Infer<typeof executionType>;

export const tickOutcomeType = t.oneOf('ran', 'skipped-overlap', 'skipped-misfire', 'coalesced', 'superseded');
export type TickOutcome = Infer<typeof tickOutcomeType>;

/** What became of one tick; written once. */
export const tickType = t.object({
  taskId: t.string,
  nominalMs: t.int,
  generation: t.int,
  outcome: tickOutcomeType,
  /** The execution that it made, '' for none. */
  executionId: t.string,
  /** Fencing token of the planner that recorded it. */
  plannerToken: t.int,
  recordedMs: t.int,
});
export type Tick = Infer<typeof tickType>;

/** A schedule and how far its ticks have been dealt with. Written in the same transaction as those ticks. */
export const cursorType = t.object({
  task: taskDefinitionType,
  generation: t.int,
  /** Ticks of this generation are those after `startMs`. */
  startMs: t.int,
  /** Every tick up to here has its outcome. */
  throughMs: t.int,
  /** The last execution that a tick of this schedule made, '' for none. */
  lastExecutionId: t.string,
  /** The submissions that made its generations, the last at the end: a repeated one changes nothing, also after a later change. */
  submissions: t.array(t.string),
  /** Set while an older generation's ticks up to its end are still to be recorded as superseded. */
  replaced: t.nullable(
    t.object({ expression: t.string, timeZone: t.string, generation: t.int, throughMs: t.int, endMs: t.int }),
  ),
});
export type Cursor = Infer<typeof cursorType>;

/** A member's wall clock as it was when published. */
export const clockType = t.object({ wallMs: t.int });

/** A record with the revision of its last change, the operand of every compare-and-set. */
export interface Stored<T> {
  readonly value: T;
  readonly revision: number;
}

/** The record under a key, or undefined where it is not what it should be (another version, a foreign writer). */
export function decode<T>(type: Type<T>, entry: KeyValue): Stored<T> | undefined {
  if (type.check(entry.value, entry.key) !== undefined) return undefined;
  return { value: entry.value as T, revision: entry.modRevision };
}
