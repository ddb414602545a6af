import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { RAFT_FAULT_POINTS } from '../../protocols/raft/index.js';
import { scenario, smallerMemberships, type Scenario, type Setup, type WorkItem } from '../../sim/index.js';
import { journalPrograms, journalProperties, leaseReadProperties, PROBE } from '../raft/index.js';

const FAULT_MS = 15_000;
const HEAL_MS = 10_000;
const CLIENTS = Object.freeze(['c1', 'c2', 'c3']);
const MEMBERS = Object.freeze(['n1', 'n2', 'n3']);
/** What members are told that clocks may be off, and faults keep to. */
const MAX_DRIFT_PPM = 20_000;

/** What parts a leader from those who elect the next, or those from what they have promised it. */
const PARTING = Object.freeze([
  ...['partition', 'partition-one-way', 'partition-partial', 'partition-bridge'],
  ...['crash', 'crash-loop', 'hold', 'slow-link', 'latency-offset'],
]);

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
      'crash-loop',
      'pause',
      'slow-node',
      'clock-drift',
      'slow-link',
      'latency-offset',
      'hold',
      'clog',
      'replay',
      'reorder',
      'stalled-disk',
      'fault-point',
    ],
    oftenOnly: PARTING,
    maxDriftPpm: MAX_DRIFT_PPM,
    faultPoints: [...STORAGE_FAULT_POINTS, ...RAFT_FAULT_POINTS],
    reactAgain: true,
    cutsSpareClients: true,
    reactToMessages: [
      'request-vote',
      'request-pre-vote',
      'vote',
      'append-entries',
      'append-accepted',
      'append-rejected',
      'timeout-now',
      'read-index',
    ],
    reactTo: ['raft-became-candidate', 'raft-became-leader', 'raft-voted', 'client-completed'],
  },
  properties: {
    always: { ...journalProperties.always, ...leaseReadProperties.always },
    eventually: journalProperties.eventually,
    sometimes: leaseReadProperties.sometimes,
  },
});

function setup(random: Random): Setup {
  const leaseReads = random.between(0, 3) > 0 ? { maxDriftPpm: MAX_DRIFT_PPM } : null;
  const minMs = pick(random, [100, 250, 500, 1000]);
  const memberParams = {
    // Far apart: others can be elected long before a leader that is cut off makes way, and only its lease tells it not to answer.
    electionTimeoutMs: { min: minMs, max: pick(random, [2 * minMs, 1500, 1500]) },
    // The rarer the heartbeats, the later a leader of the past hears of the next.
    heartbeatMs: pick(random, [10, Math.floor(minMs / 5), Math.floor(minMs / 2)]),
    members: MEMBERS,
    compactAfterEntries: pick(random, [10, 10_000]),
    forwardTimeoutMs: 1000,
    preVote: random.between(0, 1) > 0,
    leaderStickiness: leaseReads !== null || random.between(0, 1) > 0,
    leaseReads,
  };
  const clientParams = (): Plain => ({
    ...{ members: MEMBERS, timeoutMs: pick(random, [150, 1500]), sessionIdleEntries: 0 },
    ...{ isLoyal: random.between(0, 1) === 0, isHasty: random.between(0, 2) > 0 },
  });
  return {
    nodes: [
      ...MEMBERS.map((id) => ({ id, program: 'member', params: memberParams, role: 'server' as const })),
      ...CLIENTS.map((id) => ({ id, program: 'client', params: clientParams(), role: 'client' as const })),
    ],
    workload: drawWorkload(random),
  };
}

/**
 * Most operations read, in two seeds of three nearly all. In three seeds of four who has appended asks every member at once: nobody else knows so
 * soon what a leader of the past does not.
 */
function drawWorkload(random: Random): WorkItem[] {
  const workload: WorkItem[] = [];
  // Where hardly anybody writes, who hears nothing of its leader can be elected in its place all the same.
  const appendsPerThousand = pick(random, [1, 8, 150]);
  const transfersPerThousand = pick(random, [0, 5, 20]);
  const confirm = random.between(0, 3) > 0;
  for (const client of CLIENTS) {
    const to = `${client}/client`;
    const append = (id: string, atMs: number): WorkItem => ({ atMs, to, message: { type: 'append', id, confirm } });
    const other = (type: 'count' | 'transfer', id: string, atMs: number): WorkItem => ({
      ...{ atMs, to },
      message: { type, id },
    });
    const pauseMs = pick(random, [12, 40, 120]);
    let n = 0;
    for (let atMs = random.between(100, 1500); atMs < FAULT_MS; atMs += random.between(1, 2 * pauseMs)) {
      const drawn = random.between(0, 999);
      const id = `${client}/${++n}`;
      if (drawn < transfersPerThousand) workload.push(other('transfer', id, atMs));
      else
        workload.push(drawn < transfersPerThousand + appendsPerThousand ? append(id, atMs) : other('count', id, atMs));
    }
    for (let probe = 1; probe <= 3; probe++) {
      const atMs = FAULT_MS + Math.floor(HEAL_MS / 2) + random.between(0, 500);
      const id = `${PROBE}/${client}/${probe}`;
      workload.push(probe === 2 ? other('count', id, atMs) : append(id, atMs));
    }
  }
  return workload.sort((a, b) => a.atMs - b.atMs);
}

function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[random.between(0, values.length - 1)] ?? values[0];
}
