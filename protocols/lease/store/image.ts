import type { Plain } from '../../../runtime/data.js';
import type { KeyValue } from '../../coordinator/index.js';
import type { Outcome } from './command.js';
import { digestHex, digestPlain, newDigest } from './plain-value.js';
import { addKey, keysUnder } from './sorted-keys.js';
import type { StoreLimits } from './limits.js';
import { emptyStore, type Change, type Store } from './store.js';

/** A store as plain data: what a snapshot holds. Equal stores have equal images. */
export interface StoreImage {
  readonly limits: StoreLimits;
  readonly revision: number;
  readonly compactedRevision: number;
  /** In key order; each knows its lease, from which the keys of the leases follow. */
  readonly entries: readonly KeyValue[];
  /** In the order of granting. */
  readonly leases: readonly { readonly leaseId: string; readonly ttlMs: number }[];
  readonly leasesGranted: number;
  readonly history: readonly Change[];
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
    entries: keysUnder(store.keys, '').map((key) => store.entries.get(key) as KeyValue),
    leases: [...store.leases].map(([leaseId, lease]) => ({ leaseId, ttlMs: lease.ttlMs })),
    leasesGranted: store.leasesGranted,
    history: [...store.history],
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
  for (const { leaseId, ttlMs } of image.leases) store.leases.set(leaseId, { ttlMs, keys: new Set() });
  for (const entry of image.entries) {
    store.entries.set(entry.key, entry);
    addKey(store.keys, entry.key);
    if (entry.leaseId !== '') store.leases.get(entry.leaseId)?.keys.add(entry.key);
  }
  store.history = [...image.history];
  store.historyEvents = image.history.reduce((sum, change) => sum + change.events.length, 0);
  for (const { client, forgotten, results } of image.clients) {
    const known = new Map(results.map(({ requestId, outcome }) => [requestId, outcome]));
    store.requests.clients.set(client, { forgotten, results: known });
  }
  return store;
}

/** 16 hexadecimal digits that two stores share if and, but for accident, only if they are equal. Costs a walk over all of it. */
export function stateHash(store: Store): string {
  const digest = newDigest();
  digestPlain(digest, imageOfStore(store) as unknown as Plain);
  return digestHex(digest);
}
