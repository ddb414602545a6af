import type { KeyValue, WatchEvent } from '../../coordinator/index.js';
import { emptyKeys, type SortedKeys } from './sorted-keys.js';
import type { Outcome } from './command.js';
import { defaultStoreLimits, type StoreLimits } from './limits.js';

/**
 * A multi-version key-value store with leases, as plain data (with Map and Set). It changes through `applyCommand` only, which
 * decides by nothing but the store and the command: the same commands in the same order make the same store everywhere.
 *
 * Invariants: `revision` grows by one for each command that changes a key, and by nothing else; an entry's `leaseId`, where not '',
 * names a lease that lives and whose `keys` hold the entry's key; `history` holds all events of the revisions in
 * `compactedRevision .. revision`, in order; \`past\` holds what is needed to tell the state at any of these, and no more: of each key the
 * versions that were superseded after \`compactedRevision\`, oldest first.
 */
export interface Store {
  readonly limits: StoreLimits;
  /** Of the last change; 0 as long as nothing was ever written. */
  revision: number;
  /** What was before this revision is gone: its events, and the states in between. 0: nothing is. */
  compactedRevision: number;
  readonly keys: SortedKeys;
  /** Entries are never changed in place: events and answers share them. */
  readonly entries: Map<string, KeyValue>;
  /** Superseded versions by key, oldest first; no list is empty. */
  readonly past: Map<string, PastVersion[]>;
  /** The keys of `past` that are not there now. */
  readonly pastKeys: SortedKeys;
  readonly leases: Map<string, Lease>;
  /** Lease ids ever drawn; the next one follows from it. */
  leasesGranted: number;
  history: Change[];
  /** Events in `history`, all revisions together. */
  historyEvents: number;
  readonly requests: Requests;
}

/**
 * A version that is no longer the present one: it was so at the revisions `entry.modRevision` .. `until - 1`. At `until` the key was put
 * anew or deleted.
 */
export interface PastVersion {
  readonly entry: KeyValue;
  readonly until: number;
}

export interface Lease {
  readonly ttlMs: number;
  /** What it had left when that was last noted; all of it when it was granted, and when it was kept alive after a note. */
  remainingMs: number;
  /** Keys attached to it. */
  readonly keys: Set<string>;
}

/** What one revision changed: at most one event for each key. The place of an event in it is its sub-revision, from 0. */
export interface Change {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** First results by request, so that a retry takes effect once: see `requests.ts`. */
export interface Requests {
  /** Least recently heard first. */
  readonly clients: Map<string, ClientRequests>;
}

export interface ClientRequests {
  /** In the order in which they were applied. */
  readonly results: Map<string, Outcome>;
  /** The highest sequence number whose result was dropped; -1 if none was. */
  forgotten: number;
}

/** The part of a store that watches need: a replica of the changes alone serves them as well. */
export type ChangeHistory = Pick<Store, 'limits' | 'revision' | 'compactedRevision' | 'history' | 'historyEvents'>;

export function emptyStore(limits: Partial<StoreLimits> = {}): Store {
  return {
    limits: { ...defaultStoreLimits, ...limits },
    revision: 0,
    compactedRevision: 0,
    keys: emptyKeys(),
    entries: new Map(),
    past: new Map(),
    pastKeys: emptyKeys(),
    leases: new Map(),
    leasesGranted: 0,
    history: [],
    historyEvents: 0,
    requests: { clients: new Map() },
  };
}
