import type { Program } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import type { Coordinator, CoordinatorCluster } from '../../protocols/coordinator/index.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { GOSSIP_FAULT_POINTS, gossipCoordinator } from '../../protocols/gossip/index.js';
import { LEASE_FAULT_POINTS, leaseCoordinator } from '../../protocols/lease/index.js';
import { RAFT_FAULT_POINTS, raftCoordinator } from '../../protocols/raft/index.js';
import {
  SCHEDULER_FAULT_POINTS,
  schedulerActors,
  sink,
  SINK_ACTOR,
  type TaskDefinition,
} from '../../scheduler/index.js';
import { scenario, type NodePlan, type Scenario, type Setup } from '../../sim/index.js';
import {
  DEFAULT_TASKS,
  drawWorkload,
  schedulerFigures,
  schedulerProperties,
  simulateTaskWork,
  SINK_NODE,
  submitter,
} from '../scheduler/index.js';

const FAULT_MS = 30_000;
const HEAL_MS = 30_000;
const MEMBERS = Object.freeze(['n1', 'n2', 'n3']);
const CLIENTS = Object.freeze(['c1', 'c2']);
const STORE = 'store';
const CLIENT_TIMEOUT_MS = 3_000;

/** What these scenarios take as parameters. */
interface SchedulerScenarioParams {
  /** Tasks to run instead of the built-in ones, such as those of a definitions file. */
  readonly tasks?: readonly TaskDefinition[];
  /** Submissions of each task that is no schedule. Default 3. */
  readonly copies?: number;
}

/** What happens in such a cluster that a fault may strike at. */
const REACT_TO = Object.freeze([
  'planner-active',
  'plan-committed',
  'attempt-claimed',
  'attempt-started',
  'attempt-reported',
  'effect-applied',
  'task-accepted',
]);

/**
 * The scheduler on one coordinator: three members that plan and work, clients that submit, a sink that checks fencing tokens, and
 * faults that strike all of them but the sink and the clients.
 */
function schedulerScenario(
  coordinator: Coordinator,
  stores: readonly string[],
  faultPoints: readonly string[],
): Scenario {
  const cluster: CoordinatorCluster = { members: MEMBERS, stores };
  const programs: Readonly<Record<string, Program>> = {
    member: (node) => [...coordinator.memberActors(node, cluster, null), ...schedulerActors(coordinator.guarantees)],
    store: (node) => coordinator.storeActors(node, cluster, null),
    sink: () => [{ name: SINK_ACTOR, definition: sink, params: null }],
    client: () => [
      { name: 'client', definition: submitter, params: { members: MEMBERS, timeoutMs: CLIENT_TIMEOUT_MS } },
    ],
  };
  return scenario({
    name: `scheduler-${coordinator.name}`,
    programs,
    setup: (random, params) => setup(random, params, stores),
    faultMs: FAULT_MS,
    healMs: HEAL_MS,
    faults: {
      reactTo: REACT_TO,
      leavesBroken: true,
      faultPoints: [...STORAGE_FAULT_POINTS, ...SCHEDULER_FAULT_POINTS, ...faultPoints],
    },
    ...(coordinator.guarantees.consistency === 'linearizable' ? {} : { whyNotOwed: () => undefined }),
    properties: schedulerProperties(coordinator.guarantees),
    gauge: schedulerFigures,
    simulateWork: simulateTaskWork,
    // The rarest sight comes in about one seed of fifty.
    sometimesAfterSeeds: 200,
  });
}

function setup(random: Random, params: Plain, stores: readonly string[]): Setup {
  const { tasks = DEFAULT_TASKS, copies = 3 } = (params ?? {}) as SchedulerScenarioParams;
  const node = (id: string, program: string, role: NodePlan['role']): NodePlan => ({ id, program, params: null, role });
  return {
    nodes: [
      ...MEMBERS.map((id) => node(id, 'member', 'server')),
      ...stores.map((id) => node(id, 'store', 'store')),
      ...CLIENTS.map((id) => node(id, 'client', 'client')),
      node(SINK_NODE, 'sink', 'sink'),
    ],
    workload: drawWorkload(random, { tasks, clients: CLIENTS, faultMs: FAULT_MS, copies }),
  };
}

/** Coordinated by Raft among the members themselves. */
export const schedulerRaftScenario: Scenario = schedulerScenario(raftCoordinator, [], RAFT_FAULT_POINTS);

/** Coordinated by leases on one store node. */
export const schedulerLeaseScenario: Scenario = schedulerScenario(leaseCoordinator, [STORE], LEASE_FAULT_POINTS);

/** Coordinated by gossip: no quorum, no store. */
export const schedulerGossipScenario: Scenario = schedulerScenario(gossipCoordinator, [], GOSSIP_FAULT_POINTS);
