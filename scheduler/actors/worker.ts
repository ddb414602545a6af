import { actor, type Actor } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import { KEYS, openKey } from '../store/keys.js';
import { entriesOf, isFilled, openMirror } from '../store/mirror.js';
import { decode, executionType, type Execution, type Stored } from '../store/records.js';
import { storeHandlers, storeTimedOut, type StoreEvent } from '../store/routing.js';
import { spread } from './claim-order.js';
import { askForTime, clusterMs } from './cluster-time-user.js';
import type { SchedulerOptions } from './options.js';
import {
  adopt,
  attemptOf,
  claim,
  claimDone,
  claimLost,
  compareWithMirror,
  overdue,
  preempt,
  report,
  reportDone,
  reportLost,
  workEnded,
  type AttemptPurpose,
} from './worker-attempts.js';
import {
  dropLease,
  leaseDue,
  leaseFailed,
  leaseFor,
  leaseGranted,
  leaseKept,
  leaseTagOf,
  revokeAll,
} from './worker-leases.js';
import {
  newWorkerState,
  OPEN_MIRROR,
  workerMessages,
  type WorkerContext,
  type WorkerMessage,
  type WorkerState,
} from './worker-state.js';

const store = storeHandlers<WorkerState, WorkerContext>(onStore);

/**
 * A worker: claims executions that are due, runs them at the edge, and reports how they ended. A claim is attached to the worker's
 * lease, its revision is the attempt's fencing token, and a report is taken only while both are as they were. A worker that cannot
 * renew its lease gives its attempts up before anybody else may have them.
 */
export const worker: Actor<WorkerState, WorkerMessage, SchedulerOptions & Plain> = actor(workerMessages, {
  init: (options: SchedulerOptions & Plain): WorkerState => newWorkerState(options),
  start(context, state) {
    state.session = context.uniqueId();
    askForTime(context);
    openMirror(context, state.store, OPEN_MIRROR, KEYS.openExecutions);
  },
  on: {
    ...store,
    failed(context, state, message) {
      const tag = leaseTagOf(context.answerTag);
      if (tag === undefined) return store.failed(context, state, message);
      const lostId = leaseFailed(context, state, tag, message.error === 'lease-not-found');
      if (lostId !== undefined) leaseLost(context, state, lostId);
    },
    'lease-granted'(context, state, { leaseId }) {
      if (leaseGranted(context, state, leaseId)) seek(context, state);
    },
    'lease-kept'(context, state, { leaseId }) {
      const lostId = leaseKept(context, state, leaseId);
      if (lostId !== undefined) leaseLost(context, state, lostId);
    },
    'lease-due'(context, state, { ttlMs }) {
      const lostId = leaseDue(context, state, ttlMs);
      if (lostId !== undefined) leaseLost(context, state, lostId);
    },
    'seek-now': seek,
    'cluster-time'(context, state, { epochMs }) {
      state.epochMs = epochMs;
      seek(context, state);
    },
    'attempt-overdue'(context, state, { executionId, token }) {
      const attempt = attemptOf(state, { executionId, token });
      if (attempt !== undefined) overdue(context, state, attempt);
    },
  },
  signals: {
    askTimedOut(context, state, question) {
      if (leaseTagOf(question.tag) === undefined) storeTimedOut(context, state, question, onStore);
    },
    workDone(context, state, { tag }, result) {
      const attempt = attemptOf(state, tag);
      if (attempt !== undefined) workEnded(context, state, attempt, result);
    },
    stopping: revokeAll,
  },
});

function onStore(context: WorkerContext, state: WorkerState, event: StoreEvent): void {
  if (event.kind === 'changed') {
    compareWithMirror(context, state);
    return seek(context, state);
  }
  const { settled } = event;
  const purpose = settled.purpose as unknown as AttemptPurpose | { readonly kind: 'forget' };
  if (purpose.kind === 'forget') return;
  const attempt = state.attempts.get(purpose.executionId);
  if (attempt === undefined) return;
  if (purpose.kind === 'report') {
    if (attempt.phase !== 'reporting') return;
    if (settled.kind === 'done') reportDone(context, attempt, settled.revision);
    else if (settled.kind === 'lost') reportLost(context, state, attempt, settled.results);
    else report(context, state, attempt);
  } else {
    if (attempt.phase !== 'claiming') return;
    if (settled.kind === 'done') return claimDone(context, state, attempt, settled.revision);
    if (settled.kind === 'lost') claimLost(context, state, attempt, settled.results);
    else {
      state.attempts.delete(purpose.executionId);
      if (settled.error === 'lease-not-found') leaseLost(context, state, attempt.leaseId);
    }
    state.offers.set(purpose.executionId, context.nowMs() + RECLAIM_MS);
  }
  // The watch may have shown a report before its answer came; nothing would come after it.
  compareWithMirror(context, state);
  seek(context, state);
}

/** Pause before an execution is tried again that could not be claimed: the mirror is behind. */
const RECLAIM_MS = 100;

function leaseLost(context: WorkerContext, state: WorkerState, leaseId: string): void {
  dropLease(state, leaseId);
  for (const attempt of [...state.attempts.values()]) {
    // A claim on its way ends by itself: it can no longer be written under this lease, or is given up when it is.
    if (attempt.leaseId !== leaseId || attempt.phase === 'claiming' || attempt.phase === 'over') continue;
    preempt(context, attempt, 'the lease could not be renewed');
  }
  seek(context, state);
}

/** Claims what is due as far as there are slots, the longest due first. */
function seek(context: WorkerContext, state: WorkerState): void {
  if (!isFilled(state.store, OPEN_MIRROR) || state.epochMs === null) return;
  const nowMs = context.nowMs();
  const timeMs = clusterMs(context, state);
  let wakeInMs = SEEK_AT_LEAST_MS;
  const due: Stored<Execution>[] = [];
  for (const entry of entriesOf(state.store, OPEN_MIRROR).values()) {
    const found = decode(executionType, entry);
    if (found === undefined || state.attempts.has(found.value.executionId)) continue;
    if (found.value.state === 'RUNNING') adoptOwn(context, state, found);
    if (found.value.state !== 'PENDING') continue;
    const untilDueMs = found.value.notBeforeMs - timeMs;
    const offerMs = untilDueMs > 0 ? nowMs + untilDueMs : offerTime(context, state, found.value.executionId);
    if (offerMs <= nowMs) due.push(found);
    else wakeInMs = Math.min(wakeInMs, Math.ceil(offerMs - nowMs));
  }
  due.sort((a, b) => a.value.notBeforeMs - b.value.notBeforeMs || (a.value.executionId < b.value.executionId ? -1 : 1));
  let slotsFree = state.options.slots - slotsTaken(state);
  for (const found of due) {
    if (slotsFree-- <= 0) break;
    const lease = leaseFor(context, state, found.value.task.leaseMs);
    if (lease !== undefined) claim(context, state, found, lease);
  }
  forgetOffers(state);
  context.setTimer('seek', wakeInMs, { type: 'seek-now' });
}

function slotsTaken({ attempts }: WorkerState): number {
  let taken = 0;
  for (const { phase } of attempts.values()) if (phase !== 'over') taken++;
  return taken;
}

/** The time of the cluster may change, so it is looked at whatever is due. */
const SEEK_AT_LEAST_MS = 500;

function adoptOwn(context: WorkerContext, state: WorkerState, found: Stored<Execution>): void {
  const { claim: own, task } = found.value;
  if (own?.session !== state.session) return;
  const lease = leaseFor(context, state, task.leaseMs);
  if (lease?.leaseId === own.leaseId) adopt(context, state, found, lease);
}

function offerTime(context: WorkerContext, state: WorkerState, executionId: string): number {
  const known = state.offers.get(executionId);
  if (known !== undefined) return known;
  const offerMs = context.nowMs() + spread(`${context.node}/${executionId}`, state.options.claimSpreadMs);
  state.offers.set(executionId, offerMs);
  return offerMs;
}

function forgetOffers(state: WorkerState): void {
  const open = entriesOf(state.store, OPEN_MIRROR);
  for (const executionId of state.offers.keys()) {
    if (!open.has(openKey(executionId)) || state.attempts.has(executionId)) state.offers.delete(executionId);
  }
}
