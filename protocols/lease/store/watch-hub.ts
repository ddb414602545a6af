import { assert } from '../../../runtime/assert.js';
import type { WatchEvent } from '../../coordinator/index.js';
import { changeIndexFrom, firstKeptRevision } from './history.js';
import { plainSizeBytes } from './plain-value.js';
import { isWithin, type Span } from './sorted-keys.js';
import type { Change, ChangeHistory } from './store.js';

/**
 * Bookkeeping of watches over one store: which events each has yet to get. Plain data. A batch covers all from its first position to its
 * next one, a position being a revision and a sub-revision, and a watch's batches join without gap or overlap; so whoever receives
 * them can tell a lost, doubled or late one by its bounds, and resume from where it stands.
 */
export interface WatchHub {
  readonly watches: Map<string, Watch>;
  /** Ids of the watches by prefix, so that an event finds its watches without asking each. */
  readonly byPrefix: Map<string, Set<string>>;
  /** How many prefixes there are of each length. */
  readonly prefixLengths: Map<number, number>;
}

/** Which events a watch is for: those of the keys of a span, but for the kinds that it goes without. */
export interface WatchInterest extends Span {
  readonly without?: readonly WatchEvent['kind'][];
}

export interface Watch {
  readonly interest: WatchInterest;
  /** The first revision that it was not given yet, or not wholly. */
  nextRevision: number;
  /** Of that revision the first event, by its sub-revision, that it was not given or spared. */
  nextEvent: number;
}

export interface WatchBatch {
  readonly fromRevision: number;
  /** Absent: 0. */
  readonly fromEvent?: number;
  readonly nextRevision: number;
  readonly nextEvent?: number;
  /** Ordered. Revisions without an event for the watch are left out; the first and the last may be parts, if they are cut there. */
  readonly changes: readonly Change[];
}

export function emptyHub(): WatchHub {
  return { watches: new Map(), byPrefix: new Map(), prefixLengths: new Map() };
}

/**
 * Adds a watch, or sets an existing one of that id to another interest or position. A string is a prefix; `fromRevision` 0 is "from now
 * on".
 */
export function addWatch(
  hub: WatchHub,
  store: ChangeHistory,
  watchId: string,
  wanted: string | WatchInterest,
  fromRevision: number,
  fromEvent = 0,
): Watch {
  removeWatch(hub, watchId);
  const interest = typeof wanted === 'string' ? { prefix: wanted } : wanted;
  const nextRevision = fromRevision === 0 ? store.revision + 1 : fromRevision;
  const watch: Watch = { interest, nextRevision, nextEvent: fromEvent };
  hub.watches.set(watchId, watch);
  const { prefix } = interest;
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
  const { prefix } = watch.interest;
  const sharing = hub.byPrefix.get(prefix);
  assert(sharing !== undefined && sharing.has(watchId), 'a watch is found under its prefix');
  sharing.delete(watchId);
  if (sharing.size > 0) return;
  hub.byPrefix.delete(prefix);
  const count = hub.prefixLengths.get(prefix.length) ?? 0;
  assert(count > 0, 'the length of a prefix is counted');
  if (count === 1) hub.prefixLengths.delete(prefix.length);
  else hub.prefixLengths.set(prefix.length, count - 1);
}

/** Ids of the watches that want one of these events, in the order in which the events meet them, each once. */
export function watchesOf(hub: WatchHub, events: readonly WatchEvent[]): string[] {
  const found = new Set<string>();
  for (const event of events) {
    for (const length of hub.prefixLengths.keys()) {
      const { key } = event.entry;
      if (length > key.length) continue;
      for (const watchId of hub.byPrefix.get(key.slice(0, length)) ?? []) {
        const interest = hub.watches.get(watchId)?.interest;
        if (interest !== undefined && isOfInterest(interest, event)) found.add(watchId);
      }
    }
  }
  return [...found];
}

export function isOfInterest(interest: WatchInterest, { kind, entry }: WatchEvent): boolean {
  return isWithin(interest, entry.key) && interest.without?.includes(kind) !== true;
}

/** Whether the watch wants a revision whose events are gone: it can only begin anew, after a read. */
export function isCompacted(store: ChangeHistory, watch: Watch): boolean {
  return watch.nextRevision < firstKeptRevision(store);
}

/**
 * The next batch of a watch that is not compacted, or undefined if it is up to date. Moves the watch on. It has at most about `maxEvents`, and
 * ends with a whole revision, unless `fragmentBytes` is given: then it is cut, also within a revision, where more events would make it
 * larger than that; a single event is never cut. A batch may be empty: it tells how far nothing happened.
 */
export function takeBatch(
  hub: WatchHub,
  store: ChangeHistory,
  watchId: string,
  maxEvents: number,
  fragmentBytes = Infinity,
): WatchBatch | undefined {
  const watch = hub.watches.get(watchId);
  assert(watch !== undefined, 'a batch is taken for a watch that is there');
  assert(!isCompacted(store, watch), 'a compacted watch has ended');
  if (watch.nextRevision > store.revision) return undefined;
  const { nextRevision: fromRevision, nextEvent: fromEvent } = watch;
  const changes: Change[] = [];
  const room = { events: maxEvents, bytes: fragmentBytes, isEmpty: true };
  let index = changeIndexFrom(store, fromRevision);
  let sub = fromEvent;
  for (; index < store.history.length && room.events > 0; index++) {
    const change = store.history[index] as Change;
    const { events, next } = cutChange(watch.interest, change, sub, room);
    if (events.length > 0) changes.push({ revision: change.revision, events });
    sub = next;
    if (next < change.events.length) break;
    sub = 0;
  }
  watch.nextRevision = index < store.history.length ? (store.history[index] as Change).revision : store.revision + 1;
  watch.nextEvent = sub;
  return {
    fromRevision,
    nextRevision: watch.nextRevision,
    changes,
    ...(fromEvent > 0 ? { fromEvent } : {}),
    ...(sub > 0 ? { nextEvent: sub } : {}),
  };
}

/** The events of a change, from sub-revision `from` on, for which there is room; `next` is the first that was not looked at. */
function cutChange(
  interest: WatchInterest,
  change: Change,
  from: number,
  room: { events: number; bytes: number; isEmpty: boolean },
): { readonly events: readonly WatchEvent[]; readonly next: number } {
  const events: WatchEvent[] = [];
  let next = from;
  for (; next < change.events.length; next++) {
    const event = change.events[next] as WatchEvent;
    if (!isOfInterest(interest, event)) continue;
    if (room.bytes !== Infinity) {
      const bytes = sizeOfEvent(event);
      if (bytes > room.bytes && !room.isEmpty) break;
      room.bytes -= bytes;
    }
    room.events -= 1;
    room.isEmpty = false;
    events.push(event);
  }
  return { events, next };
}

/** About what an event takes when encoded. */
function sizeOfEvent({ entry }: WatchEvent): number {
  const FIXED_BYTES = 64;
  return FIXED_BYTES + 2 * (entry.key.length + entry.leaseId.length) + plainSizeBytes(entry.value);
}
