import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { LEASE_FAULT_POINTS, leaseCoordinator } from '../../protocols/lease/index.js';
import { scenario, smallerMemberships, type NodePlan, type Scenario, type Setup } from '../../sim/index.js';
import {
  bearableDriftPpm,
  drawLeaseWorkload,
  drawUse,
  leaseProperties,
  marginOf,
  pick,
  simulateSlowWrite,
  storePrograms,
  type StoreNodeParams,
} from '../lease/index.js';

const FAULT_MS = 15_000;
const HEAL_MS = 10_000;
const STORE = 'store';
const SINK = 'sink';

/**
 * One durable lease store and 3 or 4 members. On each a worker takes a lock by election and writes under its token to the store and to a
 * fencing sink, a client changes registers by compare and set, and a watcher follows; now and then an operator revokes a session.
 */
export const leaseScenario: Scenario = scenario({
  name: 'lease',
  programs: storePrograms(leaseCoordinator, [STORE]),
  setup,
  shrinkSetup: (setup) => smallerMemberships(setup, 3),
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    maxDown: 2,
    maxFaults: 16,
    reactTo: ['lock-held', 'lock-held', 'txn-applied', 'lease-expired'],
    maxDriftPpm: (setup) => bearableDriftPpm(marginOf(setup)),
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

function setup(random: Random, params: Plain): Setup {
  const given = (params ?? {}) as { readonly members?: number };
  const count = given.members ?? random.between(3, 4);
  const members = Array.from({ length: count }, (_, n) => `n${n + 1}`);
  const sessionTtlMs = pick(random, [1000, 2000, 3000]);
  const nodeParams: StoreNodeParams = {
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
    ...drawUse(random, SINK),
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
    workload: drawLeaseWorkload(random, members, FAULT_MS + HEAL_MS - 3000),
  };
}
