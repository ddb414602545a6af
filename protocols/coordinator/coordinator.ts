import type { ActorSpec } from '../../runtime/actor.js';
import type { NodeId } from '../../runtime/address.js';
import type { Message, Plain } from '../../runtime/data.js';

/** What a coordinator promises, as data: the scheduler's own guarantees, its documentation and its properties follow from it. */
export interface Guarantees {
  /** Of transactions and reads. */
  readonly consistency: 'linearizable' | 'eventual';
  /** At any time at most one holder's guarded transactions succeed. */
  readonly exclusiveLeader: boolean;
  /** A later election's token is greater than any earlier one's. */
  readonly tokensGrow: boolean;
  /** A transaction with the same requestId takes effect at most once. */
  readonly transactionsOnce: boolean;
  /** What leader and lease safety rest on. */
  readonly safetyRestsOn: string;
  /** Where the state lives. */
  readonly state: string;
  /** What the scheduler may promise for a guarded effect: once, or once as long as the views agree. */
  readonly effectOnce: 'always' | 'while-connected';
}

/** The cluster that a coordinator serves. */
export interface CoordinatorCluster {
  /** The nodes that run the scheduler. */
  readonly members: readonly NodeId[];
  /** The nodes that hold the store, where it is a separate one (the `lease` coordinator). */
  readonly stores: readonly NodeId[];
}

/**
 * A question to an actor of the own node. The answer, of whatever type, says that the others need not find out by time-outs that this node is gone, or
 * that nothing can be done about it.
 */
export interface Farewell {
  readonly actor: string;
  readonly message: Message;
}

/** A way to coordinate: which actors a member and a store node run, and what that promises. */
export interface Coordinator {
  readonly name: 'raft' | 'lease' | 'gossip';
  readonly guarantees: Guarantees;
  /** What a node that is about to stop asks first, as a member and as a store node. null: what its actors do when they are stopped is enough. */
  readonly farewell: { readonly member: Farewell | null; readonly store: Farewell | null };
  /** Actors of a member; the one named `coordinator` takes the requests of `messages.ts`. */
  memberActors(node: NodeId, cluster: CoordinatorCluster, options: Plain): readonly ActorSpec[];
  /** Actors of a node of `cluster.stores`. */
  storeActors(node: NodeId, cluster: CoordinatorCluster, options: Plain): readonly ActorSpec[];
}

/** The actor path at which every coordinator answers on a member. */
export const COORDINATOR_ACTOR = 'coordinator';
