import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import type { TaskDefinition } from '../definitions/task.js';
import { retryDelayMs } from '../planning/retry.js';
import type { Attempt, AttemptOutcome, Claim, Execution, ExecutionState } from './records.js';

/** The state machine of an execution: which state may follow which. RUNNING to PENDING is a retry. */
const FOLLOWERS: Readonly<Record<ExecutionState, readonly ExecutionState[]>> = Object.freeze({
  PENDING: ['RUNNING', 'CANCELLED'],
  RUNNING: ['PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
});

export function mayFollow(from: ExecutionState, to: ExecutionState): boolean {
  return FOLLOWERS[from].includes(to);
}

export function isTerminal(state: ExecutionState): boolean {
  return FOLLOWERS[state].length === 0;
}

export interface NewExecution {
  readonly executionId: string;
  readonly task: TaskDefinition;
  readonly generation: number;
  readonly nominalMs: number;
  readonly createdMs: number;
  readonly notBeforeMs: number;
}

export function newExecution(fields: NewExecution): Execution {
  return { ...fields, state: 'PENDING', attempt: 0, claim: null, history: [], result: null, finishedMs: 0 };
}

/** A worker takes it: one attempt more. */
export function claimed(execution: Execution, claim: Claim): Execution {
  return { ...moved(execution, 'RUNNING'), attempt: execution.attempt + 1, claim };
}

/** The attempt succeeded. */
export function succeeded(execution: Execution, atMs: number, result: Plain): Execution {
  return { ...ended(execution, 'SUCCEEDED', 'succeeded', atMs, ''), result };
}

/**
 * The attempt did not succeed, or its worker is gone: back to PENDING with a backoff, or FAILED where no attempt is left.
 */
export function attemptFailed(
  execution: Execution,
  outcome: Exclude<AttemptOutcome, 'succeeded' | 'cancelled'>,
  atMs: number,
  detail: string,
  random: Random,
): Execution {
  const { retry } = execution.task;
  if (execution.attempt >= retry.maxAttempts) return ended(execution, 'FAILED', outcome, atMs, detail);
  const delayMs = retryDelayMs(retry, execution.attempt, random);
  return { ...ended(execution, 'PENDING', outcome, atMs, detail), finishedMs: 0, notBeforeMs: atMs + delayMs };
}

/** Nobody shall run it any more. A running attempt may have had its effect. */
export function cancelled(execution: Execution, atMs: number, detail: string): Execution {
  if (execution.state === 'RUNNING') return ended(execution, 'CANCELLED', 'cancelled', atMs, detail);
  return { ...moved(execution, 'CANCELLED'), finishedMs: atMs };
}

function moved(execution: Execution, state: ExecutionState): Execution {
  assert(
    mayFollow(execution.state, state),
    `${execution.executionId}: ${execution.state} to ${state} is no transition`,
  );
  return { ...execution, state };
}

function ended(
  execution: Execution,
  state: ExecutionState,
  outcome: AttemptOutcome,
  endedMs: number,
  detail: string,
): Execution {
  const { claim, attempt } = execution;
  assert(claim !== null, `${execution.executionId}: an attempt ends that nobody had claimed`);
  const { worker, claimedMs: startedMs } = claim;
  const last: Attempt = { attempt, worker, startedMs, endedMs, outcome, detail: detail.slice(0, DETAIL_LENGTH) };
  const history = [...execution.history, last];
  assert(history.length === attempt, `${execution.executionId}: ${history.length} ends of ${attempt} attempts`);
  return { ...moved(execution, state), claim: null, history, finishedMs: endedMs };
}

/** Longest text kept of why an attempt ended. */
const DETAIL_LENGTH = 500;
