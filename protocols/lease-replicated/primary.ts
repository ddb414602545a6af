import {
  awaitNextCheckpoint,
  dueLeases,
  isCheckpointDue,
  rearmCheckpoint,
  leaseClockMs,
  rearm,
  setDeadline,
  timeLeftMs,
  timesLeft,
  timesToNote,
  type LeaseCheckpoint,
} from '../lease/index.js';
import { observe, propose, query } from './asking.js';
import type { ReplicaContext, ReplicaServer } from './state.js';

const AGAIN_AFTER_MS = 100;
const PROMOTION_TIMER = 'promotion';
const EXPIRY_AGAIN_TIMER = 'expiry-again';

/*
 * The life of leases, as etcd's lessor has it (server/lease/lessor.go). They end by entries of the log, so all replicas agree that they have;
 * only the primary, beside raft's leader, has a clock for them and proposes their ends. What they have left it notes in the log every so
 * often, so that the next primary goes on from there.
 */

/** Raft leads here since now, in a new term. The primary's office begins when all that earlier terms decided is applied. */
export function awaitPromotion(context: ReplicaContext, server: ReplicaServer): void {
  server.office = 'awaiting';
  query(context, server, { kind: 'revision' }, { for: 'promotion', term: server.term });
}

/** Raft could not show that it leads, and has not stepped down either. */
export function promotionFailed(context: ReplicaContext, server: ReplicaServer, term: number): void {
  if (server.office !== 'awaiting' || server.term !== term) return;
  context.setTimer(PROMOTION_TIMER, AGAIN_AFTER_MS, { type: 'promotion-due' });
}

/**
 * Raft has shown that it leads in `term`: every entry of earlier primaries that will ever be committed has been applied here, so nothing of theirs
 * can contradict what we promise from now on. Each lease has what was last noted, and `extendMs` on top.
 */
export function promote(context: ReplicaContext, server: ReplicaServer, term: number): void {
  if (server.office !== 'awaiting' || server.term !== term) return;
  server.office = 'primary';
  const { extendMs, checkpointEveryMs } = server.options;
  for (const [leaseId, lease] of server.store.leases) {
    lease.notesUnderWay = 0;
    setDeadline(context, server, leaseId, lease.remainingMs + extendMs);
  }
  const leases = timesLeft(context, server).map(({ leaseId, leftMs }) => ({ leaseId, remainingMs: leftMs }));
  const taken = { term, logIndex: server.applied, leases, extendedMs: extendMs, checkpointEveryMs };
  observe(context, { type: 'primary-promoted', ...taken, atMs: context.nowMs() });
}

/** Raft leads here no more: another clock decides. */
export function demote(context: ReplicaContext, server: ReplicaServer): void {
  if (server.office === 'primary') observe(context, { type: 'primary-demoted', term: server.term });
  server.office = 'none';
  server.ending.clear();
  server.deadlines.clear();
  server.ringsAtMs = undefined;
  server.checkpointAtMs = undefined;
  for (const timer of ['expiry', 'checkpoint', PROMOTION_TIMER, EXPIRY_AGAIN_TIMER]) context.cancelTimer(timer);
}

/** A lease has so much time from now on, where we are the ones who count it. */
export function giveTime(context: ReplicaContext, server: ReplicaServer, leaseId: string, remainingMs: number): void {
  if (server.office === 'primary') setDeadline(context, server, leaseId, remainingMs);
}

/** As `giveTime`; but who has more, as after a change of the primary, keeps that. */
export function giveNoLess(context: ReplicaContext, server: ReplicaServer, leaseId: string, remainingMs: number): void {
  if ((timeLeftMs(context, server, leaseId) ?? 0) <= remainingMs) giveTime(context, server, leaseId, remainingMs);
}

/** What the clock wants done before anything else: so its proposals come before whatever is asked for after a lease's end. */
export function mindLeases(context: ReplicaContext, server: ReplicaServer): void {
  if (server.office !== 'primary') return;
  if (isCheckpointDue(context, server)) {
    for (const leases of timesToNote(context, server, server.options.checkpointEveryMs / 2)) {
      noteTimes(context, server, leases);
    }
    awaitNextCheckpoint(context, server);
  }
  const due = dueLeases(context, server);
  if (due === undefined) return;
  for (const leaseId of due) proposeEnd(context, server, leaseId);
  rearm(context, server);
}

/** The timer of the earliest deadline; where it rings a little early, or for a lease kept meanwhile, it is set again. */
export function deadlineRings(context: ReplicaContext, server: ReplicaServer): void {
  mindLeases(context, server);
  if (server.office === 'primary') rearm(context, server);
}

/** The timer of the checkpoints. */
export function checkpointRings(context: ReplicaContext, server: ReplicaServer): void {
  mindLeases(context, server);
  if (server.office === 'primary') rearmCheckpoint(context, server);
}

/** From when its end is proposed nothing keeps a lease alive, and it has no deadline: the proposal may be decided at any time. */
function proposeEnd(context: ReplicaContext, server: ReplicaServer, leaseId: string): void {
  const { term } = server;
  const proposalId = server.ending.get(leaseId) ?? context.uniqueId();
  server.ending.set(leaseId, proposalId);
  server.deadlines.delete(leaseId);
  observe(context, { type: 'lease-due', term, leaseId, atMs: leaseClockMs(context) });
  const purpose = { for: 'expiry', leaseId, proposalId, term } as const;
  propose(context, server, proposalId, { kind: 'lease-expire', leaseId }, purpose);
}

/** The end did not happen, or nobody knows; it is proposed again, under the same id. */
export function endAgain(context: ReplicaContext, server: ReplicaServer): void {
  if (server.office !== 'primary') return;
  for (const leaseId of server.ending.keys()) proposeEnd(context, server, leaseId);
}

export function endingFailed(context: ReplicaContext, server: ReplicaServer, leaseId: string, term: number): void {
  if (server.office !== 'primary' || server.term !== term || !server.ending.has(leaseId)) return;
  context.setTimer(EXPIRY_AGAIN_TIMER, AGAIN_AFTER_MS, { type: 'expiry-again' });
}

/** Proposes to note what leases have left; those whose last note is still under way wait for the next time. */
function noteTimes(context: ReplicaContext, server: ReplicaServer, times: LeaseCheckpoint['leases']): void {
  const { term, store } = server;
  const leases = times.filter(({ leaseId }) => store.leases.get(leaseId)?.notesUnderWay === 0);
  if (leases.length === 0) return;
  for (const { leaseId } of leases) changeNotes(server, leaseId, 1);
  observe(context, { type: 'leases-noted', term, leases, atMs: context.nowMs() });
  const purpose = { for: 'note', leaseIds: leases.map(({ leaseId }) => leaseId), term } as const;
  propose(context, server, context.uniqueId(), { kind: 'lease-checkpoint', leases }, purpose);
}

/** A note of ours has been applied, or never will be. */
export function noteSettled(server: ReplicaServer, leaseIds: readonly string[], term: number): void {
  if (server.office !== 'primary' || server.term !== term) return;
  for (const leaseId of leaseIds) changeNotes(server, leaseId, -1);
}

function changeNotes({ store }: ReplicaServer, leaseId: string, by: number): void {
  const lease = store.leases.get(leaseId);
  if (lease !== undefined) lease.notesUnderWay += by;
}
