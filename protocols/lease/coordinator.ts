import type { NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import { COORDINATOR_ACTOR, type Coordinator, type CoordinatorCluster } from '../coordinator/index.js';
import { leaseMember } from './member/member.js';
import { LEASE_STORE_ACTOR } from './messages.js';
import { leaseStore } from './server/server.js';

/** Set-up of the `lease` coordinator, as plain data; every field of both parts has a default. */
export type LeaseCoordinatorOptions = { readonly member?: Plain; readonly store?: Plain };

/** Coordination by leases on one durable store node: etcd's semantics, without its replication. */
export const leaseCoordinator: Coordinator = Object.freeze({
  name: 'lease',
  guarantees: Object.freeze({
    consistency: 'linearizable',
    exclusiveLeader: true,
    tokensGrow: true,
    transactionsOnce: true,
    safetyRestsOn: "the store's disk; its clock for leases; fencing tokens, compared where the effect takes place",
    state: 'a lease store on one node',
    effectOnce: 'always',
  }),
  // A member revokes its session when it is stopped, and with it go its key and its candidacies.
  farewell: { member: null, store: null },
  memberActors(_node: NodeId, cluster: CoordinatorCluster, options: Plain) {
    const { stores } = cluster;
    assert(stores.length > 0, 'the lease coordinator needs a store node; name one in `stores`');
    const { member = null } = (options ?? {}) as LeaseCoordinatorOptions;
    const params = { stores, members: cluster.members, options: member };
    return [{ name: COORDINATOR_ACTOR, definition: leaseMember, params }];
  },
  storeActors(_node: NodeId, { stores }: CoordinatorCluster, options: Plain) {
    assert(stores.length <= 1, 'several store nodes are a replicated store: see protocols/lease-replicated');
    const { store = null } = (options ?? {}) as LeaseCoordinatorOptions;
    return [{ name: LEASE_STORE_ACTOR, definition: leaseStore, params: store }];
  },
});
