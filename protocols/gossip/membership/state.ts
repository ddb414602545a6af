import type { Context, ReplyTo } from '../../../runtime/context.js';
import type { AnyAddress, NodeId } from '../../../runtime/address.js';
import { newDissemination, type Dissemination } from '../dissemination.js';
import { gossipOptions, type GossipOptions } from '../options.js';
import { compareNames } from '../peers.js';
import type { MembershipMessage, Rumour, View } from './messages.js';
import type { Standing, Status } from './table.js';

export type MembershipParams = {
  readonly node: NodeId;
  /** Nodes presumed alive until a probe says otherwise; more may join. */
  readonly seeds: readonly NodeId[];
  readonly options: GossipOptions;
};

/** A suspicion that runs: who found the member not answering, since when, and within which bounds it ends. */
export interface Suspicion {
  readonly startedAtMs: number;
  readonly accusers: string[];
  readonly confirmationsExpected: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface Member {
  incarnation: number;
  status: Status;
  suspicion: Suspicion | null;
}

/** The probe of the present protocol period. */
export interface Probe {
  readonly sequence: number;
  readonly target: NodeId;
  /** As known when the probe began: what it finds says nothing about a later one. */
  readonly incarnation: number;
  /** How long an answer may take before others are asked: by this member's health when the probe began. */
  readonly timeoutMs: number;
  isAnswered: boolean;
  /** Who was asked to ping in this member's stead, and has neither brought the answer nor said that there is none. */
  silentHelpers: NodeId[];
  helpersCount: number;
}

/** A ping sent in another member's stead. */
export interface Relay {
  readonly to: AnyAddress;
  readonly sequence: number;
  readonly target: NodeId;
  readonly expiresAtMs: number;
}

export interface MembershipState {
  readonly node: NodeId;
  readonly options: GossipOptions;
  /** This member's own incarnation; only it raises it (SWIM section 4.2). */
  incarnation: number;
  /** It left and takes part no more: it answers, so that others learn of it, and does nothing else. */
  hasLeft: boolean;
  /** Who waits for the group to be told. */
  leaveAskedBy: ReplyTo[];
  /** All others that were heard of and not forgotten. */
  readonly members: Map<NodeId, Member>;
  /** Those of them that are believed dead. */
  readonly dead: Set<NodeId>;
  readonly seeds: ReadonlySet<NodeId>;
  /** Since when those are gone, dead or left, who will be forgotten; the longest gone first. */
  readonly goneAtMs: Map<NodeId, number>;
  /** The order of probing; a shuffled list, walked to its end and shuffled again (SWIM section 4.3). */
  readonly probeOrder: NodeId[];
  probeNext: number;
  period: number;
  sequence: number;
  probe: Probe | null;
  /** Lifeguard's local health: 0 is healthy. */
  health: number;
  readonly relays: Map<number, Relay>;
  readonly news: Dissemination<Rumour>;
  syncCursor: number;
  readonly subscribers: AnyAddress[];
  /** Something that subscribers see has changed in this turn. */
  viewChanged: boolean;
}

export type MembershipContext = Context<MembershipMessage>;

export function newMembership(params: MembershipParams): MembershipState {
  const members = new Map<NodeId, Member>();
  for (const seed of params.seeds) {
    if (seed !== params.node) members.set(seed, { incarnation: 0, status: 'alive', suspicion: null });
  }
  return {
    node: params.node,
    options: gossipOptions(params.options),
    incarnation: 0,
    hasLeft: false,
    leaveAskedBy: [],
    members,
    dead: new Set(),
    seeds: new Set(params.seeds),
    goneAtMs: new Map(),
    probeOrder: [...members.keys()],
    probeNext: members.size,
    period: 0,
    sequence: 0,
    probe: null,
    health: 0,
    relays: new Map(),
    news: newDissemination(),
    syncCursor: 0,
    subscribers: [],
    viewChanged: false,
  };
}

/** How large the group is, for the formulas: everybody remembered and oneself. */
export function groupSize(state: MembershipState): number {
  return state.members.size + 1;
}

/**
 * A standing as a rumour told by `node`. A suspicion stays that of whoever raised it: told in one's own name it would count as confirmed by
 * somebody who has never probed the member.
 */
export function rumourOf(
  node: NodeId,
  member: NodeId,
  { incarnation, status, suspicion }: Standing & { readonly suspicion?: Suspicion | null },
): Rumour {
  const accuser = status === 'alive' ? '' : (suspicion?.accusers[0] ?? node);
  return { member, incarnation, status, accuser };
}

/** What is true of this member itself. */
export function ownStanding({ incarnation, hasLeft }: MembershipState): Standing {
  return { incarnation, status: hasLeft ? 'left' : 'alive' };
}

export function viewOf(state: MembershipState): View {
  const members = [{ node: state.node, ...ownStanding(state) }];
  for (const [node, { status, incarnation }] of state.members) members.push({ node, status, incarnation });
  return { type: 'view', members: members.sort((a, b) => compareNames(a.node, b.node)) };
}
