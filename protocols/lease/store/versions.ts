import { assert } from '../../../runtime/assert.js';
import type { KeyValue, WatchEvent } from '../../coordinator/index.js';
import { addKey, keysWithin, removeKey, type Span } from './sorted-keys.js';
import type { PastVersion, Store } from './store.js';

/** Takes the present version of a key out, into the past. */
export function supersede(store: Store, entry: KeyValue, until: number): void {
  const known = store.past.get(entry.key);
  if (known === undefined) store.past.set(entry.key, [{ entry, until }]);
  else known.push({ entry, until });
}

/** The key has gone; it is found among the past ones as long as a version of it is. */
export function noteDeleted(store: Store, key: string): void {
  assert(store.past.has(key), 'a deleted key has a past version');
  addKey(store.pastKeys, key);
}

/** The key, which was not there, is there again. */
export function noteCreated(store: Store, key: string): void {
  if (store.past.has(key)) removeKey(store.pastKeys, key);
}

/** What a key was at a revision that is not compacted. */
export function versionAt(store: Store, key: string, revision: number): KeyValue | undefined {
  const present = store.entries.get(key);
  if (present !== undefined && present.modRevision <= revision) return present;
  const version = endingAfter(store.past.get(key) ?? [], revision);
  return version !== undefined && version.entry.modRevision <= revision ? version.entry : undefined;
}

/** The first version, in order, that ended after a revision. */
function endingAfter(versions: readonly PastVersion[], revision: number): PastVersion | undefined {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle] as PastVersion).until <= revision) low = middle + 1;
    else high = middle;
  }
  return versions[low];
}

/** The entries of a span as they were at a revision that is not compacted, in key order. */
export function entriesAt(store: Store, span: Span, revision: number): KeyValue[] {
  const present = keysWithin(store.keys, span);
  const past = keysWithin(store.pastKeys, span);
  const found: KeyValue[] = [];
  let next = 0;
  const take = (key: string): void => {
    const entry = versionAt(store, key, revision);
    if (entry !== undefined) found.push(entry);
  };
  for (const key of present) {
    for (; next < past.length && (past[next] as string) < key; next++) take(past[next] as string);
    take(key);
  }
  for (; next < past.length; next++) take(past[next] as string);
  return found;
}

/** What the key was just before it was changed at `revision`: null if it was not there, undefined if that is compacted. */
export function versionBefore(store: Pick<Store, 'past'>, event: WatchEvent): KeyValue | null | undefined {
  const { entry, kind } = event;
  if (kind === 'put' && entry.version === 1) return null;
  const version = endingAfter(store.past.get(entry.key) ?? [], entry.modRevision - 1);
  return version?.until === entry.modRevision ? version.entry : undefined;
}

/** Drops what these events superseded, up to the compacted revision: no read can ask for it any more. */
export function forgetVersions(store: Store, events: readonly WatchEvent[]): void {
  for (const { entry } of events) {
    const versions = store.past.get(entry.key);
    if (versions === undefined) continue;
    let gone = 0;
    while (gone < versions.length && (versions[gone] as PastVersion).until <= store.compactedRevision) gone += 1;
    if (gone < versions.length) {
      versions.splice(0, gone);
    } else {
      store.past.delete(entry.key);
      removeKey(store.pastKeys, entry.key);
    }
  }
}
