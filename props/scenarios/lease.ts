import type { Program } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { LEASE_FAULT_POINTS, leaseCoordinator } from '../../protocols/lease/index.js';
import {
  scenario,
  smallerMemberships,
  type NodePlan,
  type Scenario,
  type Setup,
  type WorkItem,
} from '../../sim/index.js';
import {
  fencingSink,
  leaseProperties,
  LEADER_WATCHER,
  leaderWatcher,
  lockWorker,
  rangeWatcher,
  registerClient,
  simulateSlowWrite,
  REGISTER_PREFIX,
  type RangeWatcherParams,
  type TreeParams,
  SINK_ACTOR,
  treeClient,
  watcher,
} from '../lease/index.js';

const FAULT_MS = 15_000;
const HEAL_MS = 10_000;
const STORE = 'store';
const SINK = 'sink';

type LeaseNodeParams = {
  readonly members: readonly string[];
  readonly coordinator: Plain;
  readonly worker: {
    readonly sink: string;
    readonly holdMs: number;
    readonly writeEveryMs: number;
    readonly restMs: number;
    /** Absent in setups that were kept before the lock was observed. */
    readonly triesEvery?: number;
    readonly proclaimsEvery?: number;
  };
  /** Absent, as `tree`, in setups that were kept before ranges were watched and read. */
  readonly range?: RangeWatcherParams;
  readonly tree?: TreeParams;
};

const programs: Readonly<Record<string, Program>> = Object.freeze({
  store(node, params) {
    const { members, coordinator } = params as LeaseNodeParams;
    return leaseCoordinator.storeActors(node, { members, stores: [STORE] }, coordinator);
  },
  member(node, params) {
    const { members, coordinator, worker, range, tree } = params as LeaseNodeParams;
    return [
      ...leaseCoordinator.memberActors(node, { members, stores: [STORE] }, coordinator),
      { name: 'worker', definition: lockWorker, params: worker },
      { name: 'client', definition: registerClient, params: null },
      { name: 'watcher', definition: watcher, params: { watchesAll: node === members[0] } },
      ...(worker.proclaimsEvery === undefined
        ? []
        : [{ name: LEADER_WATCHER, definition: leaderWatcher, params: null }]),
      ...(node === members[0] && tree !== undefined ? [{ name: 'tree', definition: treeClient, params: tree }] : []),
      ...(node === members[1] && range !== undefined
        ? [{ name: 'range-watcher', definition: rangeWatcher, params: range }]
        : []),
    ];
  },
  sink: () => [{ name: SINK_ACTOR, definition: fencingSink, params: null }],
});

/**
 * One durable lease store and 3 or 4 members. On each a worker takes a lock by election and writes under its token to the store and to a
 * fencing sink, a client changes registers by compare and set, and a watcher follows; now and then an operator revokes a session.
 */
export const leaseScenario: Scenario = scenario({
  name: 'lease',
  programs,
  setup,
  shrinkSetup: (setup) => smallerMemberships(setup, 3),
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    maxDown: 2,
    maxFaults: 16,
    reactTo: ['lock-held', 'lock-held', 'txn-applied', 'lease-expired'],
    maxDriftPpm: bearableDriftPpm,
    leavesBroken: true,
    faultPoints: [...STORAGE_FAULT_POINTS, ...LEASE_FAULT_POINTS],
    // A member keeps nothing that the store does not know; what comes back in its place has another incarnation.
    alsoFaults: ['replace'],
  },
  // Members need no quorum of their own, only the store.
  whyNotOwed: (_setup, core) => (core.includes(STORE) ? undefined : 'the store is not healed and up'),
  properties: leaseProperties,
  sometimesAfterSeeds: 200,
  simulateWork: simulateSlowWrite,
});

function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[random.between(0, values.length - 1)] ?? values[0];
}

function setup(random: Random, params: Plain): Setup {
  const given = (params ?? {}) as { readonly members?: number };
  const count = given.members ?? random.between(3, 4);
  const members = Array.from({ length: count }, (_, n) => `n${n + 1}`);
  const sessionTtlMs = pick(random, [1000, 2000, 3000]);
  const nodeParams: LeaseNodeParams = {
    members,
    coordinator: {
      // Where the clocks of a run all go at one rate no margin is needed, and none hides a fault; see `bearableDriftPpm`.
      member: { sessionTtlMs, keepAliveEveryMs: sessionTtlMs / 5, clockMarginPercent: pick(random, [0, 10, 30]) },
      // Small histories, batches and logs show what large ones hide.
      store: {
        limits: { historyEvents: pick(random, [40, 200, 10_000]) },
        snapshotEvery: pick(random, [50, 300, 1000]),
        maxEventsPerBatch: pick(random, [1, 8, 256]),
        fragmentBytes: pick(random, [150, 1_000_000, 1_000_000]),
        checkpointEveryMs: pick(random, [200, 600, 300_000]),
      },
    },
    worker: {
      sink: SINK,
      holdMs: pick(random, [300, 1000, 3000]),
      writeEveryMs: pick(random, [10, 60, 250]),
      restMs: pick(random, [10, 200, 1000]),
      triesEvery: pick(random, [0, 2, 3]),
      proclaimsEvery: pick(random, [0, 3, 10]),
    },
    tree: { actEveryMs: pick(random, [300, 700, 1500]) },
    range: {
      from: pick(random, ['', 'leased/2', 'members/n2']),
      end: pick(random, ['members/n3', 'register/2']),
      without: pick<readonly ('put' | 'delete')[]>(random, [[], ['put'], ['delete']]),
      previous: random.between(0, 2) > 0,
    },
  };
  const node = (id: string, program: string, role: NodePlan['role']): NodePlan => ({
    id,
    program,
    params: nodeParams,
    role,
  });
  return {
    nodes: [
      node(STORE, 'store', 'store'),
      ...members.map((id) => node(id, 'member', 'server')),
      node(SINK, 'sink', 'sink'),
    ],
    workload: drawWorkload(random, members),
  };
}

/**
 * What a margin of m bears: two clocks that are off by d to either side agree on the order of the ends as long as (1 - m)(1 + d) <= 1 - d,
 * which is d <= m / (2 - m). A little less, for what is rounded.
 */
function bearableDriftPpm({ nodes }: Setup): number {
  const { coordinator } = nodes[0]!.params as unknown as {
    readonly coordinator: { readonly member: { readonly clockMarginPercent: number } };
  };
  const { clockMarginPercent } = coordinator.member;
  return Math.floor((clockMarginPercent * 990_000) / (200 - clockMarginPercent));
}

/** What a member may be asked for besides taking the lock, as often as it stands here. */
const OPERATIONS = Object.freeze([
  ...(['rewatch', 'put-leased', 'put-leased', 'revoke-session', 'revoke-session'] as const),
  ...Array.from({ length: 15 }, () => 'increment' as const),
]);
type Operation = (typeof OPERATIONS)[number];

/** Every other run has all operations, the others only some; an operator is in every other run of either. What is not there leaves a pause. */
function drawOperations(random: Random): ReadonlySet<Operation> {
  const isThere = new Map([...new Set(OPERATIONS)].map((kind) => [kind, random.between(0, 1) === 0]));
  const hasAll = random.between(0, 1) === 0;
  return new Set(OPERATIONS.filter((kind) => isThere.get(kind) === true || (hasAll && kind !== 'revoke-session')));
}

function drawWorkload(random: Random, members: readonly string[]): WorkItem[] {
  const workload: WorkItem[] = [];
  const operations = drawOperations(random);
  for (const member of members) {
    const pauseMs = pick(random, [100, 300, 1000]);
    let n = 0;
    for (
      let atMs = random.between(100, 1500);
      atMs < FAULT_MS + HEAL_MS - 3000;
      atMs += random.between(1, 2 * pauseMs)
    ) {
      const operation = OPERATIONS[random.between(0, OPERATIONS.length - 1)] ?? 'increment';
      if (!operations.has(operation)) continue;
      workload.push(drawItem(random, members, member, `${member}-${++n}`, atMs, operation));
    }
  }
  return workload.sort((a, b) => a.atMs - b.atMs);
}

function drawItem(
  random: Random,
  members: readonly string[],
  member: string,
  id: string,
  atMs: number,
  operation: Operation,
): WorkItem {
  const to = `${member}/client`;
  switch (operation) {
    case 'rewatch':
      return { atMs, to: `${member}/watcher`, message: { type: 'rewatch' } };
    case 'put-leased': {
      const ttlMs = pick(random, [100, 500, 1500]);
      const key = `leased/${random.between(1, 3)}`;
      return { atMs, to, message: { type: 'put-leased', key, ttlMs, keepAlives: random.between(0, 4), id } };
    }
    case 'revoke-session': {
      const node = members[random.between(0, members.length - 1)] ?? member;
      return { atMs, to, message: { type: 'revoke-session', node, id } };
    }
    case 'increment':
      return { atMs, to, message: { type: 'increment', key: `${REGISTER_PREFIX}${random.between(1, 2)}`, id } };
  }
}
