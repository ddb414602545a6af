import { journalPrograms } from '../../props/raft/index.js';
import { scenario, type NodePlan, type Scenario, type WorkItem } from '../../sim/index.js';

const MEMBERS = Object.freeze(['n1', 'n2', 'n3', 'n4', 'n5']);
const SIMULATED_MS = 60_000;
const OPERATIONS_PER_SECOND = 10;

/** etcd's defaults. */
const TIMING = Object.freeze({ electionTimeoutMs: { min: 1000, max: 2000 }, heartbeatMs: 100 });

const members: readonly NodePlan[] = MEMBERS.map((id) => ({
  id,
  program: 'member',
  params: { ...TIMING, members: MEMBERS },
  role: 'server',
}));

const client: NodePlan = {
  id: 'c1',
  program: 'client',
  params: { members: MEMBERS, timeoutMs: 1500, sessionIdleEntries: 0 },
  role: 'client',
};

function operations(): readonly WorkItem[] {
  const pauseMs = 1000 / OPERATIONS_PER_SECOND;
  return Array.from({ length: SIMULATED_MS / pauseMs - 20 }, (_, index) => ({
    atMs: 2000 + index * pauseMs,
    to: 'c1/client',
    message: { type: index % 3 === 0 ? 'count' : 'append', id: `c1/${index}` },
  }));
}

const base = {
  programs: journalPrograms,
  latencyMs: { min: 1, max: 5 },
  properties: { always: {}, eventually: {}, sometimes: {} },
};

/** Five members of a Raft cluster that nobody asks anything of: heartbeats only, no faults. */
export const idleRaft: Scenario = scenario({
  ...base,
  name: 'raft-idle',
  setup: () => ({ nodes: members, workload: [] }),
  faultMs: SIMULATED_MS,
  healMs: 0,
  faults: 'none',
});

/** The same with ten client operations a second and swarm faults; simulated disks in both. */
export const busyRaft: Scenario = scenario({
  ...base,
  name: 'raft-busy',
  setup: () => ({ nodes: [...members, client], workload: operations() }),
  faultMs: SIMULATED_MS - 10_000,
  healMs: 10_000,
  faults: {},
});
