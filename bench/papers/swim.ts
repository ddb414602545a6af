import { randomStream } from '../../runtime/random.js';
import type { Gauge } from '../../sim/index.js';
import { crashOf, gossipSeen, membersOf, runGroup } from './group.js';
import { estimate, estimateShare, type Estimate } from './statistics.js';

const PERIOD_MS = 1000;
const WARM_MS = 3000;
const WATCHED_PERIODS = 12;

export interface Detection {
  readonly members: number;
  /** Whole protocol periods from the crash until somebody had picked the crashed member, the last one included. */
  readonly periods: Estimate;
  /** e / (e - 1), and the same for a group of this size. */
  readonly paper: number;
  readonly paperFinite: number;
  /** Share of the trials in which nobody had picked it after j periods; the paper's is e^-j. */
  readonly tail: readonly { readonly periods: number; readonly share: Estimate; readonly paper: number }[];
}

/** When the first probe of a crashed member began, after the crash, by whoever it was. */
function firstProbeGauge(victim: string, crashMs: number): () => Gauge {
  return () => {
    let firstMs = Infinity;
    return {
      observe({ observation, atUs }) {
        const seen = gossipSeen(observation);
        if (seen.type !== 'probe-failed' || seen.member !== victim) return;
        // A failed probe is told of when its period is over.
        const begunMs = atUs / 1000 - PERIOD_MS;
        if (begunMs >= crashMs) firstMs = Math.min(firstMs, begunMs);
      },
      end: () => ({ firstProbeMs: firstMs === Infinity ? [] : [firstMs - crashMs] }),
    };
  };
}

/** SWIM section 3.1: in each period every member picks one of the others, so a crashed member is picked within e / (e - 1) periods on average. */
export function measureDetection(members: number, trials: number): Detection {
  const periods: number[] = [];
  for (let seed = 1; seed <= trials; seed++) {
    const random = randomStream(`swim-detection ${seed}`);
    const ids = membersOf(members);
    const victim = ids[random.between(0, members - 1)] ?? '';
    const crashMs = WARM_MS + random.between(0, PERIOD_MS - 1);
    const simulatedMs = crashMs + WATCHED_PERIODS * PERIOD_MS;
    const gauge = firstProbeGauge(victim, crashMs);
    const { figures } = runGroup({
      members,
      options: {},
      seed,
      simulatedMs,
      faults: [crashOf(victim, crashMs)],
      gauge,
    });
    periods.push(Math.max(1, Math.ceil((figures?.['firstProbeMs']?.[0] ?? WATCHED_PERIODS * PERIOD_MS) / PERIOD_MS)));
  }
  const others = members - 1;
  const tail = [1, 2, 3, 4, 5].map((j) => ({
    periods: j,
    share: estimateShare(periods.map((needed) => needed > j)),
    paper: Math.exp(-j),
  }));
  const paperFinite = 1 / (1 - (1 - 1 / others) ** others);
  return { members, periods: estimate(periods), paper: Math.E / (Math.E - 1), paperFinite, tail };
}

export interface ProbeGaps {
  readonly members: number;
  readonly periods: number;
  /** Of one member's probes of another, in periods. */
  readonly worst: number;
  /** 2 n - 1 for a list of n members, which is everybody but the prober (SWIM section 4.3). */
  readonly bound: number;
}

export function measureProbeGaps(members: number, periods: number): ProbeGaps {
  const { trace = [] } = runGroup({
    ...{ members, options: {}, seed: 1, simulatedMs: periods * PERIOD_MS, faults: [] },
    keepTrace: true,
  });
  const lastUs = new Map<string, number>();
  let worstUs = 0;
  for (const line of trace) {
    if (line.kind !== 'delivery' || line.type !== 'ping') continue;
    const pair = `${line.from} ${line.to}`;
    const before = lastUs.get(pair);
    if (before !== undefined) worstUs = Math.max(worstUs, line.sentAtUs - before);
    lastUs.set(pair, line.sentAtUs);
  }
  return { members, periods, worst: Math.round(worstUs / 1000 / PERIOD_MS), bound: 2 * (members - 1) - 1 };
}

export interface Load {
  readonly members: number;
  /** Messages that a member receives in a protocol period in which nothing happens, on average; pings and acks, its own and the others'. */
  readonly messagesPerPeriod: number;
  /** Of the member that received most. */
  readonly most: number;
}

const COUNTED_PERIODS = 20;

/** SWIM section 3: what a member receives does not depend on the size of the group. */
export function measureLoad(members: number): Load {
  // The news that everybody is there is sent on a few times only and in large pieces, so that it has passed when the counting begins.
  const options = { retransmitMultiplier: 1, rumoursPerMessage: 200 };
  const settledMs = 15_000;
  const counts = new Map<string, number>();
  const { trace = [] } = runGroup({
    ...{ members, options, seed: 1, simulatedMs: settledMs + COUNTED_PERIODS * PERIOD_MS, faults: [] },
    keepTrace: true,
  });
  for (const line of trace) {
    if (line.kind !== 'delivery' || line.atUs < settledMs * 1000 || line.from.startsWith(`${line.node}/`)) continue;
    counts.set(line.node, (counts.get(line.node) ?? 0) + 1);
  }
  const received = [...counts.values()];
  const total = received.reduce((sum, count) => sum + count, 0);
  return {
    members,
    messagesPerPeriod: total / members / COUNTED_PERIODS,
    most: Math.max(...received) / COUNTED_PERIODS,
  };
}
