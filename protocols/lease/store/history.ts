import type { WatchEvent } from '../../coordinator/index.js';
import { failed, type Outcome } from './command.js';
import type { Change, ChangeHistory, Store } from './store.js';
import { forgetVersions } from './versions.js';

/**
 * Takes the events of the newest revision into the history, and drops the oldest revisions where it has grown too long. Answers with
 * what was dropped.
 */
export function recordChange(store: ChangeHistory, events: readonly WatchEvent[]): readonly Change[] {
  store.history.push({ revision: store.revision, events });
  store.historyEvents += events.length;
  if (store.historyEvents <= store.limits.historyEvents) return [];
  // A quarter at once, so that the cost of moving the rest is spread over many changes.
  const target = store.limits.historyEvents - (store.limits.historyEvents >>> 2);
  let left = store.historyEvents;
  let dropped = 0;
  while (left > target && dropped < store.history.length - 1) {
    left -= (store.history[dropped] as Change).events.length;
    dropped += 1;
  }
  return dropOldest(store, dropped);
}

/** Makes what was changed a revision; none where nothing was. */
export function commitEvents(store: Store, events: readonly WatchEvent[]): void {
  if (events.length === 0) return;
  store.revision += 1;
  forgetDropped(store, recordChange(store, events));
}

/** As etcd's compaction: afterwards the state can be read as of `revision` and later, and watched from there. */
export function compactHistory(store: Store, revision: number): Outcome {
  if (revision > store.revision) {
    return failed('future-revision', `revision: ${revision} is yet to come; the store is at ${store.revision}`);
  }
  if (revision <= store.compactedRevision) {
    return failed('compacted', `revision: ${revision} is gone already; compacted up to ${store.compactedRevision}`);
  }
  forgetDropped(store, compactChanges(store, revision));
  return { kind: 'compacted', revision };
}

/** Drops the changes before a revision that a store has been compacted to. Answers with what was dropped. */
export function compactChanges(store: ChangeHistory, revision: number): readonly Change[] {
  const dropped = dropOldest(store, changeIndexFrom(store, revision));
  store.compactedRevision = revision;
  return dropped;
}

function dropOldest(store: ChangeHistory, count: number): readonly Change[] {
  const dropped = store.history.splice(0, count);
  for (const change of dropped) store.historyEvents -= change.events.length;
  const first = store.history[0];
  if (dropped.length > 0 && first !== undefined) store.compactedRevision = first.revision;
  return dropped;
}

/** The oldest revision that is kept superseded versions which nobody can read any more, just as those before it. */
function forgetDropped(store: Store, dropped: readonly Change[]): void {
  if (dropped.length === 0) return;
  for (const change of dropped) forgetVersions(store, change.events);
  forgetVersions(store, store.history[0]?.events ?? []);
}

/** The first revision whose events are still there; one more than the last revision where none is. */
export function firstKeptRevision(store: ChangeHistory): number {
  return store.history[0]?.revision ?? store.revision + 1;
}

/** Index in the history of the first change with a revision >= `revision`; its length where there is none. */
export function changeIndexFrom(store: ChangeHistory, revision: number): number {
  // Every revision has its change, so the place follows from the number.
  return Math.min(Math.max(0, revision - firstKeptRevision(store)), store.history.length);
}
