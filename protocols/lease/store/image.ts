import type { Plain } from '../../../runtime/data.js';
import type { KeyValue } from '../../coordinator/index.js';
import type { Outcome } from './command.js';
import { digestHex, digestPlain, newDigest } from './plain-value.js';
import { firstKeptRevision } from './history.js';
import { addKey, keysWithin } from './sorted-keys.js';
import type { StoreLimits } from './limits.js';
import { emptyStore, type Change, type PastVersion, type Store } from './store.js';
import { noteDeleted, supersede } from './versions.js';

/** A store as plain data: what a snapshot holds. Equal stores have equal images. */
export interface StoreImage {
  readonly limits: StoreLimits;
  readonly revision: number;
  readonly compactedRevision: number;
  /** In key order; each knows its lease, from which the keys of the leases follow. */
  readonly entries: readonly KeyValue[];
  /** In the order of granting. */
  readonly leases: readonly { readonly leaseId: string; readonly ttlMs: number; readonly remainingMs: number }[];
  readonly leasesGranted: number;
  readonly history: readonly Change[];
  /** Past versions that are older than the history. Those that it tells of follow from it. */
  readonly past: readonly PastVersion[];
  /** Least recently heard first, results in the order of their application. */
  readonly clients: readonly {
    readonly client: string;
    readonly forgotten: number;
    readonly results: readonly { readonly requestId: string; readonly outcome: Outcome }[];
  }[];
}

export function imageOfStore(store: Store): StoreImage {
  return {
    limits: store.limits,
    revision: store.revision,
    compactedRevision: store.compactedRevision,
    entries: keysWithin(store.keys, { prefix: '' }).map((key) => store.entries.get(key) as KeyValue),
    leases: [...store.leases].map(([leaseId, { ttlMs, remainingMs }]) => ({ leaseId, ttlMs, remainingMs })),
    leasesGranted: store.leasesGranted,
    history: [...store.history],
    past: versionsBefore(store, firstKeptRevision(store)),
    clients: [...store.requests.clients].map(([client, known]) => ({
      client,
      forgotten: known.forgotten,
      results: [...known.results].map(([requestId, outcome]) => ({ requestId, outcome })),
    })),
  };
}

/** The store of an image that `imageOfStore` made. */
export function storeOfImage(image: StoreImage): Store {
  const store = emptyStore(image.limits);
  store.revision = image.revision;
  store.compactedRevision = image.compactedRevision;
  store.leasesGranted = image.leasesGranted;
  for (const { leaseId, ttlMs, remainingMs } of image.leases) {
    store.leases.set(leaseId, { ttlMs, remainingMs, keys: new Set() });
  }
  for (const entry of image.entries) {
    store.entries.set(entry.key, entry);
    addKey(store.keys, entry.key);
    if (entry.leaseId !== '') store.leases.get(entry.leaseId)?.keys.add(entry.key);
  }
  store.history = [...image.history];
  store.historyEvents = image.history.reduce((sum, change) => sum + change.events.length, 0);
  restorePast(store, image.past);
  for (const { client, forgotten, results } of image.clients) {
    const known = new Map(results.map(({ requestId, outcome }) => [requestId, outcome]));
    store.requests.clients.set(client, { forgotten, results: known });
  }
  return store;
}

/** In key order. At most one of each key: what is older still is compacted. */
function versionsBefore(store: Store, revision: number): PastVersion[] {
  const found: PastVersion[] = [];
  for (const versions of store.past.values()) {
    const [oldest] = versions;
    if (oldest !== undefined && oldest.entry.modRevision < revision) found.push(oldest);
  }
  return found.sort((left, right) => (left.entry.key < right.entry.key ? -1 : 1));
}

/** Lives the history through once more, to find what each of its events superseded. */
function restorePast(store: Store, oldest: readonly PastVersion[]): void {
  for (const { entry, until } of oldest) supersede(store, entry, until);
  const last = new Map<string, KeyValue>();
  for (const { revision, events } of store.history) {
    for (const { kind, entry } of events) {
      const before = last.get(entry.key);
      if (before !== undefined && revision > store.compactedRevision) supersede(store, before, revision);
      if (kind === 'put') last.set(entry.key, entry);
      else last.delete(entry.key);
    }
  }
  for (const key of store.past.keys()) if (!store.entries.has(key)) noteDeleted(store, key);
}

/** 16 hexadecimal digits that two stores share if and, but for accident, only if they are equal. Costs a walk over all of it. */
export function stateHash(store: Store): string {
  const digest = newDigest();
  digestPlain(digest, imageOfStore(store) as unknown as Plain);
  return digestHex(digest);
}
