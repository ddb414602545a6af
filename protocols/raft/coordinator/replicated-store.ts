import type { Plain } from '../../../runtime/data.js';
import type { Operation, WatchEvent } from '../../coordinator/index.js';
import {
  applyCommand,
  emptyStore,
  imageOfStore,
  readStore,
  storeOfImage,
  type Change,
  type Outcome,
  type Store,
  type StoreCommand,
  type StoreImage,
} from '../../lease/index.js';
import type { KeyValue } from '../../coordinator/index.js';
import type { StateMachine } from '../machine.js';

/** Keys of elections, whose values name the holder. */
export const ELECTION_PREFIX = 'election/';

/** What the replicated store is asked. Operations must be without fault and only read. */
export type StoreQuery =
  | { readonly kind: 'read'; readonly operations: readonly Operation[] }
  | { readonly kind: 'lease'; readonly leaseId: string };

export type StoreAnswer =
  { readonly revision: number; readonly results: ReturnType<typeof readStore> } | { readonly ttlMs: number };

/** What a command changed: told to the coordinator on each replica's node. `revision` has grown if there are events. */
export interface StoreNotice {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
  readonly granted: { readonly leaseId: string; readonly ttlMs: number } | null;
  /** Id of the lease that ended, or ''. */
  readonly ended: string;
}

/** What the coordinator beside a replica knows from notices otherwise. */
export interface StoreSummary {
  readonly revision: number;
  readonly compactedRevision: number;
  readonly history: readonly Change[];
  readonly historyEvents: number;
  readonly leases: readonly { readonly leaseId: string; readonly ttlMs: number }[];
  readonly elections: readonly KeyValue[];
}

function summaryOf({ revision, compactedRevision, history, historyEvents, leases, entries }: Store): StoreSummary {
  return {
    revision,
    compactedRevision,
    history,
    historyEvents,
    leases: [...leases].map(([leaseId, { ttlMs }]) => ({ leaseId, ttlMs })),
    elections: [...entries.values()].filter(({ key }) => key.startsWith(ELECTION_PREFIX)),
  };
}

/** The lease store as a replicated state machine. Repetitions are recognised by raft, so commands come without a requestId. */
export const replicatedStore: StateMachine<Store> = Object.freeze({
  init: () => emptyStore(),
  toImage: (store: Store) => imageOfStore(store) as unknown as Plain,
  ofImage: (image: Plain) => storeOfImage(image as unknown as StoreImage),
  summary: (store: Store) => summaryOf(store) as unknown as Plain,
  apply(store: Store, command: Plain) {
    const { outcome, revision, events } = applyCommand(store, command as unknown as StoreCommand);
    const result = outcome as unknown as Plain;
    const granted = outcome.kind === 'lease-granted' ? { leaseId: outcome.leaseId, ttlMs: outcome.ttlMs } : null;
    const ended = outcome.kind === 'lease-ended' ? outcome.leaseId : '';
    if (events.length === 0 && granted === null && ended === '') return { result };
    const notice: StoreNotice = { revision, events, granted, ended };
    return { result, notice: notice as unknown as Plain };
  },
  query(store: Store, query: Plain) {
    const asked = query as unknown as StoreQuery;
    // ttlMs 0: there is no such lease.
    if (asked.kind === 'lease') return { ttlMs: store.leases.get(asked.leaseId)?.ttlMs ?? 0 };
    return { revision: store.revision, results: readStore(store, asked.operations) as unknown as Plain };
  },
});

export type { Outcome, StoreCommand };
