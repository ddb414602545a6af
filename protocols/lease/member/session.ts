import { assert } from '../../../runtime/assert.js';
import type { CoordinatorAnswer } from '../../coordinator/index.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import type { MemberObservation } from '../observations.js';
import type { Outcome } from '../store/index.js';
import { endCandidacies, enterWaiting } from './elections.js';
import { endLease, register } from './membership.js';
import { executeOwn } from './requests.js';
import { leadingServer, noteUnanswered } from './servers.js';
import { liveSession, type LiveSession, type Member, type MemberContext, type Pending } from './state.js';

const ATTEMPTS_REMEMBERED = 16;
const GRANT_AGAIN_AFTER_MS = 1000;

function observe(context: MemberContext, observation: MemberObservation): void {
  context.observe(observation);
}

/** Asks for the lease under which everything of this member stands, until it has one. */
export function beginSession(context: MemberContext, member: Member): void {
  assert(member.session.phase !== 'live', 'a session begins when the last has ended');
  member.session = { phase: 'granting' };
  const ttlMs = member.options.sessionTtlMs;
  executeOwn(context, member, (requestId) => ({ kind: 'lease-grant', requestId, ttlMs }), { for: 'session' });
}

export function settleSession(context: MemberContext, member: Member, pending: Pending, outcome: Outcome): void {
  if (outcome.kind !== 'lease-granted') {
    // The store has no room for one more lease; that passes.
    member.session = { phase: 'none' };
    context.setTimer('session-again', GRANT_AGAIN_AFTER_MS, { type: 'session-again' });
    return;
  }
  const { leaseId, ttlMs } = outcome;
  // Counted from the first sending: the store may have granted the lease then, and this be the answer to a repetition.
  const deadlineMs = deadlineOf(member, pending.firstSentMs, ttlMs);
  const remainingMs = deadlineMs - context.nowMs();
  if (remainingMs <= 0) {
    endLease(context, member, leaseId);
    member.session = { phase: 'none' };
    beginSession(context, member);
    return;
  }
  const session: LiveSession = { phase: 'live', leaseId, ttlMs, deadlineMs, sentMs: new Map(), registeredRevision: 0 };
  member.session = session;
  observe(context, { type: 'session-started', leaseId, remainingMs });
  armDeadline(context, session);
  sendKeepAlive(context, member);
  register(context, member, session);
  enterWaiting(context, member);
}

/** Until when a lease that was asked for at `sentMs` may be relied on, on this member's clock. */
function deadlineOf(member: Member, sentMs: number, ttlMs: number): number {
  return Math.floor(sentMs + ttlMs - (ttlMs * member.options.clockMarginPercent) / 100);
}

function armDeadline(context: MemberContext, session: LiveSession): void {
  const delayMs = Math.max(0, session.deadlineMs - context.nowMs());
  context.setTimer('session-deadline', delayMs, { type: 'session-deadline' });
}

export function sendKeepAlive(context: MemberContext, member: Member): void {
  context.setTimer('keep-alive', member.options.keepAliveEveryMs, { type: 'keep-alive-due' });
  const session = liveSession(member);
  if (session === undefined) return;
  const lastSentMs = [...session.sentMs.values()].at(-1);
  if (lastSentMs !== undefined) noteUnanswered(context, member, lastSentMs);
  member.counter += 1;
  const attempt = member.counter;
  session.sentMs.set(attempt, context.nowMs());
  for (const oldest of session.sentMs.keys()) {
    if (session.sentMs.size <= ATTEMPTS_REMEMBERED) break;
    session.sentMs.delete(oldest);
  }
  const message: StoreRequest = { type: 'store-keep-alive', leaseId: session.leaseId, attempt };
  context.send(leadingServer(member), message);
}

/** The store gave the lease its full time again, at the earliest when it was asked to. */
export function takeKept(
  context: MemberContext,
  member: Member,
  { leaseId, attempt, ttlMs }: Extract<StoreAnswer, { type: 'store-kept' }>,
): void {
  const session = liveSession(member);
  const sentMs = session?.sentMs.get(attempt);
  if (session?.leaseId !== leaseId || sentMs === undefined) return;
  const deadlineMs = deadlineOf(member, sentMs, ttlMs);
  if (deadlineMs <= session.deadlineMs) return;
  session.deadlineMs = deadlineMs;
  observe(context, { type: 'session-extended', leaseId, remainingMs: deadlineMs - context.nowMs() });
  armDeadline(context, session);
}

export function takeLeaseGone(context: MemberContext, member: Member, leaseId: string): void {
  if (liveSession(member)?.leaseId === leaseId) loseSession(context, member, 'gone');
}

/** To be asked first in every turn: a member that was stopped for a while must not act on a lease that is over. */
export function checkDeadline(context: MemberContext, member: Member): void {
  const session = liveSession(member);
  if (session !== undefined && context.nowMs() >= session.deadlineMs) loseSession(context, member, 'deadline');
}

/** The timer of the deadline; where it rings a little early it is set again. */
export function deadlineRings(context: MemberContext, member: Member): void {
  checkDeadline(context, member);
  const session = liveSession(member);
  if (session !== undefined && !context.hasTimer('session-deadline')) armDeadline(context, session);
}

/** Ends everything that stands under the session, then begins a new one. */
export function loseSession(context: MemberContext, member: Member, reason: 'deadline' | 'gone'): void {
  const session = liveSession(member);
  if (session === undefined) return;
  member.session = { phase: 'none' };
  context.cancelTimer('session-deadline');
  observe(context, { type: 'session-lost', leaseId: session.leaseId, reason });
  dropRequestsOfSession(context, member);
  endCandidacies(context, member);
  if (reason === 'deadline') endLease(context, member, session.leaseId);
  beginSession(context, member);
}

function dropRequestsOfSession(context: MemberContext, member: Member): void {
  for (const [id, { purpose }] of member.pending) {
    switch (purpose.for) {
      case 'entry':
      case 'check':
      case 'refresh':
      case 'registration':
        member.pending.delete(id);
        break;
      case 'resignation':
        // The key ends with the lease, if the request has not ended it yet.
        member.pending.delete(id);
        for (const reply of purpose.replies) {
          context.answer<CoordinatorAnswer>(reply, { type: 'resigned', election: purpose.election });
        }
        break;
      case 'client':
      case 'session':
      case 'roll-call':
      case 'clean-up':
        break;
    }
  }
}
