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
   * When: at a virtual time, or as a reaction to the nth observation of a type (effect at the next grid line). Nothing begins once
   * the phase of faults is over.
   */
  readonly at: { readonly ms: number } | { readonly on: string; readonly occurrence: number; readonly node?: NodeId };
  /**
   * Nodes or links it concerns; `'observer'` is the node whose observation it reacts to. A fault of nodes leaves observers that are
   * clients or sinks alone, and waits for another, unless `at` names the node.
   */
  readonly target: FaultTarget;
  /** How long until it is undone; absent: until healing. */
  readonly forMs?: number;
  readonly params: Readonly<Record<string, Plain>>;
}

export type FaultTarget =
  | { readonly kind: 'node'; readonly node: NodeId }
  | { readonly kind: 'observer' }
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
}
