import type { NodeId } from '../../runtime/address.js';
import type { Calendar, Random } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import { raftMember, type RaftParameters } from '../../protocols/raft/index.js';
import { runInline, type Gauge, type RunResult, type Scenario, type Violation } from '../../sim/index.js';
import { acknowledgedSurvives, linearizable } from './clients.js';
import { journal } from './journal.js';
import type { ConnectivityCase } from './partial-connectivity.js';
import { probingClient, type ProbingClientParams } from './probing-client.js';
import { electionSafety, stateMachineSafety } from './safety.js';

export interface Timing {
  readonly electionTimeoutMs: { readonly min: number; readonly max: number };
  readonly heartbeatMs: number;
}

export interface ConnectivityTrial {
  /** From when the fault began to the first acknowledgement of a write that was asked for after that; undefined: none while it lasted. */
  readonly downtimeMs: number | undefined;
  /** Members that were elected after that, while the fault lasted: 0 where the leader is stable. */
  readonly laterElections: number;
  /** The longest time without an acknowledgement after that, while the fault lasted. */
  readonly longestGapMs: number;
  /** From the end of the fault to the first write acknowledged that was asked for after it. */
  readonly recoveryMs: number | undefined;
  readonly reads: number;
  readonly violations: readonly Violation[];
}

const MEMBERS: readonly NodeId[] = Object.freeze(['n1', 'n2', 'n3', 'n4', 'n5']);
const CLIENTS: readonly NodeId[] = Object.freeze(['c1', 'c2']);

/** In greatest election time-outs: until a leader has settled, while the fault lasts, and afterwards. */
const SETTLED = 4;
const LASTING = 12;
const AFTERWARDS = 4;
const BEFORE = 1;
/** Parts of the greatest election time-out that lie between two probes. */
const CALM_PROBES = 20;
const URGENT_PROBES = 100;

export function probesOf({ electionTimeoutMs: { max } }: Timing): ProbingClientParams {
  return {
    members: MEMBERS,
    calmMs: Math.ceil(max / CALM_PROBES),
    urgentMs: Math.ceil(max / URGENT_PROBES),
    timeoutMs: max,
  };
}

/**
 * Five members under the faults of one case, with clients that write to and read from all of them throughout. Every other seed reads by leases, where
 * the members' parameters allow it.
 */
export function tryConnectivity(
  { faults }: ConnectivityCase,
  timing: Timing,
  protections: Partial<RaftParameters>,
  seed: number,
  calendar: Calendar,
): ConnectivityTrial {
  const { max } = timing.electionTimeoutMs;
  const random = randomStream(`connectivity ${seed}`);
  const ms = SETTLED * max + random.between(0, 2 * timing.heartbeatMs);
  const times = { ms, forMs: LASTING * max, beforeMs: BEFORE * max };
  const leasesHold = protections.leaderStickiness !== false && seed % 2 === 0;
  const member = { ...timing, members: MEMBERS, ...protections, leaseReads: leasesHold ? { maxDriftPpm: 500 } : null };
  const scenario = cluster(timing, member, ms, ms + times.forMs);
  const options = { calendar, maxSteps: 1e9 };
  // The run up to then is the same with faults, so who leads by then can be asked before.
  const phases = { faultMs: ms - times.beforeMs, healMs: 0 };
  const before = runInline(scenario, { seed, plan: { faults: [] }, phases }, options);
  const leader = MEMBERS[(before.figures?.['leaders'] ?? []).at(-1) ?? -1];
  if (leader === undefined) throw new Error(`seed ${seed}: nobody leads after ${ms} ms without faults`);
  const others = inDrawnOrder(
    MEMBERS.filter((node) => node !== leader),
    random,
  );
  return trialOf(runInline(scenario, { seed, plan: { faults: faults(leader, others, times) } }, options));
}

function inDrawnOrder(nodes: readonly NodeId[], random: Random): readonly NodeId[] {
  const left = [...nodes];
  return nodes.map(() => left.splice(random.between(0, left.length - 1), 1)[0] ?? '');
}

function cluster(timing: Timing, member: Parameters<typeof raftMember>[1], beginMs: number, endMs: number): Scenario {
  const { max } = timing.electionTimeoutMs;
  return {
    name: 'partial-connectivity',
    programs: {
      member: () => [raftMember(journal, member)],
      client: () => [{ name: 'client', definition: probingClient, params: probesOf(timing) }],
    },
    setup: () => ({
      nodes: [
        ...MEMBERS.map((id) => ({ id, program: 'member', params: null, role: 'server' as const })),
        ...CLIENTS.map((id) => ({ id, program: 'client', params: null, role: 'client' as const })),
      ],
      workload: [],
    }),
    faultMs: endMs + AFTERWARDS * max,
    healMs: 0,
    faults: 'none',
    properties: {
      always: {
        linearizable,
        'acknowledged-survives': acknowledgedSurvives,
        'election-safety': electionSafety,
        'state-machine-safety': stateMachineSafety,
      },
    },
    gauge: () => new ConnectivityGauge(beginMs, endMs),
  };
}

class ConnectivityGauge implements Gauge {
  private readonly leaders: number[] = [];
  private readonly electedMs: number[] = [];
  private readonly askedMs = new Map<string, number>();
  private readonly acknowledgedMs: number[] = [];
  private readonly recoveredMs: number[] = [];
  private reads = 0;

  constructor(
    private readonly beginMs: number,
    private readonly endMs: number,
  ) {}

  observe({ observation, node, atUs }: Parameters<Gauge['observe']>[0]): void {
    const atMs = atUs / 1000;
    if (observation.type === 'raft-became-leader') {
      this.leaders.push(MEMBERS.indexOf(node));
      this.electedMs.push(atMs);
    } else if (observation.type === 'client-invoked') {
      this.askedMs.set(String(observation['id']), atMs);
    } else if (observation.type === 'client-completed') {
      const askedMs = this.askedMs.get(String(observation['id'])) ?? 0;
      if (observation['kind'] === 'count') this.reads++;
      else if (askedMs >= this.endMs) this.recoveredMs.push(atMs);
      else if (askedMs >= this.beginMs && atMs < this.endMs) this.acknowledgedMs.push(atMs);
    }
  }

  end(): Readonly<Record<string, readonly number[]>> {
    const { leaders, beginMs, endMs, reads } = this;
    const [firstMs] = this.acknowledgedMs;
    const [recoveredMs] = this.recoveredMs;
    const later = firstMs === undefined ? [] : this.electedMs.filter((atMs) => atMs > firstMs && atMs < endMs);
    return {
      leaders,
      downtimeMs: firstMs === undefined ? [] : [firstMs - beginMs],
      laterElections: [later.length],
      gapsMs: [...this.acknowledgedMs, endMs].map((atMs, n, all) => atMs - (all[n - 1] ?? atMs)),
      recoveryMs: recoveredMs === undefined ? [] : [recoveredMs - endMs],
      reads: [reads],
    };
  }
}

function trialOf({ figures = {}, violations }: RunResult): ConnectivityTrial {
  return {
    downtimeMs: figures['downtimeMs']?.[0],
    laterElections: figures['laterElections']?.[0] ?? 0,
    longestGapMs: Math.max(0, ...(figures['gapsMs'] ?? [])),
    recoveryMs: figures['recoveryMs']?.[0],
    reads: figures['reads']?.[0] ?? 0,
    violations,
  };
}
