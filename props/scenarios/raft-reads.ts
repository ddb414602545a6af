import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { RAFT_FAULT_POINTS } from '../../protocols/raft/index.js';
import { scenario, smallerMemberships, type Scenario, type Setup, type WorkItem } from '../../sim/index.js';
import { journalPrograms, journalProperties, PROBE, readSightings } from '../raft/index.js';

const FAULT_MS = 15_000;
const HEAL_MS = 10_000;
const CLIENTS = Object.freeze(['c1', 'c2', 'c3']);
const MEMBERS = Object.freeze(['n1', 'n2', 'n3']);
/** What members are told that clocks may be off, and faults keep to. */
const MAX_DRIFT_PPM = 20_000;

/** Three members whose leader answers reads by its lease in most seeds, and by a confirmed read index in the others; most operations read. */
export const raftReadsScenario: Scenario = scenario({
  name: 'raft-reads',
  programs: journalPrograms,
  setup,
  shrinkSetup: (setup) => smallerMemberships(setup, 3),
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    // What makes a leader of the past, or breaks a promise.
    faults: [
      'partition',
      'partition-one-way',
      'partition-partial',
      'partition-bridge',
      'crash',
      'pause',
      'slow-node',
      'clock-drift',
      'slow-link',
      'hold',
      'clog',
      'replay',
      'reorder',
      'stalled-disk',
      'fault-point',
    ],
    maxDriftPpm: MAX_DRIFT_PPM,
    faultPoints: [...STORAGE_FAULT_POINTS, ...RAFT_FAULT_POINTS],
    reactToMessages: ['request-vote', 'vote', 'append-entries', 'append-accepted', 'timeout-now', 'read-index'],
    reactTo: ['raft-became-candidate', 'raft-became-leader', 'raft-voted', 'client-completed'],
  },
  properties: { ...journalProperties, sometimes: readSightings },
});

function setup(random: Random): Setup {
  const leaseReads = random.between(0, 3) > 0 ? { maxDriftPpm: MAX_DRIFT_PPM } : null;
  const minMs = [100, 250, 500][random.between(0, 2)] ?? 250;
  const memberParams = {
    // Far apart: others can be elected long before a leader that is cut off makes way, and only its lease tells it not to answer.
    electionTimeoutMs: { min: minMs, max: 1500 },
    heartbeatMs: [10, 30][random.between(0, 1)] ?? 30,
    members: MEMBERS,
    compactAfterEntries: [10, 10_000][random.between(0, 1)] ?? 10_000,
    forwardTimeoutMs: 1000,
    preVote: random.between(0, 1) > 0,
    leaderStickiness: leaseReads !== null || random.between(0, 1) > 0,
    leaseReads,
  };
  const clientParams = { members: MEMBERS, timeoutMs: 1500, sessionIdleEntries: 0 };
  return {
    nodes: [
      ...MEMBERS.map((id) => ({ id, program: 'member', params: memberParams, role: 'server' as const })),
      ...CLIENTS.map((id) => ({ id, program: 'client', params: clientParams, role: 'client' as const })),
    ],
    workload: drawWorkload(random),
  };
}

function drawWorkload(random: Random): WorkItem[] {
  const workload: WorkItem[] = [];
  const add = (client: string, id: string, atMs: number, type: 'append' | 'count' | 'transfer'): void => {
    workload.push({ atMs, to: `${client}/client`, message: { type, id } });
  };
  const transfersPerThousand = [0, 3, 15][random.between(0, 2)] ?? 0;
  for (const client of CLIENTS) {
    const pauseMs = [15, 50, 150][random.between(0, 2)] ?? 50;
    let n = 0;
    for (let atMs = random.between(100, 1500); atMs < FAULT_MS; atMs += random.between(1, 2 * pauseMs)) {
      const drawn = random.between(0, 999);
      add(
        client,
        `${client}/${++n}`,
        atMs,
        drawn < transfersPerThousand ? 'transfer' : drawn < 250 ? 'append' : 'count',
      );
    }
    for (let probe = 1; probe <= 3; probe++) {
      const atMs = FAULT_MS + Math.floor(HEAL_MS / 2) + random.between(0, 500);
      add(client, `${PROBE}/${client}/${probe}`, atMs, probe === 2 ? 'count' : 'append');
    }
  }
  return workload.sort((a, b) => a.atMs - b.atMs);
}
