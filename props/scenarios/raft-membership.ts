import type { Program } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { RAFT_FAULT_POINTS, type ConfigurationChange } from '../../protocols/raft/index.js';
import { scenario, type Scenario, type Setup, type WorkItem } from '../../sim/index.js';
import {
  administrator,
  journalPrograms,
  journalProperties,
  membershipProperties,
  PROBE,
  type Transition,
} from '../raft/index.js';

const FAULT_MS = 15_000;
// Half of the groups know no PreVote: who was removed, and who does not know yet that it votes, then stand for election as well, so that an end comes by chance only.
const HEAL_MS = 15_000;
const NODES = Object.freeze(['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
const FOUNDERS = 3;

const TIMINGS = Object.freeze([
  { electionTimeoutMs: { min: 40, max: 100 }, heartbeatMs: 15 },
  { electionTimeoutMs: { min: 150, max: 300 }, heartbeatMs: 30 },
  { electionTimeoutMs: { min: 300, max: 600 }, heartbeatMs: 60 },
]);

const programs: Readonly<Record<string, Program>> = Object.freeze({
  ...journalPrograms,
  administrator: (_node, params) => [
    {
      name: 'administrator',
      definition: administrator,
      params: params as { members: readonly string[]; timeoutMs: number },
    },
  ],
});

/**
 * Three members of six nodes found a group that replicates a journal. An administrator adds, promotes, demotes, replaces and removes
 * members, one or several at a time, in joint configurations that end by themselves or when told to, while a client appends and counts.
 */
export const raftMembershipScenario: Scenario = scenario({
  name: 'raft-membership',
  programs,
  setup,
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    // A group can come down to one voter, and does not outlive its disk.
    maxDiskLost: 0,
    faultPoints: [...STORAGE_FAULT_POINTS, ...RAFT_FAULT_POINTS],
    reactToMessages: ['request-vote', 'vote', 'append-entries', 'append-accepted', 'install-snapshot'],
    reactTo: ['raft-became-leader', 'raft-configured', 'raft-voted', 'change-completed'],
  },
  properties: {
    always: { ...journalProperties.always, ...membershipProperties.always },
    eventually: { ...journalProperties.eventually, ...membershipProperties.eventually },
    sometimes: { ...membershipProperties.sometimes },
  },
  followEvery: 40,
});

function setup(random: Random): Setup {
  const memberParams = {
    ...(TIMINGS[random.between(0, TIMINGS.length - 1)] ?? {}),
    members: NODES.slice(0, FOUNDERS),
    maxEntriesPerAppend: [1, 8, 64][random.between(0, 2)] ?? 64,
    maxAppendsInFlight: [1, 8][random.between(0, 1)] ?? 8,
    compactAfterEntries: [5, 40, 10_000, 10_000][random.between(0, 3)] ?? 40,
    keepEntries: [0, 3, 20][random.between(0, 2)] ?? 0,
    snapshotChunkBytes: [100, 1000, 65_536][random.between(0, 2)] ?? 1000,
    forwardTimeoutMs: 1000,
    preVote: random.between(0, 2) > 0,
  };
  const workload = [...drawOperations(random), ...drawChanges(random)].sort((a, b) => a.atMs - b.atMs);
  const sessionIdleEntries = [0, 0, 10, 40][random.between(0, 3)] ?? 0;
  const clientParams = { members: NODES, timeoutMs: 1500 };
  return {
    nodes: [
      ...NODES.map((id) => ({ id, program: 'member', params: memberParams, role: 'server' as const })),
      { id: 'c1', program: 'client', params: { ...clientParams, sessionIdleEntries }, role: 'client' },
      { id: 'admin', program: 'administrator', params: clientParams, role: 'client' },
    ],
    workload,
  };
}

function drawOperations(random: Random): WorkItem[] {
  const workload: WorkItem[] = [];
  const pauseMs = [50, 200][random.between(0, 1)] ?? 100;
  const add = (id: string, atMs: number, type: 'append' | 'count' | 'transfer'): void => {
    workload.push({ atMs, to: 'c1/client', message: { type, id } });
  };
  let n = 0;
  for (let atMs = random.between(100, 1500); atMs < FAULT_MS; atMs += random.between(1, 2 * pauseMs)) {
    const drawn = random.between(0, 99);
    add(`c1/${++n}`, atMs, drawn === 0 ? 'transfer' : drawn < 40 ? 'count' : 'append');
  }
  for (let probe = 1; probe <= 3; probe++) {
    add(`${PROBE}/c1/${probe}`, FAULT_MS + Math.floor(HEAL_MS / 2) + random.between(0, 500), 'append');
  }
  return workload;
}

const TRANSITIONS: readonly Transition[] = Object.freeze([
  'auto',
  'auto',
  'auto',
  'simple',
  'joint',
  'joint-auto',
  'leave',
] as const);
const KINDS = Object.freeze(['add-voter', 'add-voter', 'add-learner', 'remove'] as const);

function drawChanges(random: Random): WorkItem[] {
  const workload: WorkItem[] = [];
  const pauseMs = [100, 500, 1500][random.between(0, 2)] ?? 500;
  const add = (id: string, atMs: number, changes: readonly ConfigurationChange[], transition: Transition): void => {
    const plain = changes as unknown as Plain;
    workload.push({ atMs, to: 'admin/administrator', message: { type: 'change', id, changes: plain, transition } });
  };
  let n = 0;
  for (let atMs = random.between(300, 2500); atMs < FAULT_MS; atMs += random.between(1, 2 * pauseMs)) {
    const transition = TRANSITIONS[random.between(0, TRANSITIONS.length - 1)] ?? 'auto';
    const count = transition === 'leave' ? 0 : random.between(1, 3);
    const changes = Array.from({ length: count }, () => drawChange(random));
    add(`change/${++n}`, atMs, changes, transition);
  }
  const probeMs = FAULT_MS + Math.floor(HEAL_MS / 2);
  add(`${PROBE}/leave`, probeMs, [], 'leave');
  const changes = Array.from({ length: random.between(1, 3) }, () => drawChange(random));
  add(`${PROBE}/change`, probeMs + random.between(500, 1500), changes, 'auto');
  return workload;
}

function drawChange(random: Random): ConfigurationChange {
  const node = NODES[random.between(0, NODES.length - 1)] ?? 'n1';
  return { change: KINDS[random.between(0, KINDS.length - 1)] ?? 'add-voter', node };
}
