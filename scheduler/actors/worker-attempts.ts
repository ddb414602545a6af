import type { OperationResult } from '../../protocols/coordinator/index.js';
import type { WorkResult } from '../../runtime/ports.js';
import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import { observed } from '../observations.js';
import { transact } from '../store/client.js';
import { attemptFailed, claimed, succeeded } from '../store/execution.js';
import { openKey } from '../store/keys.js';
import { entriesOf } from '../store/mirror.js';
import { claimExecution, endAttempt, forgetOpen, foundIn } from '../store/operations.js';
import { decode, executionType, type AttemptOutcome, type Execution, type Stored } from '../store/records.js';
import { clusterMs } from './cluster-time-user.js';
import { isLeaseAlive } from './worker-leases.js';
import {
  OPEN_MIRROR,
  type RunningAttempt,
  type WorkerContext,
  type WorkerLease,
  type WorkerState,
} from './worker-state.js';

export interface AttemptPurpose {
  readonly kind: 'claim' | 'report';
  readonly executionId: string;
}

/** What an executor at the edge is given. The fencing token goes with every effect that it has. */
export interface WorkInput {
  readonly executionId: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly fencingToken: number;
  readonly nominalMs: number;
  readonly timeoutMs: number;
  readonly executor: Execution['task']['executor'];
  readonly simulate: Execution['task']['simulate'];
}

/** Tries to claim an execution that was seen to be PENDING. */
export function claim(context: WorkerContext, state: WorkerState, before: Stored<Execution>, lease: WorkerLease): void {
  const { executionId } = before.value;
  const { leaseId, ttlMs } = lease;
  const claim = { worker: context.node, session: state.session, leaseId, claimedMs: clusterMs(context, state) };
  const execution = claimed(before.value, claim);
  state.attempts.set(executionId, { phase: 'claiming', execution, token: 0, leaseId, ttlMs, workId: 0, after: null });
  transact(context, state.store, claimExecution(before, execution, leaseId), { kind: 'claim', executionId });
}

/** The claim was written at revision `token`: the attempt is this worker's as long as its lease lives. */
export function claimDone(context: WorkerContext, state: WorkerState, attempt: RunningAttempt, token: number): void {
  const { executionId, attempt: number } = attempt.execution;
  assert(attempt.phase === 'claiming', `${executionId} is claimed while ${attempt.phase}`);
  context.observe(observed.attemptClaimed(executionId, number, token));
  attempt.token = token;
  attempt.phase = 'running';
  if (!isLeaseAlive(context, state, attempt.ttlMs, attempt.leaseId)) {
    return preempt(context, attempt, 'the lease ended while the claim was on its way');
  }
  startWork(context, attempt);
}

function startWork(context: WorkerContext, attempt: RunningAttempt): void {
  const { execution, token } = attempt;
  const { executionId, task, nominalMs } = execution;
  const input: WorkInput = {
    executionId,
    taskId: task.id,
    attempt: execution.attempt,
    fencingToken: token,
    nominalMs,
    timeoutMs: task.timeoutMs,
    executor: task.executor,
    simulate: task.simulate,
  };
  attempt.workId = context.startWork(task.executor.kind, { ...input }, { executionId, token });
  context.setTimer(`overdue/${executionId}`, task.timeoutMs, { type: 'attempt-overdue', executionId, token });
  context.observe(observed.attemptStarted(executionId, execution.attempt, token));
}

/** Someone else was faster, or the claim had been written and only the answer was lost. */
export function claimLost(
  context: WorkerContext,
  state: WorkerState,
  attempt: RunningAttempt,
  results: readonly OperationResult[],
): void {
  const { executionId } = attempt.execution;
  const [open, done] = results.map(foundIn);
  const found = open === undefined ? undefined : decode(executionType, open);
  if (found !== undefined && done === undefined && isOwn(state, attempt, found.value)) {
    return claimDone(context, state, attempt, found.revision);
  }
  state.attempts.delete(executionId);
  if (open !== undefined && done !== undefined) {
    transact(context, state.store, forgetOpen(executionId), { kind: 'forget', executionId });
  }
}

function isOwn(state: WorkerState, attempt: RunningAttempt, found: Execution): boolean {
  const isSameClaim = found.claim?.session === state.session && found.attempt === attempt.execution.attempt;
  return found.state === 'RUNNING' && isSameClaim;
}

/** The store holds a claim of this worker that it does not know of, since no answer came: the attempt goes on from there. */
export function adopt(context: WorkerContext, state: WorkerState, found: Stored<Execution>, lease: WorkerLease): void {
  const { leaseId, ttlMs } = lease;
  const attempt: RunningAttempt = {
    phase: 'claiming',
    execution: found.value,
    token: 0,
    leaseId,
    ttlMs,
    workId: 0,
    after: null,
  };
  state.attempts.set(found.value.executionId, attempt);
  claimDone(context, state, attempt, found.revision);
}

/** The work has ended, well or not. */
export function workEnded(
  context: WorkerContext,
  state: WorkerState,
  attempt: RunningAttempt,
  result: WorkResult,
): void {
  const { execution } = attempt;
  const nowMs = clusterMs(context, state);
  const after = result.ok
    ? succeeded(execution, nowMs, result.value)
    : attemptFailed(execution, 'failed', nowMs, result.error, context.random('retry-jitter'));
  finish(context, state, attempt, after);
}

/** The work takes longer than the task allows. */
export function overdue(context: WorkerContext, state: WorkerState, attempt: RunningAttempt): void {
  const { execution } = attempt;
  const detail = `took longer than ${execution.task.timeoutMs} ms`;
  context.cancelWork(attempt.workId);
  const random = context.random('retry-jitter');
  finish(context, state, attempt, attemptFailed(execution, 'timed-out', clusterMs(context, state), detail, random));
}

function finish(context: WorkerContext, state: WorkerState, attempt: RunningAttempt, after: Execution): void {
  context.cancelTimer(`overdue/${after.executionId}`);
  attempt.after = after;
  attempt.phase = 'reporting';
  report(context, state, attempt);
}

/** Tells the store how the attempt ended, if the lease lets it. */
export function report(context: WorkerContext, state: WorkerState, attempt: RunningAttempt): void {
  const { after, token, leaseId } = attempt;
  assert(attempt.phase === 'reporting' && after !== null, 'an attempt is reported once its work has ended');
  if (!isLeaseAlive(context, state, attempt.ttlMs, leaseId)) {
    return preempt(context, attempt, 'the lease ended before the report');
  }
  const { executionId } = after;
  transact(context, state.store, endAttempt(after, token, leaseId), { kind: 'report', executionId });
}

export function reportDone(context: WorkerContext, attempt: RunningAttempt, revision: number): void {
  const { after, token } = attempt;
  assert(attempt.phase === 'reporting' && after !== null, 'a report is answered after it was sent');
  attempt.phase = 'over';
  const { executionId, attempt: number, state } = after;
  const fields = { executionId, attempt: number, token, revision, outcome: lastOutcome(after), state };
  context.observe(observed.attemptReported(fields));
}

/** The store refused the report, unless it had taken it before and only the answer was lost. */
export function reportLost(
  context: WorkerContext,
  state: WorkerState,
  attempt: RunningAttempt,
  results: readonly OperationResult[],
): void {
  const { after, token } = attempt;
  assert(after !== null, 'a report is answered after it was sent');
  const [open, done] = results.map(foundIn);
  const entry = done ?? open;
  const found = entry === undefined ? undefined : decode(executionType, entry);
  if (found !== undefined && isSameEnd(found.value, after)) return reportDone(context, attempt, found.revision);
  context.observe(observed.reportRefused(after.executionId, after.attempt, token));
  attempt.phase = 'over';
}

/** Whether the record holds this very end of the attempt. */
function isSameEnd(found: Execution, after: Execution): boolean {
  const written = found.history.at(after.attempt - 1);
  const own = after.history.at(-1);
  return (
    own !== undefined &&
    written?.worker === own.worker &&
    written.endedMs === own.endedMs &&
    written.outcome === own.outcome
  );
}

function lastOutcome(after: Execution): AttemptOutcome {
  const last = after.history.at(-1);
  assert(last !== undefined, `${after.executionId} was reported without an attempt`);
  return last.outcome;
}

/** Gives an attempt up: its work is ended as far as possible, and nothing is reported. */
export function preempt(context: WorkerContext, attempt: RunningAttempt, reason: string): void {
  const { executionId, attempt: number } = attempt.execution;
  if (attempt.phase === 'running' && attempt.workId !== 0) context.cancelWork(attempt.workId);
  context.cancelTimer(`overdue/${executionId}`);
  context.observe(observed.attemptPreempted(executionId, number, attempt.token, reason));
  attempt.phase = 'over';
}

/** Forgets attempts that are over once the mirror shows it, and pre-empts those that it shows to be somebody else's. */
export function compareWithMirror(context: WorkerContext, state: WorkerState): void {
  const open = entriesOf(state.store, OPEN_MIRROR);
  for (const [executionId, attempt] of state.attempts) {
    const entry = open.get(openKey(executionId));
    const hasMoved = entry === undefined || entry.modRevision > attempt.token;
    if (!hasMoved) continue;
    if (attempt.phase === 'running') preempt(context, attempt, 'the execution is no longer this attempt');
    if (attempt.phase === 'over') state.attempts.delete(executionId);
  }
}

/** Attached to work at the edge. */
export function attemptOf(state: WorkerState, tag: Plain): RunningAttempt | undefined {
  const { executionId, token } = tag as { readonly executionId: string; readonly token: number };
  const attempt = state.attempts.get(executionId);
  return attempt?.token === token && attempt.phase === 'running' ? attempt : undefined;
}
