import { actorPathOf, addressOf, nodeOf, type Address, type AnyAddress, type NodeId } from '../../runtime/address.js';
import type { Context, ReplyTo } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { configurationOf, membersOf, type Configuration } from './configuration/configuration.js';
import { newIdentity, type Identity } from './identity/identity-state.js';
import { emptyLog, type RaftLog } from './log/log.js';
import type { AnyStateMachine } from './machine.js';
import type { RaftAnswer, RaftMessage } from './messages.js';
import type { Narration } from './narration/steps.js';
import type { RaftParameters } from './parameters.js';
import type { Progress } from './replication/progress.js';
import { noSessions, type Applied, type SessionTable } from './sessions/sessions.js';
import type { IncomingSnapshot, Snapshot } from './snapshots/types.js';

/** A pre-candidate asks whether it would be elected, before it raises its term. */
export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** A read that waits. `query` is undefined where another member asked for the read index only. */
export interface WaitingRead {
  readonly replyTo: ReplyTo;
  readonly query?: Plain;
}

export interface Reads {
  /** Leader: reads for the next round of heartbeats. */
  queued: WaitingRead[];
  /** Leader: reads that the answers to `confirmingRound` confirm, at `confirmingIndex`. */
  confirming: WaitingRead[];
  confirmingIndex: number;
  confirmingRound: number;
  /** Rounds begun in this leadership. */
  round: number;
  /** Leader with lease reads: when the last rounds were sent, the oldest first. */
  readonly roundsSent: { readonly round: number; readonly sentMs: number }[];
  /** Until then on our clock nobody else can lead. */
  leaseUntilMs: number;
  /** We have told somebody to stand in this term: the lease holds no more. */
  isLeaseBarred: boolean;
  /** Confirmed reads that wait until we have applied up to `index`. */
  readonly awaitingApply: { readonly index: number; readonly read: WaitingRead }[];
}

/** A leader hands over to `to`, until `dueMs` at the latest. `replyTo`: who asked for it; undefined where priority did. */
export interface Transfer {
  readonly to: NodeId;
  readonly replyTo: ReplyTo | undefined;
  readonly dueMs: number;
}

/** What is replicated: the machine and what makes a repetition harmless. Every replica that applied up to the same index has the same. */
export interface Replica {
  machine: unknown;
  /** First result of each request applied outside of sessions, oldest first; see `applyEntry`. */
  requests: Map<string, Applied>;
  sessions: SessionTable;
  /** Digests in order every request applied, its result and how much is remembered, and what came of each proposal in a session. */
  stateHash: number;
}

/** The state of a raft actor (Figure 2). Only `term`, `votedFor` and the log are durable; the rest is made anew after a crash. */
export interface RaftState {
  readonly parameters: RaftParameters;
  /** Our node and path, known from the first turn on. */
  self: NodeId;
  actorPath: string;
  /** Where the raft actors of other nodes are, and which node each is on: put together once, since most turns need them. */
  readonly addresses: Map<NodeId, Address<RaftMessage>>;
  readonly senders: Map<AnyAddress, NodeId>;
  /** The configuration in force: who votes and who gets the log. */
  configuration: Configuration;
  /**
   * By rising index those of the log, the one in force last; the first is that of the log's beginning. A configuration is in force as
   * soon as it is in the log, and ends when it is removed from it (thesis, §4.1).
   */
  readonly configurations: { readonly index: number; readonly configuration: Configuration }[];
  /** The other members of `configuration`. */
  peers: readonly NodeId[];
  wasRecovered: boolean;
  readonly identity: Identity;

  term: number;
  /** '' if we voted for nobody in `term`. */
  votedFor: NodeId;
  readonly log: RaftLog;

  role: Role;
  /** The leader of `term`, '' while unknown. */
  leader: NodeId;
  /** Invariant: `applied = commit <= lastIndex` at the end of every turn. */
  commit: number;
  applied: number;
  readonly replica: Replica;
  /** The last one taken or installed, as it is on disk. */
  snapshot: Snapshot | undefined;
  /** The one that a leader is sending us. */
  incoming: IncomingSnapshot | undefined;

  /** When somebody who does not lead stands for election. */
  electionDueMs: number;
  /** When a leader was last heard, on our monotonic clock; at first long ago. */
  leaderHeardMs: number;
  /** The highest round of heartbeats that was heard of the leader of `term`, -1 before the first. */
  heardRound: number;
  /** Nobody's priority is higher than ours. */
  hasTopPriority: boolean;
  /** Leader: nobody of higher priority is offered the leadership before this time. */
  nextYieldMs: number;
  /** Leadership is being handed over; after it has ended, until the next leader is known. */
  transfer: Transfer | undefined;
  /** Candidate: the leader of the term before asked for this election. */
  isTransferElection: boolean;
  /** Candidate, pre-candidate: who answered in `term`, ourselves included, and whether with a vote for us. */
  readonly votes: Map<NodeId, boolean>;

  /** Leader: by follower. */
  readonly progress: Map<NodeId, Progress>;
  /** Our own log up to here is durable; the leader counts itself in the quorum up to here only. */
  durableIndex: number;
  /** Appends, and what else a leader writes, whose records are not durable yet: LSN and the last index then, both rising, and when that was. */
  readonly pendingWrites: { readonly lsn: number; readonly index: number; readonly sinceMs: number }[];

  /** Leader: the requests in the part of its log that is not committed yet, and who waits for them. Ends with the leadership. */
  readonly proposals: Map<string, ReplyTo[]>;
  /** Leader: by session its last entry, where that is not applied yet. */
  readonly sessionEntries: Map<number, number>;
  /** Leader: estimated bytes of the requests among them. */
  uncommittedBytes: number;
  /** Requests that were forwarded and not answered yet; of proposals also their bytes. */
  forwardedCount: number;
  forwardedBytes: number;
  readonly reads: Reads;

  /** Where somebody follows us step by step: what is still to be told. */
  narration: Narration | undefined;

  /** Actors of this node that are told what is applied, and of changes of role. */
  readonly subscribers: Set<Address<RaftAnswer>>;
  /** Members that the leader hears, as last told to subscribers. */
  inContact: readonly NodeId[];
}

export function initialState(parameters: RaftParameters, machine: AnyStateMachine): RaftState {
  const configuration = configurationOf(parameters.members);
  return {
    parameters,
    self: '',
    actorPath: '',
    addresses: new Map(),
    senders: new Map(),
    configuration,
    configurations: [{ index: 0, configuration }],
    peers: [],
    wasRecovered: false,
    identity: newIdentity(),
    term: 0,
    votedFor: '',
    log: emptyLog(),
    role: 'follower',
    leader: '',
    commit: 0,
    applied: 0,
    replica: { machine: machine.init(), requests: new Map(), sessions: noSessions(), stateHash: 0 },
    snapshot: undefined,
    incoming: undefined,
    electionDueMs: 0,
    leaderHeardMs: -Infinity,
    heardRound: -1,
    hasTopPriority: true,
    nextYieldMs: 0,
    transfer: undefined,
    isTransferElection: false,
    votes: new Map(),
    progress: new Map(),
    durableIndex: 0,
    pendingWrites: [],
    proposals: new Map(),
    sessionEntries: new Map(),
    uncommittedBytes: 0,
    forwardedCount: 0,
    forwardedBytes: 0,
    reads: noReads(),
    narration: undefined,
    subscribers: new Set(),
    inContact: [],
  };
}

function noReads(): Reads {
  return {
    queued: [],
    confirming: [],
    confirmingIndex: 0,
    confirmingRound: 0,
    round: 0,
    roundsSent: [],
    leaseUntilMs: -Infinity,
    isLeaseBarred: false,
    awaitingApply: [],
  };
}

/** What a handler has in hand: the context of its turn, the state, and the machine's functions. */
export interface RaftTurn {
  readonly context: Context<RaftMessage>;
  readonly state: RaftState;
  readonly machine: AnyStateMachine;
}

/** Learns who we are, in the first turn of every start. */
export function identify(context: Context<RaftMessage>, state: RaftState): void {
  state.self = context.node;
  state.actorPath = actorPathOf(context.self);
  state.peers = membersOf(state.configuration).filter((member) => member !== context.node);
}

export function memberAddress(state: RaftState, member: NodeId): Address<RaftMessage> {
  let address = state.addresses.get(member);
  if (address === undefined) {
    address = addressOf<RaftMessage>(member, state.actorPath);
    state.addresses.set(member, address);
  }
  return address;
}

/** More nodes than that make no group. */
const SENDERS_MAX = 1000;

/**
 * The node whose raft actor sent the message in hand, or '' if it came from anybody else. It need not be a member as far as we know: the
 * configuration that makes it one may be on its way to us.
 */
export function sendingMember({ sender }: Context<RaftMessage>, state: RaftState): NodeId {
  const known = state.senders.get(sender);
  if (known !== undefined) return known;
  const node = nodeOf(sender);
  if (sender !== addressOf(node, state.actorPath) || node === state.self) return '';
  if (state.senders.size < SENDERS_MAX) state.senders.set(sender, node);
  return node;
}

/**
 * The same for answers: only members are asked, and who was removed since must not depose a leader by a term that nobody else has come to. Its
 * answer can be late, or be called forth by a message that is.
 */
export function answeringPeer(context: Context<RaftMessage>, state: RaftState): NodeId {
  const peer = sendingMember(context, state);
  return state.peers.includes(peer) ? peer : '';
}
