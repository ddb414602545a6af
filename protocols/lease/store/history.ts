import type { WatchEvent } from '../../coordinator/index.js';
import { failed, type Outcome } from './command.js';
import type { Change, ChangeHistory } from './store.js';

/** Takes the events of the newest revision into the history, and drops the oldest revisions where it has grown too long. */
export function recordChange(store: ChangeHistory, events: readonly WatchEvent[]): void {
  store.history.push({ revision: store.revision, events });
  store.historyEvents += events.length;
  if (store.historyEvents <= store.limits.historyEvents) return;
  // A quarter at once, so that the cost of moving the rest is spread over many changes.
  const target = store.limits.historyEvents - (store.limits.historyEvents >>> 2);
  let left = store.historyEvents;
  let dropped = 0;
  while (left > target && dropped < store.history.length - 1) {
    left -= (store.history[dropped] as Change).events.length;
    dropped += 1;
  }
  dropOldest(store, dropped);
}

export function compactHistory(store: ChangeHistory, revision: number): Outcome {
  if (revision > store.revision) {
    return failed('invalid', `revision: ${revision} is yet to come; the store is at ${store.revision}`);
  }
  if (revision <= store.compactedRevision) {
    return failed('compacted', `revision: ${revision} is gone already; compacted up to ${store.compactedRevision}`);
  }
  dropOldest(store, changeIndexFrom(store, revision + 1));
  store.compactedRevision = revision;
  return { kind: 'compacted', revision };
}

function dropOldest(store: ChangeHistory, count: number): void {
  for (const change of store.history.splice(0, count)) {
    store.historyEvents -= change.events.length;
    store.compactedRevision = change.revision;
  }
}

/** Index in the history of the first change with a revision >= `revision`; its length where there is none. */
export function changeIndexFrom(store: ChangeHistory, revision: number): number {
  // Every revision has its change, so the place follows from the number.
  return Math.min(Math.max(0, revision - store.compactedRevision - 1), store.history.length);
}
