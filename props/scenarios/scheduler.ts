import type { NodeId } from '../../runtime/address.js';
import type { Program } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import type { Coordinator } from '../../protocols/coordinator/index.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { GOSSIP_FAULT_POINTS, gossipCoordinator } from '../../protocols/gossip/index.js';
import { LEASE_FAULT_POINTS, leaseCoordinator } from '../../protocols/lease/index.js';
import { RAFT_FAULT_POINTS, raftCoordinator } from '../../protocols/raft/index.js';
import {
  SCHEDULER_FAULT_POINTS,
  schedulerActors,
  sink,
  SINK_ACTOR,
  type SchedulerOptions,
  type TaskDefinition,
} from '../../scheduler/index.js';
import {
  scenario,
  smallerMemberships,
  type NodePlan,
  type Scenario,
  type Setup,
  type SwarmOptions,
} from '../../sim/index.js';
import {
  ALL_OPERATIONS,
  DEFAULT_TASKS,
  drawOperations,
  drawOptions,
  drawRhythm,
  drawWorkload,
  schedulerFigures,
  schedulerProperties,
  simulateTaskWork,
  SINK_NODE,
  submitter,
  type DrawnOptions,
} from '../scheduler/index.js';

const FAULT_MS = 30_000;
const HEAL_MS = 30_000;
const MEMBERS = 3;
/** How many members there are, where that is drawn: mostly three, since five cost twice the time. */
const MEMBERS_DRAWN = Object.freeze([3, 3, 3, 5]);
const CLIENTS = Object.freeze(['c1', 'c2']);
const STORE = 'store';
const CLIENT_TIMEOUT_MS = 3_000;

/**
 * What these scenarios take as parameters. Tasks that are given are tried as they are: all of them, by three members with the time-outs that are
 * declared, so that coordinators can be compared by them.
 */
interface SchedulerScenarioParams {
  /** Tasks to run instead of the built-in ones, such as those of a definitions file. */
  readonly tasks?: readonly TaskDefinition[];
  /** Submissions of each task that is no schedule. Default 3. */
  readonly copies?: number;
}

/** What each node is told. */
interface NodeParams {
  readonly members: readonly NodeId[];
  readonly options: DrawnOptions;
  readonly clientTimeoutMs: number;
}

const AS_DECLARED = Object.freeze({
  options: { scheduler: null, coordinator: null },
  clientTimeoutMs: CLIENT_TIMEOUT_MS,
});

/** Runs that were kept before any of it was drawn say nothing: three members, as declared. */
function nodeParams(params: Plain): NodeParams {
  return { members: ['n1', 'n2', 'n3'], ...AS_DECLARED, ...(params as unknown as NodeParams | null) };
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

/** What deposes a planner, and what brings its transactions and its successor's to the store late, one by one or in another order. */
const DEPOSING = Object.freeze([
  ...['partition', 'pause', 'slow-node', 'slow-link'],
  ...['hold', 'drop', 'reorder', 'fault-point'],
]);

/** In what the scheduler on one coordinator differs from that on the others. */
interface World {
  readonly stores: readonly string[];
  readonly faultPoints: readonly string[];
  /** Faults besides those that all have. */
  readonly swarm?: SwarmOptions;
  /** What swarm makes of the built-in tasks. Default: nothing. */
  readonly drawTasks?: (random: Random, tasks: readonly TaskDefinition[]) => readonly TaskDefinition[];
}

/**
 * The scheduler on one coordinator: three members that plan and work, clients that submit, a sink that checks fencing tokens, and
 * faults that strike all of them but the sink and the clients.
 */
function schedulerScenario(coordinator: Coordinator, world: World): Scenario {
  const { stores, faultPoints, swarm = {} } = world;
  const programs: Readonly<Record<string, Program>> = {
    member(node, params) {
      const { members, options } = nodeParams(params);
      return [
        ...coordinator.memberActors(node, { members, stores }, options.coordinator),
        ...schedulerActors(coordinator.guarantees, options.scheduler as Partial<SchedulerOptions> | null),
      ];
    },
    store(node, params) {
      const { members, options } = nodeParams(params);
      return coordinator.storeActors(node, { members, stores }, options.coordinator);
    },
    sink: () => [{ name: SINK_ACTOR, definition: sink, params: null }],
    client(_node, params) {
      const { members, clientTimeoutMs: timeoutMs } = nodeParams(params);
      return [{ name: 'client', definition: submitter, params: { members, timeoutMs } }];
    },
  };
  return scenario({
    name: `scheduler-${coordinator.name}`,
    programs,
    setup: (random, params) => setup(random, params, coordinator.name, world),
    shrinkSetup: (setup) => smallerMemberships(setup, MEMBERS),
    faultMs: FAULT_MS,
    healMs: HEAL_MS,
    faults: {
      reactTo: REACT_TO,
      leavesBroken: true,
      faultPoints: [...STORAGE_FAULT_POINTS, ...SCHEDULER_FAULT_POINTS, ...faultPoints],
      ...swarm,
    },
    ...(coordinator.guarantees.consistency === 'linearizable' ? {} : { whyNotOwed: () => undefined }),
    properties: schedulerProperties(coordinator.guarantees),
    gauge: schedulerFigures,
    simulateWork: simulateTaskWork,
    // The rarest sight comes in about one seed of fifty.
    sometimesAfterSeeds: 200,
  });
}

function setup(random: Random, params: Plain, coordinator: Coordinator['name'], world: World): Setup {
  const { stores, drawTasks = (_random, all) => all } = world;
  const { tasks, copies = 3 } = (params ?? {}) as SchedulerScenarioParams;
  const drawn = {
    count: MEMBERS_DRAWN[random.between(0, MEMBERS_DRAWN.length - 1)] ?? MEMBERS,
    options: drawOptions(random, coordinator),
    clientTimeoutMs: random.between(0, 1) === 0 ? CLIENT_TIMEOUT_MS : 500,
  };
  const { count, ...told } = tasks === undefined ? drawn : { count: MEMBERS, ...AS_DECLARED };
  const members = Array.from({ length: count }, (_, n) => `n${n + 1}`);
  const ofAll = { members, ...told } as unknown as Plain;
  const node = (id: string, program: string, role: NodePlan['role']): NodePlan => ({
    id,
    program,
    params: ofAll,
    role,
  });
  return {
    nodes: [
      ...members.map((id) => node(id, 'member', 'server')),
      ...stores.map((id) => node(id, 'store', 'store')),
      ...CLIENTS.map((id) => node(id, 'client', 'client')),
      { ...node(SINK_NODE, 'sink', 'sink'), params: null },
    ],
    workload: drawWorkload(random, {
      ...{
        tasks: tasks ?? drawTasks(random, DEFAULT_TASKS),
        operations: tasks === undefined ? drawOperations(random) : ALL_OPERATIONS,
      },
      ...{ clients: CLIENTS, faultMs: FAULT_MS, copies },
    }),
  };
}

/** Coordinated by Raft among the members themselves. */
export const schedulerRaftScenario: Scenario = schedulerScenario(raftCoordinator, {
  stores: [],
  faultPoints: RAFT_FAULT_POINTS,
});

/** Coordinated by leases on one store node: only the guard keeps out what a planner sent before it was deposed, as the store asks nobody. */
export const schedulerLeaseScenario: Scenario = schedulerScenario(leaseCoordinator, {
  stores: [STORE],
  // Of all the points the one that changes planners at once, while what they sent is under way, is drawn three times as often.
  faultPoints: [...LEASE_FAULT_POINTS, 'planner.resign-early', 'planner.resign-early'],
  swarm: { reactAgain: true, oftenOnly: DEPOSING, reactToMessages: ['store-execute', 'store-watch-batch'] },
  drawTasks: drawRhythm,
});

/** Coordinated by gossip: no quorum, no store. */
export const schedulerGossipScenario: Scenario = schedulerScenario(gossipCoordinator, {
  stores: [],
  faultPoints: GOSSIP_FAULT_POINTS,
});
