import type { Address, NodeId } from '../../../runtime/address.js';
import { addressOf } from '../../../runtime/address.js';
import type { Context, ReplyTo } from '../../../runtime/context.js';
import { combineMessages, messages, t, type MessageOf } from '../../../runtime/schema.js';
import { coordinatorRequests, COORDINATOR_ACTOR, type CoordinatorAnswer } from '../../coordinator/index.js';
import { defaultStoreLimits, emptyHub, type ChangeHistory, type WatchHub } from '../../lease/index.js';
import { raftAnswerFields, type RaftMessage } from '../messages.js';
import { RAFT_ACTOR } from '../raft.js';
import type { Role } from '../state.js';

/** What the coordinators of the members say to each other, what raft tells them, and their timers. */
const internalMessages = messages('raft-coordinator', {
  ...raftAnswerFields,
  /** To the coordinator beside the leader: only there are the deadlines of leases. Answer: `lease-keeping`. */
  'keep-lease': { leaseId: t.string },
  'lease-keeping': { leaseId: t.string, ttlMs: t.int, error: t.oneOf('', 'unavailable', 'lease-not-found') },
  /** From the leader's coordinator: whom the leader hears. */
  'member-view': { term: t.int, alive: t.array(t.string) },
  'leases-due': {},
  'member-view-due': {},
  'takeover-due': { election: t.string },
});
export const raftCoordinatorMessages = combineMessages('raft-coordinator', coordinatorRequests, internalMessages);
export type CoordinatorMessage = MessageOf<typeof raftCoordinatorMessages>;
export type CoordinatorMessageOf<T extends CoordinatorMessage['type']> = Extract<CoordinatorMessage, { type: T }>;

export type Client = Address<CoordinatorAnswer>;

export interface Lease {
  readonly ttlMs: number;
  /** On the leader's monotonic clock; elsewhere without meaning. */
  dueMs: number;
  /** Its end has been proposed. */
  isEnding: boolean;
}

export interface Candidate {
  readonly client: Client;
  readonly candidate: string;
}

export interface Election {
  /** In the order in which they came; at most one of a client. */
  readonly candidates: Candidate[];
  /** The election is ours. */
  held: { readonly token: number; readonly client: Client; readonly byLeadership: boolean } | undefined;
  /** A transaction for it is under way. */
  isProposing: boolean;
  /** The election's key as this replica has seen it: revision 0 where there is none. */
  modRevision: number;
  holder: NodeId;
}

/** The state of a coordinator: everything in it follows from what raft told since the start of this life. */
export interface CoordinatorState {
  readonly members: readonly NodeId[];
  readonly takeoverMs: number;
  readonly proposeTimeoutMs: number;
  role: Role;
  term: number;
  leader: NodeId;
  /** The changes that this replica has applied, within bounds: what watches are served from. */
  readonly changes: ChangeHistory;
  readonly hub: WatchHub;
  readonly watchers: Map<string, { readonly client: Client; readonly watchId: string }>;
  readonly leases: Map<string, Lease>;
  /** When the timer for the lease that is due first was set for. */
  leasesDueMs: number;
  readonly elections: Map<string, Election>;
  /** Whom the leader hears, as of `viewTerm`; empty until we were told. */
  alive: readonly NodeId[];
  viewTerm: number;
  readonly memberViewers: Set<Client>;
}

export interface CoordinatorParameters {
  readonly [name: string]: number | readonly NodeId[];
  readonly members: readonly NodeId[];
  /** How long an election whose holder is gone is left to a candidate beside the leader. */
  readonly takeoverMs: number;
  /** How long an answer of raft is waited for; then a request's fate is unknown. */
  readonly proposeTimeoutMs: number;
}

export function initialCoordinator(parameters: CoordinatorParameters): CoordinatorState {
  const { members, takeoverMs, proposeTimeoutMs } = parameters;
  return {
    members,
    takeoverMs,
    proposeTimeoutMs,
    role: 'follower',
    term: 0,
    leader: '',
    changes: { limits: defaultStoreLimits, revision: 0, compactedRevision: 0, history: [], historyEvents: 0 },
    hub: emptyHub(),
    watchers: new Map(),
    leases: new Map(),
    leasesDueMs: Infinity,
    elections: new Map(),
    alive: [],
    viewTerm: 0,
    memberViewers: new Set(),
  };
}

/** What a handler has in hand. */
export interface CoordinatorTurn {
  readonly context: Context<CoordinatorMessage>;
  readonly state: CoordinatorState;
}

export function raftAddress(context: Context<CoordinatorMessage>): Address<RaftMessage> {
  return addressOf<RaftMessage>(context.node, RAFT_ACTOR);
}

export function coordinatorAddress(node: NodeId): Address<CoordinatorMessage> {
  return addressOf<CoordinatorMessage>(node, COORDINATOR_ACTOR);
}

/** What a question to raft was asked for: comes back with its answer. */
export type Purpose =
  | { readonly for: 'txn' | 'lease-grant' | 'lease-revoke'; readonly replyTo: ReplyTo; readonly requestId: string }
  | { readonly for: 'read'; readonly replyTo: ReplyTo }
  | {
      readonly for: 'watch';
      readonly replyTo: ReplyTo;
      readonly client: string;
      readonly watchId: string;
      readonly prefix: string;
    }
  | { readonly for: 'keep-lease'; readonly replyTo: ReplyTo; readonly leaseId: string }
  | { readonly for: 'keep-lease-elsewhere'; readonly replyTo: ReplyTo; readonly leaseId: string }
  | { readonly for: 'lease-expire'; readonly leaseId: string }
  | { readonly for: 'campaign'; readonly election: string; readonly client: string }
  | { readonly for: 'resign'; readonly election: string; readonly replyTo: ReplyTo };
