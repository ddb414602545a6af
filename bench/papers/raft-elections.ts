import { raftMember, type RaftParameters } from '../../protocols/raft/index.js';
import { journal } from '../../props/raft/index.js';
import type { ActorSpec } from '../../runtime/actor.js';
import type { NodeId } from '../../runtime/address.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import type { Random } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import { drawFate, foldWord, hashText, scaleFate } from '../../sim/fate.js';
import type { ArrivalStrategy } from '../../sim/network/latency.js';
import {
  runInline,
  type Gauge,
  type PlannedFault,
  type RunResult,
  type Scenario,
  type WorkItem,
} from '../../sim/index.js';
import { membersOf } from './group.js';
import { estimate, medianRange, quantile, type Estimate } from './statistics.js';

const calendar = createCalendar();

/** A line of figure 16: between which times a follower stands for election, in milliseconds. */
export interface TimeoutRange {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface Downtimes {
  readonly range: TimeoutRange;
  readonly trials: number;
  readonly medianMs: number;
  readonly medianRangeMs: readonly [number, number];
  readonly mean: Estimate;
  readonly worstMs: number;
  /** Every hundredth of the distribution, for the plot. */
  readonly quantilesMs: readonly number[];
}

/**
 * A broadcast, by the paper's section 5.6, ends with the last of its answers, and took the authors about 15 ms, most of it for the disk of whoever answers: what
 * is asked arrives soon, and the answers come one after another. With these the last of four comes after some 13 ms, and the second, which makes a
 * majority, after 8. (Were the network itself so slow, 12 to 24 ms could not give 35 ms of downtime.) The asker's own disk takes up to 2 ms more.
 */
const ASKING_US = Object.freeze({ min: 1700, max: 2700 });
const ANSWERING_US = Object.freeze({ min: 1_500, max: 11_000 });
const ANSWERS: ReadonlySet<number> = new Set(['vote', 'append-accepted', 'append-rejected'].map(hashText));

function broadcastIn15Ms(seed: number): ArrivalStrategy {
  const key = hashText(`broadcast ${seed}`);
  return {
    latencyUs(fromHash, toHash, typeHash, occurrence) {
      const { min, max } = ANSWERS.has(typeHash) ? ANSWERING_US : ASKING_US;
      return min + scaleFate(drawFate(key, foldWord(fromHash, toHash), typeHash, occurrence), max - min + 1);
    },
  };
}

const SERVERS = 5;
const AFTER_MS = 20_000;

function cluster(
  { minMs, maxMs }: TimeoutRange,
  simulatedMs: number,
  gauge: () => Gauge,
  workload: readonly WorkItem[],
): Scenario {
  const members = membersOf(SERVERS);
  const heartbeatMs = Math.floor(minMs / 2);
  // As in the paper, whose servers know neither pre-votes nor leader stickiness.
  const params = { members, heartbeatMs, preVote: false, leaderStickiness: false };
  const program = (node: NodeId): readonly ActorSpec[] =>
    minMs < maxMs
      ? [raftMember(journal, { ...params, electionTimeoutMs: { min: minMs, max: maxMs } })]
      : [withoutSpread(raftMember(journal, { ...params, electionTimeoutMs: { min: minMs, max: minMs + 1 } }), node)];
  return {
    name: 'election',
    programs: { member: program },
    setup: () => ({
      nodes: members.map((id) => ({ id, program: 'member', params: null, role: 'server' })),
      workload,
    }),
    faultMs: simulatedMs,
    healMs: 0,
    faults: 'none',
    properties: {},
    gauge,
  };
}

/** Of the members that never draw a time-out: the one that waits for less than the others, so that there is a leader to begin with. */
const FIRST_TO_LEAD = 'n1';

/** A range of no length is refused where a member is made, and for good: this is what it would do. */
function withoutSpread(member: ActorSpec, node: NodeId): ActorSpec {
  const params = member.params as RaftParameters;
  const { min } = params.electionTimeoutMs;
  const sameMs = node === FIRST_TO_LEAD ? params.heartbeatMs + 1 : min;
  return { ...member, params: { ...params, electionTimeoutMs: { min: sameMs, max: sameMs } } };
}

interface Election {
  readonly node: number;
  readonly atMs: number;
}

function leadersGauge(): Gauge {
  const nodes: number[] = [];
  const atMs: number[] = [];
  return {
    observe({ observation, node, atUs }) {
      if (observation.type !== 'raft-became-leader') return;
      nodes.push(Number(node.slice(1)));
      atMs.push(atUs / 1000);
    },
    end: () => ({ leaders: nodes, electedMs: atMs }),
  };
}

function electionsOf({ figures }: RunResult): Election[] {
  const atMs = figures?.['electedMs'] ?? [];
  return (figures?.['leaders'] ?? []).map((node, index) => ({ node, atMs: atMs[index] ?? 0 }));
}

/** Between two of the entries that some of the followers miss. */
const ENTRY_STEP_MS = 3;
const ENTRIES = 3;

/**
 * As in the paper, no two followers have equally long logs when the leader crashes, so that two of the four cannot be elected: the nth entry reaches
 * only the followers after the nth. They get all heartbeats; their answers are lost, or the leader would make up for what they miss.
 */
function unequalLogs(leader: string, followers: readonly string[], fromMs: number): readonly PlannedFault[] {
  const cut = (name: string, ms: number, forMs: number, from: string, to: string): PlannedFault => ({
    ...{ name, fault: 'partition-one-way', at: { ms }, forMs, params: {} },
    target: { kind: 'links', from: [from], to: [to] },
  });
  return followers.slice(0, ENTRIES).flatMap((follower, n) => {
    const answers = cut(`answers-${n}`, fromMs, AFTER_MS, follower, leader);
    const missed = Array.from({ length: ENTRIES - n }, (_, later) => n + later);
    const lost = missed.map((entry) => cut(`entry-${entry}-${n}`, entryMs(fromMs, entry) - 1, 2, leader, follower));
    return [answers, ...lost];
  });
}

function entryMs(fromMs: number, entry: number): number {
  return fromMs + 2 + entry * ENTRY_STEP_MS;
}

function proposals(leader: string, fromMs: number): readonly WorkItem[] {
  return Array.from({ length: ENTRIES }, (_, entry) => ({
    ...{ atMs: entryMs(fromMs, entry), to: `${leader}/raft` },
    message: { type: 'propose', requestId: `entry-${entry}`, command: `entry-${entry}`, direct: true },
  }));
}

function inDrawnOrder(nodes: readonly string[], random: Random): readonly string[] {
  const left = [...nodes];
  return nodes.map(() => left.splice(random.between(0, left.length - 1), 1)[0] ?? '');
}

/**
 * One trial of figure 16: the leader crashes at a moment drawn from the interval between two of its heartbeats. What counts is the time until
 * another one leads; a trial that takes longer than it is watched counts as so long.
 */
export function measureDowntimeMs(range: TimeoutRange, seed: number): number {
  const random = randomStream(`figure-16 ${range.minMs}-${range.maxMs} ${seed}`);
  const settledMs = Math.max(2000, 20 * range.maxMs);
  const run = (simulatedMs: number, faults: readonly PlannedFault[], workload: readonly WorkItem[]): Election[] => {
    const scenario = cluster(range, simulatedMs, leadersGauge, workload);
    const options = { calendar, maxSteps: 1e9, arrivals: broadcastIn15Ms(seed) };
    return electionsOf(runInline(scenario, { seed, plan: { faults } }, options));
  };
  // The run up to the crash is the same with it, so who leads by then can be asked before.
  const elected = run(settledMs, [], []).at(-1);
  if (elected === undefined) return AFTER_MS;
  const leader = `n${elected.node}`;
  const followers = inDrawnOrder(
    membersOf(SERVERS).filter((node) => node !== leader),
    random,
  );
  // The entries come shortly before heartbeats that reach everybody at the same time, and the crash before the next ones.
  const heartbeatMs = Math.floor(range.minMs / 2);
  const heartbeatAtMs = elected.atMs + Math.ceil((settledMs - elected.atMs) / heartbeatMs) * heartbeatMs;
  const fromMs = Math.floor(heartbeatAtMs) - entryMs(0, ENTRIES) - 1;
  const crashMs = heartbeatAtMs + 2 + random.between(0, heartbeatMs * 1000 - 1) / 1000;
  const crash: PlannedFault = {
    ...{ name: 'crash-1', fault: 'crash', at: { ms: crashMs }, params: {} },
    target: { kind: 'node', node: leader },
  };
  const faults = [...unequalLogs(leader, followers, fromMs), crash];
  const elections = run(crashMs + AFTER_MS, faults, proposals(leader, fromMs));
  const next = elections.find(({ atMs, node }) => atMs > crashMs && node !== elected.node);
  return next === undefined ? AFTER_MS : next.atMs - crashMs;
}

export function measureDowntimes(range: TimeoutRange, trials: number): Downtimes {
  const values: number[] = [];
  for (let seed = 1; seed <= trials; seed++) values.push(measureDowntimeMs(range, seed));
  return {
    ...{ range, trials, medianMs: quantile(values, 0.5), medianRangeMs: medianRange(values), mean: estimate(values) },
    worstMs: Math.max(...values),
    quantilesMs: Array.from({ length: 101 }, (_, hundredth) => quantile(values, hundredth / 100)),
  };
}
