import type { NodeId } from '../../runtime/address.js';
import type { Plain } from '../../runtime/data.js';

/**
 * A fault as data. Its name, not its place in the list, seeds what it draws; taking one out leaves the others as they were.
 */
export interface PlannedFault {
  /** Unique in the plan and stable, e.g. `crash-2`. */
  readonly name: string;
  /** Entry of the registry, e.g. `crash`, `partition`, `drop`. */
  readonly fault: string;
  /**
   * When: at a virtual time, or as a reaction to the nth observation or message of a type (effect at the next grid line). Nothing
   * begins once the phase of faults is over.
   */
  readonly at: { readonly ms: number } | OnObservation | OnMessage;
  /**
   * Nodes or links it concerns; `'observer'` is the node whose observation it reacts to. A fault of nodes leaves observers that are
   * clients or sinks alone, and waits for another, unless `at` names the node.
   */
  readonly target: FaultTarget;
  /** How long until it is undone; absent: until healing. */
  readonly forMs?: number;
  /**
   * Healing passes it by: its nodes are not in the core, and what was done to them stays so for ever. For faults of a named node, or of
   * all; without `forMs`.
   */
  readonly outlastsHealing?: boolean;
  readonly params: Readonly<Record<string, Plain>>;
}

export interface OnObservation {
  readonly on: string;
  readonly occurrence: number;
  readonly node?: NodeId;
}

/**
 * The nth message of a type that a node sends; with `from` that node, with `to` only what goes there. Counted per sender, so that what
 * one node does more or less moves nothing of another; without `from` the first sender that gets there. `when`: as it leaves (default),
 * or as its receiver is given it, counted there per sender. The observer is whoever it happens at.
 */
export interface OnMessage {
  readonly onMessage: string;
  readonly occurrence: number;
  readonly from?: NodeId;
  readonly to?: NodeId;
  readonly when?: 'sent' | 'delivered';
}

export type FaultTarget =
  | { readonly kind: 'node'; readonly node: NodeId }
  /** `others`: a fault of links concerns those to the other servers only, so that clients reach it. */
  | { readonly kind: 'observer'; readonly others?: 'servers' }
  /** Directed from any node of `from` to any of `to`. */
  | { readonly kind: 'links'; readonly from: readonly NodeId[]; readonly to: readonly NodeId[] }
  | { readonly kind: 'all' };

export interface FaultPlan {
  readonly faults: readonly PlannedFault[];
  /**
   * The budget: a fault that would take down or pause a server while this many are so already is passed over. What a seed
   * draws carries it, because a reaction may come at any time; absent: the plan is obeyed as it stands.
   */
  readonly maxDown?: number;
  /** As `maxDown`, for servers whose disk has lost what was durable, counted over the whole run. Default: `maxDown`. */
  readonly maxDiskLost?: number;
}
