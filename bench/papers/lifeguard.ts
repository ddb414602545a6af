import type { GossipOptions } from '../../protocols/gossip/index.js';
import { randomStream } from '../../runtime/random.js';
import type { Gauge, PlannedFault } from '../../sim/index.js';
import { crashOf, gossipSeen, membersOf, PLAIN_SWIM, runGroup } from './group.js';
import { estimate, medianRange, quantile, type Estimate } from './statistics.js';

/** What Lifeguard adds to SWIM, one by one and all together; alpha 5 and beta 6 of the paper. */
export const CONFIGURATIONS: Readonly<Record<string, Partial<GossipOptions>>> = Object.freeze({
  SWIM: { ...PLAIN_SWIM, suspicionMultiplier: 5 },
  'LHA-Probe': { ...PLAIN_SWIM, suspicionMultiplier: 5, healthMax: 8 },
  'LHA-Suspicion': { ...PLAIN_SWIM, suspicionMultiplier: 5, suspicionMaxMultiplier: 6 },
  'Buddy System': { ...PLAIN_SWIM, suspicionMultiplier: 5, buddySystem: true },
  Lifeguard: { suspicionMultiplier: 5, suspicionMaxMultiplier: 6, healthMax: 8, buddySystem: true },
  'Lifeguard, alpha 4': { suspicionMultiplier: 4, suspicionMaxMultiplier: 6, healthMax: 8, buddySystem: true },
});

const WARM_MS = 15_000;
const STRESSED_MS = 120_000;

export interface StressCell {
  readonly members: number;
  /** Members under stress at a time. */
  readonly stressed: number;
  /** For how long each neither sends nor receives, before it does for `runMs` again. */
  readonly blockedMs: number;
  readonly runMs: number;
}

/**
 * The stress of the paper (section V): an anomalous member blocks just before it sends and just after it receives, while its timers go on; what was
 * kept goes out and comes in when the block ends. The stressed ones block at the same times.
 */
function stressFaults({ members, stressed, blockedMs, runMs }: StressCell): PlannedFault[] {
  const ids = membersOf(members);
  const faults: PlannedFault[] = [];
  for (let atMs = WARM_MS; atMs < WARM_MS + STRESSED_MS; atMs += blockedMs + runMs) {
    for (const node of ids.slice(0, stressed)) {
      const others = ids.filter((id) => id !== node);
      const block = (name: string, from: readonly string[], to: readonly string[]): PlannedFault => ({
        ...{
          name: `${name}-${node}-${atMs}`,
          fault: 'hold',
          at: { ms: atMs },
          forMs: blockedMs,
          params: { order: 'sent' },
        },
        target: { kind: 'links', from, to },
      });
      faults.push(block('out', [node], others), block('in', others, [node]));
    }
  }
  return faults;
}

export interface FalsePositives {
  /** Members that were well, found dead by any member, each time that a member believes it. */
  readonly anywhere: number;
  /** The same by members that were well themselves. */
  readonly atHealthy: number;
}

function falsePositiveGauge(stressed: ReadonlySet<string>): () => Gauge {
  return () => {
    let anywhere = 0;
    let atHealthy = 0;
    return {
      observe({ observation, node }) {
        const seen = gossipSeen(observation);
        if (seen.type !== 'member-dead' || stressed.has(seen.member)) return;
        anywhere++;
        if (!stressed.has(node)) atHealthy++;
      },
      end: () => ({ anywhere: [anywhere], atHealthy: [atHealthy] }),
    };
  };
}

export function countFalsePositives(cell: StressCell, options: Partial<GossipOptions>, seed: number): FalsePositives {
  const stressed = new Set(membersOf(cell.members).slice(0, cell.stressed));
  const { figures } = runGroup({
    ...{ members: cell.members, options: { ...options, deadProbePeriods: 4 }, seed },
    simulatedMs: WARM_MS + STRESSED_MS + cell.blockedMs,
    faults: stressFaults(cell),
    gauge: falsePositiveGauge(stressed),
  });
  return { anywhere: figures?.['anywhere']?.[0] ?? 0, atHealthy: figures?.['atHealthy']?.[0] ?? 0 };
}

export interface DetectionTimes {
  readonly trials: number;
  /** From the crash until the first member found it dead. */
  readonly firstMedianMs: number;
  readonly firstMedianRangeMs: readonly [number, number];
  /** By which share sooner that was than by plain SWIM, of the same crashes. */
  readonly sooner: Estimate;
  /** The same of the part that begins when the first member suspects it. */
  readonly soonerFromSuspicion: Estimate;
  /** Until every member did. */
  readonly allMedianMs: number;
  readonly allP99Ms: number;
}

/** Times since the crash. */
interface Found {
  readonly suspectedMs: number;
  readonly firstMs: number;
  readonly allMs: number;
}

function detectionGauge(victim: string, crashMs: number): () => Gauge {
  return () => {
    const figures = { suspectedMs: [] as number[], foundMs: [] as number[] };
    return {
      observe({ observation, atUs }) {
        const seen = gossipSeen(observation);
        const sinceMs = atUs / 1000 - crashMs;
        if (seen.type === 'member-suspect' && seen.member === victim && sinceMs >= 0) figures.suspectedMs.push(sinceMs);
        if (seen.type === 'member-dead' && seen.member === victim) figures.foundMs.push(sinceMs);
      },
      end: () => figures,
    };
  };
}

function detect(members: number, options: Partial<GossipOptions>, seed: number): Found {
  const random = randomStream(`lifeguard-detection ${seed}`);
  const victim = membersOf(members)[random.between(0, members - 1)] ?? '';
  const crashMs = WARM_MS + random.between(0, 999);
  const { figures } = runGroup({
    ...{ members, options, seed, simulatedMs: crashMs + 90_000, faults: [crashOf(victim, crashMs)] },
    gauge: detectionGauge(victim, crashMs),
  });
  const found = figures?.['foundMs'] ?? [];
  if (found.length < members - 1) throw new Error(`seed ${seed}: only ${found.length} members found the crash`);
  return {
    suspectedMs: Math.min(...(figures?.['suspectedMs'] ?? [])),
    firstMs: Math.min(...found),
    allMs: Math.max(...found),
  };
}

/** By configuration: how long it takes to find out that a member has crashed, where nobody is under stress. */
export function measureDetectionTimes(
  members: number,
  names: readonly (keyof typeof CONFIGURATIONS)[],
  trials: number,
): Readonly<Record<string, DetectionTimes>> {
  const detectAll = (name: string): Found[] =>
    Array.from({ length: trials }, (_, n) => detect(members, CONFIGURATIONS[name] ?? {}, n + 1));
  const plain = detectAll('SWIM');
  return Object.fromEntries(names.map((name) => [name, timesOf(name === 'SWIM' ? plain : detectAll(name), plain)]));
}

function timesOf(found: readonly Found[], plain: readonly Found[]): DetectionTimes {
  const first = found.map(({ firstMs }) => firstMs);
  const all = found.map(({ allMs }) => allMs);
  const soonerBy = (lengthOf: (one: Found) => number): Estimate =>
    estimate(found.map((one, n) => 1 - lengthOf(one) / lengthOf(plain[n] ?? one)));
  return {
    trials: found.length,
    firstMedianMs: quantile(first, 0.5),
    firstMedianRangeMs: medianRange(first),
    sooner: soonerBy(({ firstMs }) => firstMs),
    soonerFromSuspicion: soonerBy(({ firstMs, suspectedMs }) => firstMs - suspectedMs),
    allMedianMs: quantile(all, 0.5),
    allP99Ms: quantile(all, 0.99),
  };
}
