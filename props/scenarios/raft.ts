import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { RAFT_FAULT_POINTS } from '../../protocols/raft/index.js';
import { scenario, smallerMemberships, type Scenario, type Setup, type WorkItem } from '../../sim/index.js';
import { journalPrograms, journalProperties, PROBE } from '../raft/index.js';

const FAULT_MS = 15_000;
const HEAL_MS = 10_000;
const CLIENTS = Object.freeze(['c1', 'c2']);

/**
 * Short time-outs for many elections in a run, the defaults for few; links are slower than some of them when they are slow. Where they are
 * far apart a leader without followers believes in itself for long, while another is elected soon.
 */
const TIMINGS = Object.freeze([
  { electionTimeoutMs: { min: 40, max: 100 }, heartbeatMs: 15 },
  { electionTimeoutMs: { min: 150, max: 170 }, heartbeatMs: 30 },
  { electionTimeoutMs: { min: 300, max: 600 }, heartbeatMs: 60 },
  { electionTimeoutMs: { min: 1000, max: 2000 }, heartbeatMs: 100 },
  { electionTimeoutMs: { min: 60, max: 1500 }, heartbeatMs: 30 },
  { electionTimeoutMs: { min: 200, max: 3000 }, heartbeatMs: 20 },
]);

/** What deposes leaders, takes the ends of their logs, and brings answers of the past. */
const DEPOSING = Object.freeze([
  ...['partition', 'partition-one-way', 'partition-bridge', 'crash', 'pause'],
  ...['slow-link', 'hold', 'clog', 'replay', 'reorder', 'slow-disk', 'stalled-disk'],
]);

/** 3 or 5 members replicate a journal; two clients append and count, repeat what failed, and ask once more after healing. */
export const raftScenario: Scenario = scenario({
  name: 'raft',
  programs: journalPrograms,
  setup,
  shrinkSetup: (setup) => smallerMemberships(setup, 3),
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    leavesBroken: true,
    faultPoints: [...STORAGE_FAULT_POINTS, ...RAFT_FAULT_POINTS],
    reactAgain: true,
    cutsSpareClients: true,
    oftenOnly: DEPOSING,
    reactToMessages: ['request-vote', 'vote', 'append-entries', 'append-accepted', 'install-snapshot'],
    // Without lease reads what is safe rests on no clock (§5.6), so they may go as they like.
    maxDriftPpm: 1_000_000,
    reactTo: ['raft-became-candidate', 'raft-became-leader', 'raft-voted', 'raft-appended', 'raft-truncated'],
  },
  properties: journalProperties,
  followEvery: 40,
});

function setup(random: Random, params: Plain): Setup {
  const given = (params ?? {}) as { readonly members?: number };
  const count = given.members ?? [3, 5][random.between(0, 1)] ?? 3;
  const members = Array.from({ length: count }, (_, n) => `n${n + 1}`);
  const timing = TIMINGS[random.between(0, TIMINGS.length - 1)];
  const memberParams = {
    ...timing,
    members,
    // Small batches and windows show what large ones hide.
    maxEntriesPerAppend: [1, 2, 8, 64][random.between(0, 3)] ?? 64,
    maxAppendsInFlight: [1, 2, 8][random.between(0, 2)] ?? 8,
    compactAfterEntries: [5, 40, 10_000, 10_000][random.between(0, 3)] ?? 40,
    keepEntries: [0, 3, 20][random.between(0, 2)] ?? 0,
    snapshotChunkBytes: [100, 1000, 65_536][random.between(0, 2)] ?? 1000,
    forwardTimeoutMs: pick(random, [100, 1000, 3000]),
    // Without them elections are contested far more often.
    preVote: random.between(0, 1) > 0,
    leaderStickiness: random.between(0, 1) > 0,
    priorities: random.between(0, 3) === 0 ? { n1: 1, n2: 2 } : {},
  };
  const timeoutMs = pick(random, [200, 700, 1500]);
  const workload = drawWorkload(random, count);
  // Sessions that end soon, where their client waits for an answer that long.
  const sessionIdleEntries = pick(random, [0, 0, 10, 40]);
  const clientParams = (): Plain => {
    const isLoyal = random.between(0, 1) === 0;
    return { members, timeoutMs, sessionIdleEntries, isLoyal };
  };
  return {
    nodes: [
      ...members.map((id) => ({ id, program: 'member', params: memberParams, role: 'server' as const })),
      ...CLIENTS.map((id) => ({ id, program: 'client', params: clientParams(), role: 'client' as const })),
    ],
    workload,
  };
}

/**
 * Which operations there are is drawn as well: appends alone, counts among them in any share, moments at which all members are asked for
 * their count at once, since whoever is asked rarely is not caught lying, and repetitions of what is done long since.
 */
function drawWorkload(random: Random, members: number): WorkItem[] {
  const workload: WorkItem[] = [];
  /** Of ten operations. */
  const counts = pick(random, [0, 1, 4, 8]);
  const polls = pick(random, [0, 1, 4]);
  const repetitions = pick(random, [0, 1, 3]);
  const bursts = pick(random, [0, 2, 6]);
  for (const client of CLIENTS) {
    const pauseMs = pick(random, [45, 120, 350]);
    let n = 0;
    for (let atMs = random.between(100, 1500); atMs < FAULT_MS; atMs += random.between(1, 2 * pauseMs)) {
      const id = `${client}/${++n}`;
      if (random.between(0, 19) < polls) workload.push(...poll(client, id, atMs, members));
      else if (random.between(0, 39) < repetitions)
        workload.push({ atMs, to: `${client}/client`, message: { type: 'repeat' } });
      else workload.push(operation(random, client, id, atMs, counts));
    }
    for (let number = 1; number <= bursts; number++) {
      workload.push(...burst(random, client, `${client}/burst-${number}`, members));
    }
    for (let probe = 1; probe <= 3; probe++) {
      const atMs = FAULT_MS + Math.floor(HEAL_MS / 2) + random.between(0, 500);
      workload.push(operation(random, client, `${PROBE}/${client}/${probe}`, atMs, 0));
    }
  }
  const transfers = [0, 1, 4][random.between(0, 2)] ?? 0;
  for (let n = 1; n <= transfers; n++) {
    const atMs = random.between(1000, FAULT_MS);
    workload.push({ atMs, to: `${CLIENTS[0] ?? ''}/client`, message: { type: 'transfer', id: `transfer/${n}` } });
  }
  return workload.sort((a, b) => a.atMs - b.atMs);
}

function operation(random: Random, client: string, id: string, atMs: number, counts: number): WorkItem {
  const type = random.between(0, 9) < counts ? 'count' : 'append';
  return { atMs, to: `${client}/client`, message: { type, id } };
}

function poll(client: string, id: string, atMs: number, members: number): readonly WorkItem[] {
  return Array.from({ length: members }, (_, member) => ({
    ...{ atMs, to: `${client}/client` },
    message: { type: 'count', id: `${id}/${member}`, member },
  }));
}

/** Many appends at one member at once: a leader of the past gets a longer log than the others have meanwhile. */
function burst(random: Random, client: string, id: string, members: number): readonly WorkItem[] {
  const atMs = random.between(500, FAULT_MS);
  const member = random.between(0, members - 1);
  return Array.from({ length: random.between(2, 16) }, (_, n) => ({
    ...{ atMs, to: `${client}/client` },
    message: { type: 'append', id: `${id}/${n + 1}`, member },
  }));
}

function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[random.between(0, values.length - 1)] ?? values[0];
}
