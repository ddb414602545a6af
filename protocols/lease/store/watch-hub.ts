import { assert } from '../../../runtime/assert.js';
import type { WatchEvent } from '../../coordinator/index.js';
import { changeIndexFrom, firstKeptRevision } from './history.js';
import type { Change, ChangeHistory } from './store.js';

/**
 * Bookkeeping of watches over one store: which events each has yet to get. Plain data. A batch covers the revisions
 * `fromRevision .. nextRevision - 1` wholly, and a watch's batches join without gap or overlap; so whoever receives them can
 * tell a lost, doubled or late one by its bounds, and resume from where it stands.
 */
export interface WatchHub {
  readonly watches: Map<string, Watch>;
  /** Ids of the watches by prefix, so that an event finds its watches without asking each. */
  readonly byPrefix: Map<string, Set<string>>;
  /** How many prefixes there are of each length. */
  readonly prefixLengths: Map<number, number>;
}

export interface Watch {
  readonly prefix: string;
  /** The first revision that it was not given yet. */
  nextRevision: number;
}

export interface WatchBatch {
  readonly fromRevision: number;
  readonly nextRevision: number;
  /** Ordered; the events of a revision are together in one. Revisions without an event for the watch are left out. */
  readonly changes: readonly Change[];
}

export function emptyHub(): WatchHub {
  return { watches: new Map(), byPrefix: new Map(), prefixLengths: new Map() };
}

/** Adds a watch, or sets an existing one of that id to another prefix or position. `fromRevision` 0 is "from now on". */
export function addWatch(
  hub: WatchHub,
  store: ChangeHistory,
  watchId: string,
  prefix: string,
  fromRevision: number,
): Watch {
  removeWatch(hub, watchId);
  const watch: Watch = { prefix, nextRevision: fromRevision === 0 ? store.revision + 1 : fromRevision };
  hub.watches.set(watchId, watch);
  const sharing = hub.byPrefix.get(prefix);
  if (sharing !== undefined) {
    sharing.add(watchId);
  } else {
    hub.byPrefix.set(prefix, new Set([watchId]));
    hub.prefixLengths.set(prefix.length, (hub.prefixLengths.get(prefix.length) ?? 0) + 1);
  }
  return watch;
}

export function removeWatch(hub: WatchHub, watchId: string): void {
  const watch = hub.watches.get(watchId);
  if (watch === undefined) return;
  hub.watches.delete(watchId);
  const sharing = hub.byPrefix.get(watch.prefix);
  assert(sharing !== undefined && sharing.has(watchId), 'a watch is found under its prefix');
  sharing.delete(watchId);
  if (sharing.size > 0) return;
  hub.byPrefix.delete(watch.prefix);
  const count = hub.prefixLengths.get(watch.prefix.length) ?? 0;
  assert(count > 0, 'the length of a prefix is counted');
  if (count === 1) hub.prefixLengths.delete(watch.prefix.length);
  else hub.prefixLengths.set(watch.prefix.length, count - 1);
}

/** Ids of the watches that want one of these events, in the order in which the events meet them, each once. */
export function watchesOf(hub: WatchHub, events: readonly WatchEvent[]): string[] {
  const found = new Set<string>();
  for (const event of events) {
    for (const length of hub.prefixLengths.keys()) {
      const { key } = event.entry;
      if (length > key.length) continue;
      for (const watchId of hub.byPrefix.get(key.slice(0, length)) ?? []) found.add(watchId);
    }
  }
  return [...found];
}

/** Whether the watch wants a revision whose events are gone: it can only begin anew, after a read. */
export function isCompacted(store: ChangeHistory, watch: Watch): boolean {
  return watch.nextRevision < firstKeptRevision(store);
}

/**
 * The next batch of a watch that is not compacted, with at most about `maxEvents` (a revision is never split), or undefined if it is
 * up to date. Moves the watch on. A batch may be empty: it tells how far nothing happened.
 */
export function takeBatch(
  hub: WatchHub,
  store: ChangeHistory,
  watchId: string,
  maxEvents: number,
): WatchBatch | undefined {
  const watch = hub.watches.get(watchId);
  assert(watch !== undefined, 'a batch is taken for a watch that is there');
  assert(!isCompacted(store, watch), 'a compacted watch has ended');
  if (watch.nextRevision > store.revision) return undefined;
  const fromRevision = watch.nextRevision;
  const changes: Change[] = [];
  let count = 0;
  let index = changeIndexFrom(store, fromRevision);
  for (; index < store.history.length && count < maxEvents; index++) {
    const change = store.history[index] as Change;
    const events = change.events.filter((event) => event.entry.key.startsWith(watch.prefix));
    if (events.length > 0) changes.push({ revision: change.revision, events });
    count += events.length;
  }
  watch.nextRevision = index < store.history.length ? (store.history[index] as Change).revision : store.revision + 1;
  return { fromRevision, nextRevision: watch.nextRevision, changes };
}
