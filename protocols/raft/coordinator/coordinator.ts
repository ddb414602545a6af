import type { ActorSpec } from '../../../runtime/actor.js';
import type { NodeId } from '../../../runtime/address.js';
import type { Plain } from '../../../runtime/data.js';
import {
  COORDINATOR_ACTOR,
  type Coordinator,
  type CoordinatorCluster,
  type Farewell,
} from '../../coordinator/index.js';
import type { RaftParameters } from '../parameters.js';
import type { RaftMessage } from '../messages.js';
import { RAFT_ACTOR, raftMember } from '../raft.js';
import { raftCoordinatorActor } from './coordinator-actor.js';
import { replicatedStore } from './replicated-store.js';
import type { CoordinatorParameters } from './state.js';

/** A leader hands over; whoever does not lead says so at once. */
export const handOver: Farewell = Object.freeze({
  actor: RAFT_ACTOR,
  message: { type: 'transfer-leadership', to: '' } as const satisfies RaftMessage,
});

/** The store replicated by Raft among the members themselves: no store nodes. Options are raft's parameters. */
export const raftCoordinator: Coordinator = Object.freeze({
  name: 'raft',
  guarantees: Object.freeze({
    consistency: 'linearizable',
    exclusiveLeader: true,
    tokensGrow: true,
    transactionsOnce: true,
    safetyRestsOn: 'a majority of the members and their disks; no clock',
    state: 'replicated in the members themselves',
    effectOnce: 'always',
  }),
  farewell: { member: handOver, store: null },
  memberActors: (_node: NodeId, cluster: CoordinatorCluster, options: Plain) => memberActors(cluster, options),
  storeActors: () => [],
});

function memberActors(cluster: CoordinatorCluster, options: Plain): readonly ActorSpec[] {
  const { members } = cluster;
  const member = raftMember(replicatedStore, { ...(options as Partial<RaftParameters> | null), members });
  const { electionTimeoutMs, forwardTimeoutMs } = member.params as RaftParameters;
  const parameters: CoordinatorParameters = {
    members,
    takeoverMs: 2 * electionTimeoutMs.max,
    // Longer than raft forwards, so that its more precise answer comes first.
    proposeTimeoutMs: forwardTimeoutMs + 1000,
  };
  return [
    member,
    {
      name: COORDINATOR_ACTOR,
      definition: raftCoordinatorActor,
      params: parameters,
      supervision: { strategy: 'escalate', maxRestarts: 0, withinMs: 0 },
    },
  ];
}
