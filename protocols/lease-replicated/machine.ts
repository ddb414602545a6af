import type { Plain } from '../../runtime/data.js';
import type { Operation, OperationResult, WatchEvent } from '../coordinator/index.js';
import {
  applyCommand,
  checkpointLeases,
  emptyStore,
  imageOfStore,
  LISTED_MAX,
  readStore,
  storeOfImage,
  versionBefore,
  type Applied,
  type Change,
  type LeaseCheckpoint,
  type Store,
  type StoreCommand,
  type StoreEntry,
  type StoreImage,
  type StoreLimits,
} from '../lease/index.js';
import type { StateMachine } from '../raft/index.js';

/** What a replica is asked, each linearizable by raft. Operations only read, and are without fault. */
export type StoreQuery =
  | { readonly kind: 'read'; readonly operations: readonly Operation[] }
  | { readonly kind: 'lease'; readonly leaseId: string; readonly keys: boolean }
  | { readonly kind: 'leases' }
  | { readonly kind: 'revision' };

export type QueryAnswer =
  | { readonly kind: 'read'; readonly revision: number; readonly results: readonly OperationResult[] }
  | { readonly kind: 'lease'; readonly ttlMs: number; readonly keys: readonly string[]; readonly more: boolean }
  | { readonly kind: 'no-lease' }
  | { readonly kind: 'leases'; readonly leases: readonly string[]; readonly more: boolean }
  | { readonly kind: 'revision'; readonly revision: number };

/**
 * What applying the entry at `index` did, for the server beside the replica. A transaction is told without its operations and results; its
 * events have the entries as they were before, null where there were none.
 */
export type StoreNotice =
  | { readonly kind: 'applied'; readonly index: number; readonly command: StoreCommand; readonly applied: Applied }
  | { readonly kind: 'noted'; readonly index: number; readonly checkpoint: LeaseCheckpoint };

/** What notices would have told, where the replica came to where it is by a snapshot. */
export interface StoreSummary {
  readonly revision: number;
  readonly compactedRevision: number;
  readonly history: readonly Change[];
  readonly historyEvents: number;
  readonly leases: readonly { readonly leaseId: string; readonly ttlMs: number; readonly remainingMs: number }[];
}

/**
 * The lease store as a replicated state machine: the entries of its log are those of the store on one node. Requests are remembered by
 * raft, which knows a repetition before it is applied, so the store's own memory of them stays empty.
 */
export function replicatedLeaseStore(limits: Partial<StoreLimits>): StateMachine<Store> {
  return Object.freeze({
    init: () => emptyStore(limits),
    toImage: (store: Store) => imageOfStore(store) as unknown as Plain,
    ofImage: (image: Plain) => storeOfImage(image as unknown as StoreImage),
    summary: (store: Store) => summaryOf(store) as unknown as Plain,
    apply: (store: Store, command: Plain, index: number) => applyEntry(store, command as unknown as StoreEntry, index),
    query: (store: Store, query: Plain) => answerQuery(store, query as unknown as StoreQuery) as unknown as Plain,
  });
}

function applyEntry(store: Store, entry: StoreEntry, index: number): { result: Plain; notice: Plain } {
  if (entry.kind === 'lease-checkpoint') {
    checkpointLeases(store, entry);
    const noted: StoreNotice = { kind: 'noted', index, checkpoint: entry };
    return { result: null, notice: noted as unknown as Plain };
  }
  const applied = applyCommand(store, entry.kind === 'lease-expire' ? entry : { ...entry, requestId: '' });
  const told: Applied = { ...applied, outcome: withoutResults(applied), events: withPrevious(store, applied.events) };
  const notice: StoreNotice = { kind: 'applied', index, command: withoutOperations(entry), applied: told };
  return { result: applied.outcome as unknown as Plain, notice: notice as unknown as Plain };
}

function withoutResults({ outcome }: Applied): Applied['outcome'] {
  return outcome.kind === 'txn-done' ? { ...outcome, results: [] } : outcome;
}

function withoutOperations(command: StoreCommand): StoreCommand {
  return command.kind === 'txn' ? { ...command, compare: [], then: [], else: [] } : command;
}

function withPrevious(store: Store, events: readonly WatchEvent[]): readonly WatchEvent[] {
  return events.map((event) => {
    const previous = versionBefore(store, event);
    return previous === undefined ? event : { ...event, previous };
  });
}

function summaryOf(store: Store): StoreSummary {
  const { revision, compactedRevision, history, historyEvents, leases } = store;
  return {
    revision,
    compactedRevision,
    history: history.map((change) => ({ revision: change.revision, events: withPrevious(store, change.events) })),
    historyEvents,
    leases: [...leases].map(([leaseId, { ttlMs, remainingMs }]) => ({ leaseId, ttlMs, remainingMs })),
  };
}

function answerQuery(store: Store, query: StoreQuery): QueryAnswer {
  switch (query.kind) {
    case 'read':
      return { kind: 'read', revision: store.revision, results: readStore(store, query.operations) };
    case 'lease': {
      const lease = store.leases.get(query.leaseId);
      if (lease === undefined) return { kind: 'no-lease' };
      const keys = query.keys ? [...lease.keys].sort().slice(0, LISTED_MAX) : [];
      return { kind: 'lease', ttlMs: lease.ttlMs, keys, more: query.keys && lease.keys.size > LISTED_MAX };
    }
    case 'leases': {
      const all = [...store.leases.keys()];
      return { kind: 'leases', leases: all.slice(0, LISTED_MAX), more: all.length > LISTED_MAX };
    }
    case 'revision':
      return { kind: 'revision', revision: store.revision };
  }
}
