import type { ActorSpec } from '../../runtime/actor.js';
import type { NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import type { Coordinator, CoordinatorCluster } from '../coordinator/index.js';
import { LEASE_STORE_ACTOR, leaseCoordinator, type LeaseCoordinatorOptions } from '../lease/index.js';
import { handOver, raftMember, type RaftParameters } from '../raft/index.js';
import { replicatedLeaseStore } from './machine.js';
import { replicatedLeaseServer } from './server.js';
import { replicaDefaults, type ReplicaOptions } from './state.js';

/** In `options.store`: what the servers are set up with, and raft's parameters. The same at all of them. */
type ReplicatedStoreOptions = Partial<ReplicaOptions> & { readonly raft?: Partial<RaftParameters> };

/** Coordination by leases on a store that Raft replicates among the nodes of `cluster.stores`: etcd's semantics and its fault tolerance. */
export const replicatedLeaseCoordinator: Coordinator = Object.freeze({
  name: 'lease',
  guarantees: Object.freeze({
    ...leaseCoordinator.guarantees,
    safetyRestsOn:
      'a majority of the store nodes and their disks; the clock of the one that leads for leases; fencing tokens, compared where the effect takes place',
    state: 'a lease store replicated by Raft among the store nodes',
  }),
  farewell: { member: leaseCoordinator.farewell.member, store: handOver },
  memberActors: leaseCoordinator.memberActors,
  storeActors: (_node: NodeId, cluster: CoordinatorCluster, options: Plain) => storeActors(cluster, options),
});

function storeActors({ stores }: CoordinatorCluster, options: Plain): readonly ActorSpec[] {
  assert(stores.length > 0, 'a replicated lease store needs its nodes; name 3 or 5 in `stores`');
  const { store = null } = (options ?? {}) as LeaseCoordinatorOptions;
  const { raft = {}, ...given } = (store ?? {}) as ReplicatedStoreOptions;
  const limits = (given.limits ?? replicaDefaults.limits) as ReplicaOptions['limits'];
  const member = raftMember(replicatedLeaseStore(limits), { ...raft, members: stores });
  const { electionTimeoutMs, forwardTimeoutMs } = member.params as RaftParameters;
  const params: Partial<ReplicaOptions> = {
    extendMs: electionTimeoutMs.max,
    raftTimeoutMs: forwardTimeoutMs + 1000,
    ...given,
  };
  const supervision = { strategy: 'escalate', maxRestarts: 0, withinMs: 0 } as const;
  return [member, { name: LEASE_STORE_ACTOR, definition: replicatedLeaseServer, params: params as Plain, supervision }];
}
