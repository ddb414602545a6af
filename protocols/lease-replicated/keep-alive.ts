import type { ReplyTo } from '../../runtime/context.js';
import { timeLeftMs } from '../lease/index.js';
import { answer, observe, propose, query, sendElsewhere } from './asking.js';
import { giveNoLess, giveTime, mindLeases } from './primary.js';
import type { ServerMessageOf } from './server-messages.js';
import type { Purpose, ReplicaContext, ReplicaServer } from './state.js';

type KeepAlive = Extract<Purpose, { for: 'keep-alive' }>;

/**
 * The primary answers that a lease lives on when raft has confirmed, after it was asked, that it still leads: so whoever leads later begins
 * to count later. Where less than the whole time is noted in the log, or may be soon, the whole time is noted before.
 */
export function onKeepAlive(
  context: ReplicaContext,
  server: ReplicaServer,
  { leaseId, attempt }: ServerMessageOf<'store-keep-alive'>,
): void {
  const replyTo = context.replyTo();
  if (server.role !== 'leader') return sendElsewhere(context, server, replyTo);
  mindLeases(context, server);
  const { term } = server;
  const purpose: KeepAlive = { for: 'keep-alive', replyTo, leaseId, attempt, term, sinceMs: context.nowMs() };
  // Its end is under way and cannot be called back: what comes after it in the log is applied when it is over.
  if (server.ending.has(leaseId)) return noteWhole(context, server, purpose);
  const lease = server.store.leases.get(leaseId);
  // It must not run out while raft is asked.
  if (lease !== undefined) giveNoLess(context, server, leaseId, lease.ttlMs);
  if (isNotedShort(server, leaseId)) noteWhole(context, server, purpose);
  else query(context, server, { kind: 'revision' }, purpose);
}

/** Whether the next primary could find that the lease has less than its whole time. */
function isNotedShort({ office, store }: ReplicaServer, leaseId: string): boolean {
  const lease = store.leases.get(leaseId);
  if (office !== 'primary' || lease === undefined) return false;
  return lease.remainingMs < lease.ttlMs || lease.notesUnderWay > 0;
}

function noteWhole(context: ReplicaContext, server: ReplicaServer, purpose: KeepAlive): void {
  const { leaseId } = purpose;
  const remainingMs = server.store.leases.get(leaseId)?.ttlMs ?? 0;
  propose(
    context,
    server,
    context.uniqueId(),
    { kind: 'lease-checkpoint', leases: [{ leaseId, remainingMs }] },
    { ...purpose, replyTo: { ...purpose.replyTo } },
  );
}

/** Raft has confirmed that we lead, by a read or (`isNoted`) by applying our note. */
export function afterKeepAlive(
  context: ReplicaContext,
  server: ReplicaServer,
  purpose: KeepAlive,
  isNoted: boolean,
): void {
  const { leaseId, attempt, term } = purpose;
  const replyTo: ReplyTo = purpose.replyTo;
  if (server.office !== 'primary' || server.term !== term) return sendElsewhere(context, server, replyTo);
  // The end was refused, and is proposed again.
  if (server.ending.has(leaseId)) return;
  const lease = server.store.leases.get(leaseId);
  if (lease === undefined) return answer(context, replyTo, { type: 'store-lease-gone', leaseId, attempt });
  if (!isNoted && isNotedShort(server, leaseId)) return noteWhole(context, server, purpose);
  const { ttlMs } = lease;
  const leftMs = timeLeftMs(context, server, leaseId) ?? 0;
  giveTime(context, server, leaseId, ttlMs);
  const { sinceMs } = purpose;
  const place = { term, logIndex: server.applied };
  observe(context, { type: 'lease-kept-alive', ...place, leaseId, ttlMs, leftMs, sinceMs, atMs: context.nowMs() });
  answer(context, replyTo, { type: 'store-kept', leaseId, attempt, ttlMs });
}
