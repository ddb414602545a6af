import {
  compactChanges,
  forgetDeadline,
  observeApplied,
  observeCheckpoint,
  observedEvents,
  publish,
  publishAll,
  recordChange,
} from '../lease/index.js';
import type { StoreNotice, StoreSummary } from './machine.js';
import { observe } from './asking.js';
import { giveTime } from './primary.js';
import type { ReplicaContext, ReplicaServer } from './state.js';

/** The replica has applied an entry: what it did becomes known here, is told, and goes to the watches that it concerns. */
export function takeNotice(context: ReplicaContext, server: ReplicaServer, notice: StoreNotice): void {
  const { store } = server;
  if (notice.kind === 'noted') {
    for (const { leaseId, remainingMs } of notice.checkpoint.leases) {
      const lease = store.leases.get(leaseId);
      if (lease !== undefined) lease.remainingMs = Math.max(0, Math.min(remainingMs, lease.ttlMs));
    }
    return observeCheckpoint(context, notice.checkpoint, true, notice.index);
  }
  const { command, applied, index } = notice;
  const { outcome, events, revision } = applied;
  if (outcome.kind === 'lease-granted') {
    const { leaseId, ttlMs } = outcome;
    store.leases.set(leaseId, { ttlMs, remainingMs: ttlMs, notesUnderWay: 0 });
    giveTime(context, server, leaseId, ttlMs);
  } else if (outcome.kind === 'lease-ended') {
    store.leases.delete(outcome.leaseId);
    forgetDeadline(server, outcome.leaseId);
    server.ending.delete(outcome.leaseId);
  } else if (outcome.kind === 'compacted') {
    // Who was told all that there was for it loses nothing by a compaction: it must not be taken for one that is behind.
    publishAll(context, server);
    compactChanges(store, outcome.revision);
  }
  if (events.length > 0) {
    store.revision = revision;
    recordChange(store, events);
  }
  observeApplied(context, { command, applied }, true, index);
  if (events.length > 0) publish(context, server, events);
}

/** A snapshot has taken the place of what was known; watches go on from where they stand, as far as its history goes back. */
export function takeSummary(
  context: ReplicaContext,
  server: ReplicaServer,
  logIndex: number,
  summary: StoreSummary,
): void {
  const { revision, compactedRevision, history, historyEvents, leases } = summary;
  const { store } = server;
  Object.assign(store, { revision, compactedRevision, history: [...history], historyEvents });
  store.leases.clear();
  server.deadlines.clear();
  for (const { leaseId, ttlMs, remainingMs } of leases) {
    store.leases.set(leaseId, { ttlMs, remainingMs, notesUnderWay: 0 });
  }
  const changes = history.map((change) => ({ revision: change.revision, events: observedEvents(change.events) }));
  observe(context, { type: 'replica-restored', logIndex, revision, leases, changes });
  publishAll(context, server);
}
