import type { NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import type { Context, ReplyTo } from '../../runtime/context.js';
import type { PlainObject } from '../../runtime/data.js';
import {
  defaultServerOptions,
  defaultStoreLimits,
  emptyHub,
  type ChangeHistory,
  type LeaseTimes,
  type Session,
  type StoreLimits,
  type WatchHub,
  type WatchOptions,
  type WatchServer,
} from '../lease/index.js';
import type { Role } from '../raft/index.js';
import type { ServerMessage, ServerMessageOf } from './server-messages.js';

/** What one server of a replicated store is set up with; the same at all of them. */
export interface ReplicaOptions extends PlainObject, WatchOptions {
  readonly limits: Partial<StoreLimits>;
  /**
   * How much of a lease's time a change of the primary may forget, besides `extendMs` and the time without one. What leases have left is
   * noted in the replicated log often enough for that.
   */
  readonly checkpointEveryMs: number;
  /** What a new primary gives every lease besides what it had left: nobody could keep it alive during the election. */
  readonly extendMs: number;
  /** How long raft may take for an answer: longer than its own limits, so that its more precise answer comes first. */
  readonly raftTimeoutMs: number;
}

const { snapshotEvery: _snapshots, ...singleDefaults } = defaultServerOptions;
export const replicaDefaults: Omit<ReplicaOptions, 'extendMs' | 'raftTimeoutMs'> = Object.freeze(singleDefaults);

/** A lease as this server knows it from what its replica has applied. */
export interface KnownLease {
  readonly ttlMs: number;
  /** What the log says that it has left. */
  remainingMs: number;
  /** Primary: notes of ours that say less than its time to live, proposed and not applied yet. */
  notesUnderWay: number;
}

/** What a server knows of the store: its changes, for watches, and its leases. Entries and requests are with the replica alone. */
export interface KnownStore extends ChangeHistory {
  readonly leases: Map<string, KnownLease>;
}

/**
 * A server's part in the life of leases. Only the primary, which is beside raft's leader, lets them run out; it is so from when raft has shown,
 * by a read, that everything of earlier terms has been applied here.
 */
export type Office = 'none' | 'awaiting' | 'primary';

/** The state of a server of the replicated store. Nothing of it is durable: the replica beside it has what is. */
export interface ReplicaServer extends WatchServer, LeaseTimes {
  readonly options: ReplicaOptions;
  readonly store: KnownStore;
  readonly deadlines: Map<string, number>;
  readonly hub: WatchHub;
  readonly sessions: Map<string, Session>;
  /** Up to where the replica has applied its log. */
  applied: number;
  role: Role;
  term: number;
  /** '' where none is known. */
  leader: NodeId;
  office: Office;
  /** Primary: leases whose end was proposed, by the id of the proposal. Nothing keeps them alive any more. */
  readonly ending: Map<string, string>;
  /** Watches from "now on" for which raft was asked where that is. */
  readonly asking: Set<string>;
}

export type ReplicaContext = Context<ServerMessage>;

/** Why raft was asked, and so what becomes of its answer. Kept in state while it is under way, hence plain. */
export type Purpose =
  | {
      readonly for: 'execute';
      readonly replyTo: ReplyTo;
      readonly requestId: string;
      readonly kind: string;
      readonly applied: number;
    }
  | { readonly for: 'read'; readonly replyTo: ReplyTo; readonly readId: string }
  | { readonly for: 'leases'; readonly replyTo: ReplyTo; readonly readId: string }
  | {
      readonly for: 'time-to-live';
      readonly replyTo: ReplyTo;
      readonly readId: string;
      readonly leaseId: string;
      readonly term: number;
    }
  | {
      readonly for: 'keep-alive';
      readonly replyTo: ReplyTo;
      readonly leaseId: string;
      readonly attempt: number;
      readonly term: number;
      /** When it came, on our monotonic clock. */
      readonly sinceMs: number;
    }
  | { readonly for: 'promotion'; readonly term: number }
  | { readonly for: 'expiry'; readonly leaseId: string; readonly proposalId: string; readonly term: number }
  | { readonly for: 'note'; readonly leaseIds: readonly string[]; readonly term: number }
  | {
      readonly for: 'watch';
      readonly session: string;
      readonly watch: ServerMessageOf<'store-watch'>['watches'][number];
    };

export function newReplicaServer(options: ReplicaOptions): ReplicaServer {
  const { checkpointEveryMs, extendMs, raftTimeoutMs, maxEventsPerBatch } = options;
  const isPositive = checkpointEveryMs > 0 && raftTimeoutMs > 0 && maxEventsPerBatch > 0 && extendMs >= 0;
  assert(isPositive, 'a replicated lease store is set up with positive numbers');
  return {
    options,
    store: {
      limits: { ...defaultStoreLimits, ...options.limits },
      revision: 0,
      compactedRevision: 0,
      history: [],
      historyEvents: 0,
      leases: new Map(),
    },
    deadlines: new Map(),
    ringsAtMs: undefined,
    checkpointAtMs: undefined,
    hub: emptyHub(),
    sessions: new Map(),
    applied: 0,
    role: 'follower',
    term: 0,
    leader: '',
    office: 'none',
    ending: new Map(),
    asking: new Set(),
  };
}
