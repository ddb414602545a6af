import type { ActorSpec } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { LEASE_FAULT_POINTS } from '../../protocols/lease/index.js';
import { replicatedLeaseCoordinator } from '../../protocols/lease-replicated/index.js';
import { RAFT_FAULT_POINTS } from '../../protocols/raft/index.js';
import { scenario, type NodePlan, type Scenario, type Setup } from '../../sim/index.js';
import {
  bearableDriftPpm,
  drawLeaseWorkload,
  drawLooks,
  drawUse,
  marginOf,
  pick,
  simulateSlowWrite,
  storePrograms,
  type StoreNodeParams,
} from '../lease/index.js';
import {
  LEASE_KEEPER,
  leaseKeeper,
  replicatedLeaseProperties,
  type LeaseKeeperParams,
} from '../lease-replicated/index.js';

const FAULT_MS = 15_000;
const HEAL_MS = 10_000;
const SINK = 'sink';
/** Raft's leases bear no more. */
const LEASE_READS_DRIFT_MAX_PPM = 100_000;

type Timing = {
  readonly electionTimeoutMs: { readonly min: number; readonly max: number };
  readonly heartbeatMs: number;
};

/** Short time-outs for many changes of the leader; where they are far apart a leader of the past believes in itself for long. */
const TIMINGS: readonly [Timing, ...Timing[]] = [
  { electionTimeoutMs: { min: 150, max: 300 }, heartbeatMs: 60 },
  { electionTimeoutMs: { min: 300, max: 600 }, heartbeatMs: 100 },
  { electionTimeoutMs: { min: 150, max: 3000 }, heartbeatMs: 60 },
  { electionTimeoutMs: { min: 250, max: 5000 }, heartbeatMs: 100 },
];

/** Absent in setups that were kept before there were keepers. */
type NodeParams = StoreNodeParams & { readonly keeper?: LeaseKeeperParams & { readonly nodes: readonly string[] } };

/** What takes the lead from a primary, and what makes the next one wait long until it knows what is committed. */
const DEPOSING = Object.freeze([
  ...['partition', 'partition-one-way', 'partition-bridge', 'crash', 'crash-loop', 'pause'],
  ...['slow-link', 'latency-offset', 'hold', 'clog'],
]);

/**
 * The store of `lease`, on 3 or 5 nodes among which Raft replicates it, and 2 or 3 members that use it as there. Store nodes are the servers, of which a
 * minority fails at a time or for ever; members crash, pause and are cut off as they like, and are no part of any quorum.
 */
export const leaseReplicatedScenario: Scenario = scenario({
  name: 'lease-replicated',
  programs: withKeepers(),
  setup,
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    maxFaults: 20,
    reactTo: [
      'lock-held',
      'txn-applied',
      'lease-granted',
      'lease-expired',
      'primary-promoted',
      'raft-became-candidate',
    ],
    reactToMessages: ['store-keep-alive', 'append-entries', 'append-accepted', 'request-vote'],
    reactAgain: true,
    cutsSpareClients: true,
    oftenOnly: DEPOSING,
    maxDriftPpm: (setup) => bearableDriftPpm(marginOf(setup)),
    leavesBroken: true,
    faultPoints: [...STORAGE_FAULT_POINTS, ...RAFT_FAULT_POINTS, ...LEASE_FAULT_POINTS],
  },
  whyNotOwed,
  properties: replicatedLeaseProperties,
  sometimesAfterSeeds: 200,
  simulateWork: simulateSlowWrite,
});

/** On the members that the setup names, besides the other users of the store: a keeper of leases. */
function withKeepers(): Scenario['programs'] {
  const programs = storePrograms(replicatedLeaseCoordinator);
  return Object.freeze({
    ...programs,
    member(node: string, params: Plain): readonly ActorSpec[] {
      const { keeper, stores = [] } = params as NodeParams;
      const others = programs['member']?.(node, params) ?? [];
      if (keeper?.nodes.includes(node) !== true) return others;
      return [...others, { name: LEASE_KEEPER, definition: leaseKeeper, params: { ...keeper, stores } }];
    },
  });
}

/** Members need no quorum of their own, only a majority of the store nodes. */
function whyNotOwed({ nodes }: Setup, core: readonly string[]): string | undefined {
  const stores = nodes.filter(({ program }) => program === 'store');
  const up = stores.filter(({ id }) => core.includes(id)).length;
  return 2 * up > stores.length ? undefined : `${up} of ${stores.length} store nodes are healed and up: no quorum`;
}

function setup(random: Random): Setup {
  const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => prefix + (n + 1));
  const stores = names('s', pick(random, [3, 3, 3, 5]));
  const members = names('n', random.between(2, 3));
  const sessionTtlMs = pick(random, [1000, 2000, 3000]);
  const clockMarginPercent = pick(random, [0, 10, 30]);
  const driftPpm = bearableDriftPpm(clockMarginPercent);
  const timing = pick(random, TIMINGS);
  const raft = {
    ...timing,
    compactAfterEntries: pick(random, [40, 200, 2000]),
    keepEntries: pick(random, [0, 10]),
    snapshotChunkBytes: pick(random, [2000, 65_536]),
    maxEntriesPerAppend: pick(random, [4, 64]),
    forwardTimeoutMs: 1000,
    preVote: random.between(0, 2) > 0,
    // Without it a leader that is cut off believes in itself as long as it is.
    checkQuorum: random.between(0, 1) > 0,
    leaseReads: random.between(0, 1) === 0 && driftPpm <= LEASE_READS_DRIFT_MAX_PPM ? { maxDriftPpm: driftPpm } : null,
  };
  const nodeParams: NodeParams = {
    stores,
    members,
    coordinator: {
      member: { sessionTtlMs, keepAliveEveryMs: sessionTtlMs / 5, clockMarginPercent },
      // Small histories, batches and logs show what large ones hide.
      store: {
        raft,
        limits: { historyEvents: pick(random, [40, 200, 10_000]) },
        maxEventsPerBatch: pick(random, [1, 8, 256]),
        fragmentBytes: pick(random, [150, 1_000_000, 1_000_000]),
        checkpointEveryMs: pick(random, [200, 600, 300_000]),
        // A lease lives long enough without it; with little, what a leader of the past believes is wrong soon.
        extendMs: pick(random, [0, timing.electionTimeoutMs.max]),
      },
    },
    ...drawUse(random, SINK, [60, 150, 400]),
    keeper: {
      nodes: members.slice(0, random.between(1, 2)),
      ttlMs: pick(random, [1000, 2000, 4000]),
      everyMs: pick(random, [500, 1000]),
      hastyMs: pick(random, [5, 10]),
      keepAlives: pick(random, [3, 10, 30]),
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
      ...stores.map((id) => node(id, 'store', 'server')),
      // Not counted among the servers, of which a majority is to be up; but whatever happens to a node may happen to them.
      ...members.map((id) => node(id, 'member', 'store')),
      node(SINK, 'sink', 'sink'),
    ],
    workload: [
      ...drawLeaseWorkload(random, members, FAULT_MS + HEAL_MS - 3000, [200, 500, 1500]),
      ...drawLooks(random, members, FAULT_MS, pick(random, [100, 400])),
    ].sort((left, right) => left.atMs - right.atMs),
  };
}
