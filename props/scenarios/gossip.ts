import type { NodeId } from '../../runtime/address.js';
import type { Program } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { STORAGE_FAULT_POINTS } from '../../runtime/storage/index.js';
import { GOSSIP_FAULT_POINTS, gossipCoordinator } from '../../protocols/gossip/index.js';
import {
  scenario,
  smallerMemberships,
  type FaultPlan,
  type Scenario,
  type Setup,
  type WorkItem,
} from '../../sim/index.js';
import { gossipProperties, replicaUser } from '../gossip/index.js';

const FAULT_MS = 20_000;
const HEAL_MS = 20_000;

/**
 * Fast periods, so that what the formulas promise fits into the healing. With n = 8 members at most:
 * - a member that is down is probed by each other one within 2n - 1 periods (SWIM section 4.3): 15 * 300 ms = 4.5 s; by one that the faults left
 *   in the poorest health 1.8 s later, since its first periods last 4, 3 and 2 times as long;
 * - its suspicion lasts 4 * max(1, log10 n) * 300 ms = 1.2 s at least and four times that, 4.8 s, unconfirmed;
 * - news reaches everybody within log2 n = 3 rounds of gossip at 60 ms, or with the next push/pull after 1.5 s;
 * - so everybody knows it 12.6 s after healing, its leases (3 s at most) end by 15.6 s and are passed on with the next anti-entropy.
 * - Two sides of a partition meet when one pings the other's dead: within 3 periods, 2.7 s at most; push/pull (1.5 s a round) then tells the rest.
 */
const TIMING = Object.freeze({
  probeIntervalMs: 300,
  probeTimeoutMs: 100,
  healthMax: 4,
  suspicionMultiplier: 4,
  suspicionMaxMultiplier: 4,
  gossipIntervalMs: 60,
  membershipSyncIntervalMs: 1500,
  deadProbePeriods: 3,
  registerSyncIntervalMs: 500,
  stabilisationMs: 600,
  siblingPrefixes: Object.freeze(['s/']),
});

/** The longest suspicion begun before healing has run out by then, and what it led to has been refuted. */
const ACCURATE_FROM_MS = FAULT_MS + 4800 + 1500;

/** Longer than it takes until everybody has found out who is down, so that nobody brings back whom the others have forgotten. */
const TOMBSTONE_MS = 15_000;

/** Longer than anybody is out of reach and then behind, so that nobody brings back what the others deleted; over in the runs for what went early. */
const REGISTER_TOMBSTONE_MS = FAULT_MS + 4000;

const KEYS = Object.freeze(['a', 'b', 'c', 'd', 'e']);
const LEASE_TTL_MAX_MS = 3000;

const programs: Readonly<Record<string, Program>> = Object.freeze({
  member: (node, params) => {
    const { members, options } = params as { readonly members: readonly NodeId[]; readonly options: Plain };
    return [
      ...gossipCoordinator.memberActors(node, { members, stores: [] }, options),
      { name: 'user', definition: replicaUser, params: null },
    ];
  },
  /** A member that is configured and never comes. */
  absent: () => [],
});

/** 4 to 8 members write the same few registers, hold leases and stand for one election, through faults of every kind. */
export const gossipScenario: Scenario = scenario({
  name: 'gossip',
  programs,
  setup,
  shrinkSetup: (setup) => smallerMemberships(setup, 4),
  faultMs: FAULT_MS,
  healMs: HEAL_MS,
  faults: {
    reactTo: ['member-suspect', 'member-dead', 'member-left', 'refuted', 'elected'],
    leavesBroken: true,
    faultPoints: [...STORAGE_FAULT_POINTS, ...GOSSIP_FAULT_POINTS],
  },
  // Whoever is healed goes on, however few: there is no quorum.
  whyNotOwed: () => undefined,
  core: drawCore,
  properties: gossipProperties(ACCURATE_FROM_MS),
});

function setup(random: Random, params: Plain): Setup {
  const given = (params ?? {}) as { readonly members?: number };
  const count = given.members ?? random.between(4, 8);
  const members = Array.from({ length: count }, (_, n) => `n${n + 1}`);
  const options = {
    ...TIMING,
    registersPerMessage: [2, 64][random.between(0, 1)] ?? 64,
    tombstoneMs: TOMBSTONE_MS,
    // In some runs for ever, as far as they go.
    registerTombstoneMs: [REGISTER_TOMBSTONE_MS, 86_400_000][random.between(0, 1)] ?? REGISTER_TOMBSTONE_MS,
  };
  const absent = random.between(0, 3) === 0 ? members[random.between(0, count - 1)] : undefined;
  // The last may be somebody whom nobody is configured to know.
  const seeds = random.between(0, 1) === 0 ? members : members.slice(0, -1);
  return {
    nodes: members.map((id) => ({
      id,
      program: id === absent ? 'absent' : 'member',
      params: { members: seeds, options },
      role: 'server' as const,
    })),
    workload: [
      ...drawWorkload(random, members),
      ...drawDeparture(
        random,
        members.filter((id) => id !== absent),
      ),
      ...drawPassing(random, members),
    ],
  };
}

/** In every other run somebody leaves the group, and in some of those it comes back to it. */
function drawDeparture(random: Random, present: readonly NodeId[]): WorkItem[] {
  if (random.between(0, 1) > 0) return [];
  // Half of the time the last, whose tombstone is collected where nobody is configured to know it.
  const from = random.between(0, 1) === 0 ? 0 : present.length - 1;
  const to = userOf(present[random.between(from, present.length - 1)] ?? '');
  const atMs = random.between(1000, 10_000);
  const departure: WorkItem = { atMs, to, message: { type: 'depart' } };
  if (random.between(0, 1) === 0) return [departure];
  return [departure, { atMs: atMs + random.between(1, 6000), to, message: { type: 'come-back' } }];
}

const PASSING_MS = 5000;

/** What is there for a moment early in the run, and whose tombstones are over before its end: a candidacy, and siblings that are erased. */
function drawPassing(random: Random, members: readonly NodeId[]): WorkItem[] {
  const passing: WorkItem[] = [];
  for (let n = random.between(0, 3); n > 0; n--) {
    const to = userOf(members[random.between(0, members.length - 1)] ?? '');
    const atMs = random.between(200, PASSING_MS);
    const election = `passing-${n}`;
    const key = `s/passing-${n}`;
    passing.push({ atMs, to, message: { type: 'stand', election } });
    passing.push({ atMs: atMs + random.between(1, 400), to, message: { type: 'withdraw', election } });
    passing.push({ atMs, to, message: { type: 'write-sibling', key, value: `passing ${n}`, isBlind: true } });
    passing.push({ atMs: atMs + random.between(50, 1000), to, message: { type: 'erase-siblings', key } });
  }
  return passing;
}

function userOf(node: NodeId): string {
  return `${node}/user`;
}

/** Who left and was not told to come back. */
function departed({ nodes, workload }: Setup): NodeId[] {
  const isTold = (node: NodeId, type: string): boolean =>
    workload.some(({ to, message }) => to === userOf(node) && message.type === type);
  return nodes.map(({ id }) => id).filter((id) => isTold(id, 'depart') && !isTold(id, 'come-back'));
}

/** Everybody that is there is healed, but for who left; in half of the runs without those that crashed for longer than the faults last: they are left down. */
function drawCore(setup: Setup, random: Random, { faults }: FaultPlan): readonly NodeId[] {
  const { nodes } = setup;
  const absent = nodes.filter(({ program }) => program === 'absent').map(({ id }) => id);
  const left = new Set([...absent, ...departed(setup)]);
  const leavesCrashed = random.between(0, 1) === 0;
  for (const { fault, target, at, forMs = Infinity } of faults) {
    const isLast = 'ms' in at && at.ms + forMs > FAULT_MS;
    if (leavesCrashed && fault === 'crash' && target.kind === 'node' && isLast) left.add(target.node);
  }
  return nodes.map(({ id }) => id).filter((id) => !left.has(id));
}

/** What a member may be asked for, as often as it stands here. */
const OPERATIONS = Object.freeze([
  ...(['write', 'write', 'write', 'write', 'write', 'write-checked', 'write-checked'] as const),
  ...(['erase', 'erase', 'hold', 'siblings', 'siblings'] as const),
]);
type Operation = (typeof OPERATIONS)[number];

/** Every other run has all operations, the others only some: what one of them does may hide what another one leaves. */
function drawOperations(random: Random): readonly Operation[] {
  const isThere = new Map([...new Set(OPERATIONS)].map((kind) => [kind, random.between(0, 1) === 0]));
  const some = OPERATIONS.filter((kind) => isThere.get(kind) === true);
  return random.between(0, 1) === 0 || some.length === 0 ? OPERATIONS : some;
}

function drawWorkload(random: Random, members: readonly NodeId[]): WorkItem[] {
  const workload: WorkItem[] = [];
  const operations = drawOperations(random);
  const pauseMs = [60, 200, 800][random.between(0, 2)] ?? 200;
  for (let n = 1, atMs = random.between(50, 500); atMs < FAULT_MS; n++, atMs += random.between(1, 2 * pauseMs)) {
    // Two members at the same moment now and then: writes that know nothing of each other.
    const burst = random.between(0, 3) === 0 ? 2 : 1;
    for (let i = 0; i < burst; i++) workload.push(drawOrder(random, members, operations, `${n}-${i}`, atMs));
  }
  return workload;
}

function drawOrder(
  random: Random,
  members: readonly NodeId[],
  operations: readonly Operation[],
  value: string,
  atMs: number,
): WorkItem {
  const to = `${members[random.between(0, members.length - 1)] ?? ''}/user`;
  const key = KEYS[random.between(0, KEYS.length - 1)] ?? 'a';
  const kind = operations[random.between(0, operations.length - 1)] ?? 'write';
  switch (kind) {
    case 'write':
      return { atMs, to, message: { type: 'write', key, value } };
    case 'write-checked':
      return { atMs, to, message: { type: 'write-checked', key, value, thinkMs: random.between(1, 500) } };
    case 'erase':
      return { atMs, to, message: { type: 'erase', key } };
    case 'hold': {
      const ttlMs = random.between(100, LEASE_TTL_MAX_MS);
      return { atMs, to, message: { type: 'hold', key: `held/${value}`, ttlMs } };
    }
    case 'siblings':
      return { atMs, to, message: drawSiblingOrder(random, `s/${key}`, value) };
  }
}

function drawSiblingOrder(random: Random, key: string, value: string): WorkItem['message'] {
  if (random.between(0, 5) === 0) return { type: 'erase-siblings', key };
  return { type: 'write-sibling', key, value, isBlind: random.between(0, 2) === 0 };
}
