import type { AnyAddress } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { Lsn } from '../../../runtime/envelope.js';
import {
  emptyHub,
  emptyStore,
  type Applied,
  type ChangeHistory,
  type Lease,
  type LeaseCheckpoint,
  type Store,
  type StoreCommand,
  type StoreLimits,
  type WatchHub,
} from '../store/index.js';

/** What bounds the watches of a store node. */
export interface WatchOptions {
  /** A watch batch holds about this many events at most. */
  readonly maxEventsPerBatch: number;
  /** A batch takes about this much at most: a revision that is larger comes in fragments. */
  readonly fragmentBytes: number;
  /** At most so many batches answer one request; the member asks for more when it has them. */
  readonly batchesPerRequest: number;
  readonly maxSessions: number;
  readonly maxWatchesPerSession: number;
  /** A session not heard of for so long is forgotten; it comes back with its next round. */
  readonly sessionIdleMs: number;
}

/** What a lease store on one node is set up with; all of it has defaults. */
export interface LeaseServerOptions extends WatchOptions {
  readonly limits: Partial<StoreLimits>;
  /** Log entries after which a snapshot takes their place. */
  readonly snapshotEvery: number;
  /**
   * How much of a lease's time a restart may forget. What leases have left is noted in the log often enough for that; a lease that is kept
   * alive more often than twice in that time needs no note.
   */
  readonly checkpointEveryMs: number;
}

export const defaultServerOptions: LeaseServerOptions = Object.freeze({
  limits: Object.freeze({}),
  snapshotEvery: 1000,
  maxEventsPerBatch: 256,
  fragmentBytes: 1024 * 1024,
  batchesPerRequest: 4,
  checkpointEveryMs: 5 * 60 * 1000,
  maxSessions: 1024,
  maxWatchesPerSession: 256,
  sessionIdleMs: 30_000,
});

/** What serves watches: a history of changes, of which the past versions may be left out if its events have the previous entries. */
export interface WatchServer {
  readonly options: WatchOptions;
  readonly store: ChangeHistory & Partial<Pick<Store, 'past'>>;
  readonly hub: WatchHub;
  readonly sessions: Map<string, Session>;
}

/** What holds the clock of leases. */
export interface LeaseTimes {
  readonly options: Pick<LeaseServerOptions, 'checkpointEveryMs'>;
  readonly store: { readonly leases: ReadonlyMap<string, Pick<Lease, 'ttlMs' | 'remainingMs'>> };
  /** When each lease ends, on this life's monotonic clock. Every lease of the store has one, but for those whose end is under way. */
  readonly deadlines: Map<string, number>;
  /** Leases whose end was proposed and is not decided yet; none where nobody else has a say. */
  readonly ending?: ReadonlyMap<string, unknown>;
  /** When the expiry timer is set to ring; undefined where it is not set. */
  ringsAtMs: number | undefined;
  /** When leases are next looked through for time that was not noted; undefined where none lives that long. */
  checkpointAtMs: number | undefined;
}

/** The state of a store node's actor. Only `store` and `logged` follow from the log; the rest is this life's. */
export interface LeaseServer extends WatchServer, LeaseTimes {
  readonly options: LeaseServerOptions;
  readonly store: Store;
  /** Entries in the log since the last snapshot. */
  logged: number;
  /** LSN of the last entry of this life; a snapshot waits until it is durable. */
  lastLsn: Lsn;
  /** What the log told at the start, for the observations; emptied then. */
  replayed: Replayed[];
}

export type Replayed =
  { readonly command: StoreCommand; readonly applied: Applied } | { readonly command: LeaseCheckpoint };

/** One life of one member, and its watches. */
export interface Session {
  readonly id: string;
  /** Where its batches go. */
  readonly address: AnyAddress;
  round: number;
  heardMs: number;
  readonly watchIds: Set<string>;
}

export function newServer(options: LeaseServerOptions): LeaseServer {
  return serverOf(options, emptyStore(options.limits), []);
}

export function serverOf(options: LeaseServerOptions, store: Store, replayed: Replayed[]): LeaseServer {
  const { snapshotEvery, maxEventsPerBatch, checkpointEveryMs } = options;
  const isPositive = snapshotEvery > 0 && maxEventsPerBatch > 0 && checkpointEveryMs > 0;
  assert(isPositive, 'a lease store is set up with positive numbers');
  return {
    options,
    store,
    deadlines: new Map(),
    hub: emptyHub(),
    sessions: new Map(),
    logged: replayed.length,
    lastLsn: 0,
    replayed,
    ringsAtMs: undefined,
    checkpointAtMs: undefined,
  };
}
