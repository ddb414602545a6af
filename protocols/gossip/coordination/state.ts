import { nodeOf, type AnyAddress, type NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { Context } from '../../../runtime/context.js';
import type { Plain } from '../../../runtime/data.js';
import type { CoordinatorAnswer, KeyValue, WatchEvent } from '../../coordinator/index.js';
import { newDissemination } from '../dissemination.js';
import type { View } from '../membership/messages.js';
import { isThere as isIn, type Status } from '../membership/table.js';
import { gossipOptions, type GossipOptions } from '../options.js';
import { compareNames } from '../peers.js';
import type { Exchange } from '../registers/exchange-state.js';
import { forgetStrangers, newFreshness } from '../registers/freshness.js';
import { restoreReplica, type Held } from '../registers/replica.js';
import type { GossipCoordinatorMessage } from './messages.js';

export type CoordinatorParams = {
  readonly node: NodeId;
  readonly members: readonly NodeId[];
  readonly options: GossipOptions;
};

export interface Watch {
  readonly client: AnyAddress;
  readonly watchId: string;
  readonly prefix: string;
  /** It sees nothing of earlier ones. */
  readonly firstRevision: number;
}

/** An actor of this node that stands for an election. `token` is 0 while it has not won. */
export interface Stand {
  readonly candidate: string;
  readonly client: AnyAddress;
  token: number;
}

/** Changes of one revision, as watches see them. */
export interface Revision {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

export interface CoordinatorState extends Exchange {
  readonly node: NodeId;
  /** The local view of who is there; at first everybody configured. */
  readonly statusOf: Map<NodeId, Status>;
  readonly memberWatchers: AnyAddress[];
  readonly watches: Map<string, Watch>;
  /** The last revisions, oldest first, for watches that begin in the past. */
  history: Revision[];
  /** Events of revisions up to this one are gone. */
  compactedRevision: number;
  readonly stands: Map<string, Stand>;
  /** Answers to requests of this life by their requestId, oldest first: a repetition is answered, not carried out again. */
  readonly answered: Map<string, CoordinatorAnswer>;
}

export type CoordinatorContext = Context<GossipCoordinatorMessage>;

export function newCoordinator(params: CoordinatorParams, cells: ReadonlyMap<string, Plain>): CoordinatorState {
  const replica = restoreReplica(params.node, cells);
  const others = params.members.filter((member) => member !== params.node);
  return {
    node: params.node,
    options: gossipOptions(params.options),
    replica,
    news: newDissemination(),
    followed: new Map(),
    freshness: newFreshness(),
    deletedAtMs: new Map(),
    peers: { all: others, reachable: others },
    statusOf: new Map(params.members.map((member) => [member, 'alive'])),
    memberWatchers: [],
    watches: new Map(),
    history: [],
    compactedRevision: replica.revision,
    stands: new Map(),
    answered: new Map(),
  };
}

/** Takes in the view of the membership actor. */
export function adoptView(state: CoordinatorState, { members }: View): void {
  state.statusOf.clear();
  for (const { node, status } of members) state.statusOf.set(node, status);
  const others = members.filter(({ node }) => node !== state.node);
  state.peers.all = others.map(({ node }) => node);
  state.peers.reachable = others.filter(({ status }) => isIn(status)).map(({ node }) => node);
  forgetStrangers(state);
}

/** A member counts as there until it leaves or is declared dead; a suspicion may yet be refuted. Unknown ones are not there. */
export function isThere(state: CoordinatorState, node: NodeId): boolean {
  if (node === state.node) return true;
  const status = state.statusOf.get(node);
  return status !== undefined && isIn(status);
}

/** The lowest-ranked (by name) member of the local view that is there: the one that acts where one must. */
export function lowestThere(state: CoordinatorState): NodeId {
  const there = [...state.statusOf.keys()].filter((node) => isThere(state, node)).sort(compareNames);
  const lowest = there[0];
  assert(lowest !== undefined && lowest <= state.node, 'a member sees itself');
  return lowest;
}

export function keyValueOf({ register, createRevision, modRevision }: Held): KeyValue {
  const { key, value, changes, leaseId } = register;
  return { key, value, createRevision, modRevision, version: changes, leaseId };
}

export function tell(context: CoordinatorContext, client: AnyAddress, answer: CoordinatorAnswer): void {
  context.send(client, answer);
}

export function reply(context: CoordinatorContext, answer: CoordinatorAnswer): void {
  context.reply(answer);
}

/** Learns when the client ends. Only actors of the own node can be watched; others are sent to until they say otherwise. */
export function attend(context: CoordinatorContext, state: CoordinatorState, client: AnyAddress): void {
  if (nodeOf(client) === state.node) context.watch(client);
}
