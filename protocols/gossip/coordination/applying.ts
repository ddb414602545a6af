import type { Plain } from '../../../runtime/data.js';
import type { WatchEvent } from '../../coordinator/index.js';
import { observe } from '../observations.js';
import { commitBatch } from '../registers/exchange.js';
import { OWN_PREFIX, type Register } from '../registers/register.js';
import { beginBatch, writeInBatch, type Batch, type Change } from '../registers/replica.js';
import { keyOfLease, leaseIdOfKey } from './keys.js';
import { keyValueOf, tell, type CoordinatorContext, type CoordinatorState, type Revision } from './state.js';

/** A write of this node within a batch. */
export function write(
  context: CoordinatorContext,
  state: CoordinatorState,
  batch: Batch,
  { key, value, leaseId = '' }: { readonly key: string; readonly value: Plain; readonly leaseId?: string },
): void {
  observeWrite(context, batch, writeInBatch(state.replica, batch, { key, value, deleted: false, leaseId }));
}

/** Deletes a key within a batch; answers how many keys that were: 0 or 1. */
export function remove(context: CoordinatorContext, state: CoordinatorState, batch: Batch, key: string): number {
  const held = state.replica.held.get(key);
  if (held === undefined || held.register.deleted) return 0;
  observeWrite(context, batch, writeInBatch(state.replica, batch, { key, value: null, deleted: true, leaseId: '' }));
  return 1;
}

function observeWrite(
  context: CoordinatorContext,
  { revision }: Batch,
  { key, counter, writer, deleted, overCounter, overWriter }: Register,
): void {
  observe(context, { type: 'register-written', key, counter, writer, deleted, overCounter, overWriter, revision });
}

/**
 * Ends a batch of this node's writes and lets watches see it, and then whatever follows from it. All changes, made here or merged, pass `publish`.
 */
export function commit(context: CoordinatorContext, state: CoordinatorState, batch: Batch): Change[] {
  return publish(context, state, commitBatch(context, state, batch));
}

/** Watches see the changes; keys whose lease has ended follow it. Answers with all that changed. */
export function publish(context: CoordinatorContext, state: CoordinatorState, changes: Change[]): Change[] {
  tellWatches(context, state, changes);
  const orphans = findOrphans(state, changes);
  if (orphans.size === 0) return changes;
  const batch = beginBatch(state.replica, context.wallMs());
  for (const key of orphans) remove(context, state, batch, key);
  const removed = commitBatch(context, state, batch);
  tellWatches(context, state, removed);
  return [...changes, ...removed];
}

/**
 * Live keys attached to a lease that has ended: whoever ended it knew only the keys that had reached it. Every replica that sees such a key deletes it; the
 * tombstones may be several and lose to whatever was written by someone who had seen one of them.
 */
function findOrphans(state: CoordinatorState, changes: readonly Change[]): Set<string> {
  const orphans = new Set<string>();
  for (const { after } of changes) {
    const { key, deleted, leaseId } = after.register;
    const endedLease = deleted ? leaseIdOfKey(key) : undefined;
    if (endedLease !== undefined)
      for (const attached of state.replica.keysOfLease.get(endedLease) ?? []) orphans.add(attached);
    const isAttached = !deleted && leaseId !== '';
    if (isAttached && state.replica.held.get(keyOfLease(leaseId))?.register.deleted === true) orphans.add(key);
  }
  return orphans;
}

function tellWatches(context: CoordinatorContext, state: CoordinatorState, changes: readonly Change[]): void {
  const events = changes.map(eventOf).filter((event) => event !== undefined);
  if (events.length === 0) return;
  const revision: Revision = { revision: state.replica.revision, events };
  state.history.push(revision);
  if (state.history.length > 2 * state.options.historyRevisions) {
    const dropped = state.history.splice(0, state.options.historyRevisions);
    state.compactedRevision = dropped.at(-1)?.revision ?? state.compactedRevision;
  }
  for (const { client, watchId, prefix, firstRevision } of state.watches.values()) {
    const seen = revision.revision < firstRevision ? [] : eventsUnder(revision, prefix);
    if (seen.length > 0) {
      tell(context, client, { type: 'watch-events', watchId, revision: revision.revision, events: seen });
    }
  }
}

/** The events of a revision that a watch sees; the coordinator's own keys only where the prefix asks for them. */
export function eventsUnder({ events }: Revision, prefix: string): WatchEvent[] {
  const seesOwn = prefix.startsWith(OWN_PREFIX);
  return events.filter(({ entry: { key } }) => key.startsWith(prefix) && (seesOwn || !key.startsWith(OWN_PREFIX)));
}

function eventOf({ before, after }: Change): WatchEvent | undefined {
  if (!after.register.deleted) return { kind: 'put', entry: keyValueOf(after) };
  if (before === undefined || before.register.deleted) return undefined;
  return { kind: 'delete', entry: { ...keyValueOf(before), value: null, modRevision: after.modRevision } };
}
