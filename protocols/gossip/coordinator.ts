import type { ActorSpec } from '../../runtime/actor.js';
import type { NodeId } from '../../runtime/address.js';
import type { Plain } from '../../runtime/data.js';
import { COORDINATOR_ACTOR, type Coordinator, type CoordinatorCluster, type Guarantees } from '../coordinator/index.js';
import { gossipCoordinatorActor } from './coordination/actor.js';
import { membershipSpec } from './membership/actor.js';
import { MEMBERSHIP_ACTOR } from './membership/speaking.js';
import { gossipOptions } from './options.js';

const guarantees: Guarantees = Object.freeze({
  consistency: 'eventual',
  exclusiveLeader: false,
  // They grow on each side of a partition, and may be given twice across it.
  tokensGrow: false,
  // A repetition is recognised by the node, and the life of the node, that the request was first sent to; nowhere else.
  transactionsOnce: false,
  safetyRestsOn:
    'nothing: members that cannot reach each other act alone; versions decide afterwards which write stays',
  state: 'versioned registers at every member, durable there and spread by gossip',
  effectOnce: 'while-connected',
});

/**
 * Coordination without a store and without a quorum: SWIM membership, and registers where the last writer wins. Every member goes on in a
 * partition; when it heals, replicas converge, leases and offices held on both sides are reduced to one.
 */
export const gossipCoordinator: Coordinator = Object.freeze({
  name: 'gossip',
  guarantees,
  farewell: { member: { actor: MEMBERSHIP_ACTOR, message: { type: 'leave' } }, store: null },
  /** `options` are `GossipOptions`, all optional. Throws an Error that names a bad one. */
  memberActors(node: NodeId, cluster: CoordinatorCluster, given: Plain): readonly ActorSpec[] {
    const options = gossipOptions(given);
    return [
      membershipSpec({ node, seeds: cluster.members, options }),
      {
        name: COORDINATOR_ACTOR,
        definition: gossipCoordinatorActor,
        params: { node, members: cluster.members, options },
      },
    ];
  },
  storeActors: (): readonly ActorSpec[] => [],
});
