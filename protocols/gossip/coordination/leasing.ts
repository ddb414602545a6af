import { observe } from '../observations.js';
import { beginBatch, liveAt, liveWithPrefix, type Change } from '../registers/replica.js';
import { commit, remove, write } from './applying.js';
import { LEASES } from '../registers/tombstones.js';
import { keyOfLease, leaseIdOfKey, readLease, type LeaseValue } from './keys.js';
import type { Received } from './messages.js';
import { isThere, lowestThere, reply, type CoordinatorContext, type CoordinatorState } from './state.js';
import { answerAgain, answerOnce } from './transacting.js';

/**
 * A lease is a register that names its owner, the node that granted it, and its TTL. Only the owner renews it, in memory, and ends it when it is not
 * renewed in time. Others end it when the owner has been dead in their view for a TTL; so renewing costs no messages, and a
 * partition longer than that ends leases on the other side that their owner still keeps: there is no exclusion, only repair.
 */
const LEASE_TTL_MAX_MS = 86_400_000;

function timerOf(leaseId: string): string {
  return `lease/${leaseId}`;
}

function leaseAt(state: CoordinatorState, leaseId: string): LeaseValue | undefined {
  return readLease(liveAt(state.replica, keyOfLease(leaseId))?.register.value);
}

function setLeaseTimer(context: CoordinatorContext, leaseId: string, ttlMs: number): void {
  context.setTimer(timerOf(leaseId), ttlMs, { type: 'lease-due', leaseId });
}

export function onLeaseGrant(
  context: CoordinatorContext,
  state: CoordinatorState,
  grant: Received<'lease-grant'>,
): Change[] {
  const { requestId, ttlMs } = grant;
  if (answerAgain(context, state, requestId, 'lease-granted')) return [];
  if (ttlMs < 1 || ttlMs > LEASE_TTL_MAX_MS) {
    const detail = `ttlMs: ${ttlMs} is not between 1 and ${LEASE_TTL_MAX_MS}`;
    reply(context, { type: 'failed', requestId, error: 'invalid', detail });
    return [];
  }
  const leaseId = context.uniqueId();
  const batch = beginBatch(state.replica, context.wallMs());
  write(context, state, batch, { key: keyOfLease(leaseId), value: { owner: state.node, ttlMs } });
  const changes = commit(context, state, batch);
  setLeaseTimer(context, leaseId, ttlMs);
  observe(context, { type: 'lease-granted', leaseId, owner: state.node });
  answerOnce(context, state, requestId, { type: 'lease-granted', requestId, leaseId, ttlMs });
  return changes;
}

/** Only where it was granted can a lease be kept alive. */
export function onLeaseKeepAlive(
  context: CoordinatorContext,
  state: CoordinatorState,
  { leaseId }: Received<'lease-keep-alive'>,
): void {
  const lease = leaseAt(state, leaseId);
  if (lease === undefined || lease.owner !== state.node) {
    const detail =
      lease === undefined
        ? `lease ${leaseId} has ended or is not known at ${state.node}; grant another`
        : `lease ${leaseId} was granted at ${lease.owner}; only there it can be kept alive`;
    reply(context, { type: 'failed', requestId: leaseId, error: 'lease-not-found', detail });
    return;
  }
  setLeaseTimer(context, leaseId, lease.ttlMs);
  reply(context, { type: 'lease-kept', leaseId, ttlMs: lease.ttlMs });
}

export function onLeaseRevoke(
  context: CoordinatorContext,
  state: CoordinatorState,
  { requestId, leaseId }: Received<'lease-revoke'>,
): Change[] {
  if (leaseAt(state, leaseId) === undefined) {
    const detail = `lease ${leaseId} has ended or is not known at ${state.node}`;
    reply(context, { type: 'failed', requestId, error: 'lease-not-found', detail });
    return [];
  }
  const changes = endLease(context, state, leaseId, 'lease-revoked');
  reply(context, { type: 'lease-revoked', leaseId });
  return changes;
}

export function onLeaseDue(
  context: CoordinatorContext,
  state: CoordinatorState,
  { leaseId }: Received<'lease-due'>,
): Change[] {
  const lease = leaseAt(state, leaseId);
  if (lease === undefined) return [];
  if (lease.owner === state.node) return endLease(context, state, leaseId, 'lease-expired');
  if (isThere(state, lease.owner)) return [];
  if (lowestThere(state) === state.node) return endLease(context, state, leaseId, 'lease-expired');
  // Another member of this view is to end it; if that one dies too, it is this one's turn.
  setLeaseTimer(context, leaseId, lease.ttlMs);
  return [];
}

/** Keys attached to the lease follow it, here and wherever its tombstone comes (`publish`). */
function endLease(
  context: CoordinatorContext,
  state: CoordinatorState,
  leaseId: string,
  type: 'lease-expired' | 'lease-revoked',
): Change[] {
  const owner = leaseAt(state, leaseId)?.owner ?? '';
  context.cancelTimer(timerOf(leaseId));
  const batch = beginBatch(state.replica, context.wallMs());
  remove(context, state, batch, keyOfLease(leaseId));
  observe(context, { type, leaseId, owner });
  return commit(context, state, batch);
}

/** After a restart the owner gives each of its leases its full time once more: its clients may still come to renew it. */
export function resumeLeases(context: CoordinatorContext, state: CoordinatorState): void {
  reviewLeases(context, state);
  for (const { register } of liveWithPrefix(state.replica, LEASES)) {
    const lease = readLease(register.value);
    const leaseId = leaseIdOfKey(register.key);
    if (lease?.owner === state.node && leaseId !== undefined) setLeaseTimer(context, leaseId, lease.ttlMs);
  }
}

/** The view has changed: leases of the dead begin to run out, those of the living no longer do. */
export function reviewLeases(context: CoordinatorContext, state: CoordinatorState): void {
  for (const { register } of liveWithPrefix(state.replica, LEASES)) reviewLease(context, state, register.key);
}

/** Leases that came from elsewhere or were ended there. */
export function reviewChangedLeases(
  context: CoordinatorContext,
  state: CoordinatorState,
  changes: readonly Change[],
): void {
  for (const { after } of changes)
    if (after.register.key.startsWith(LEASES)) reviewLease(context, state, after.register.key);
}

function reviewLease(context: CoordinatorContext, state: CoordinatorState, key: string): void {
  const leaseId = leaseIdOfKey(key);
  if (leaseId === undefined) return;
  const lease = leaseAt(state, leaseId);
  if (lease?.owner === state.node) {
    // One that was ended here so long ago that nobody remembers, and comes from somebody who was out of reach: it gets its time once more.
    if (!context.hasTimer(timerOf(leaseId))) setLeaseTimer(context, leaseId, lease.ttlMs);
    return;
  }
  const runsOut = lease !== undefined && !isThere(state, lease.owner);
  if (!runsOut) context.cancelTimer(timerOf(leaseId));
  else if (!context.hasTimer(timerOf(leaseId))) setLeaseTimer(context, leaseId, Math.max(1, lease.ttlMs));
}
