import type { NodeId } from '../../runtime/address.js';
import type { FaultTarget, PlannedFault } from '../../sim/index.js';

/** What a case does to a group of five, from a moment on: to the leader, and to the others in an order that the seed draws. */
export interface ConnectivityCase {
  readonly name: string;
  readonly describes: string;
  /**
   * What is expected of a member with all protections. `stays`: the leader goes on. `elected`: the others miss it at once and elect another.
   * `deposed`: they hear it, so first it has to make way. `impossible`: whoever reaches a majority lacks committed entries, and nobody can lead
   * (§5.4.1).
   */
  readonly expects: 'stays' | 'elected' | 'deposed' | 'impossible';
  /** `ms`: when it begins; `forMs`: how long it lasts; `beforeMs`: time before it that may be used to prepare. */
  faults(leader: NodeId, others: readonly NodeId[], times: CaseTimes): readonly PlannedFault[];
}

export interface CaseTimes {
  readonly ms: number;
  readonly forMs: number;
  readonly beforeMs: number;
}

type Pair = readonly [from: readonly NodeId[], to: readonly NodeId[]];

function on(name: string, fault: string, { ms, forMs }: CaseTimes, target: FaultTarget): PlannedFault {
  return { name, fault, at: { ms }, forMs, target, params: {} };
}

function cuts(times: CaseTimes, pairs: readonly Pair[], fault = 'partition'): readonly PlannedFault[] {
  return pairs.map(([from, to], n) => on(`cut-${n + 1}`, fault, times, { kind: 'links', from, to }));
}

/** Everybody reaches `hub`, and nobody else. */
function star(hub: NodeId, rim: readonly NodeId[], times: CaseTimes): readonly PlannedFault[] {
  return cuts(
    times,
    rim.flatMap((node, n): Pair[] => (node === hub || n === rim.length - 1 ? [] : [[[node], rim.slice(n + 1)]])),
  );
}

/** Each reaches the one before it and the one after it. */
function chain(nodes: readonly NodeId[], times: CaseTimes): readonly PlannedFault[] {
  return cuts(
    times,
    nodes.slice(0, -2).map((node, n): Pair => [[node], nodes.slice(n + 2)]),
  );
}

function earlier({ ms, beforeMs }: CaseTimes): CaseTimes {
  return { ms: ms - beforeMs, forMs: beforeMs, beforeMs: 0 };
}

/** Longer than a message takes. */
const LAST_WORDS_MS = 20;

/**
 * Omni-Paxos (Ng, Haridi, Carbone, EuroSys 2023), section 2, names quorum loss, constrained election and chain; the single link is what befell
 * Cloudflare's etcd in November 2020; bridge and majorities in a ring are Jepsen's.
 */
export const CONNECTIVITY_CASES: readonly ConnectivityCase[] = [
  {
    name: 'leader isolated',
    describes: 'the leader and the others do not reach each other',
    expects: 'elected',
    faults: (leader, others, times) => cuts(times, [[[leader], others]]),
  },
  {
    name: 'leader mute',
    describes: 'nothing that the leader sends comes to the others; it hears them',
    expects: 'elected',
    faults: (leader, others, times) => cuts(times, [[[leader], others]], 'partition-one-way'),
  },
  {
    name: 'leader deaf',
    describes: 'nothing that the others send comes to the leader; they hear it',
    expects: 'deposed',
    faults: (leader, others, times) => cuts(times, [[others, [leader]]], 'partition-one-way'),
  },
  {
    name: 'follower deaf',
    describes: 'one follower hears nobody; all hear it',
    expects: 'stays',
    faults: (leader, [deaf = '', ...others], times) =>
      cuts(times, [[[leader, ...others], [deaf]]], 'partition-one-way'),
  },
  {
    name: 'single link',
    describes: 'leader and one follower do not reach each other; both reach all others (Cloudflare)',
    expects: 'stays',
    faults: (leader, [other = ''], times) => cuts(times, [[[leader], [other]]]),
  },
  {
    name: 'bridge, leader in a half',
    describes: 'the leader and a follower, and two others, are apart; the fifth reaches both halves',
    expects: 'stays',
    faults: (leader, [mate = '', bridge = '', ...half], times) => [
      on('bridge-1', 'partition-bridge', times, {
        kind: 'links',
        from: [leader, mate],
        to: half.filter((n) => n !== bridge),
      }),
    ],
  },
  {
    name: 'bridge, leader on it',
    describes: 'two halves of two are apart; the leader reaches both',
    expects: 'stays',
    faults: (leader, _others, times) => [on('bridge-1', 'partition-bridge', times, { kind: 'node', node: leader })],
  },
  {
    name: 'ring of majorities',
    describes: 'each reaches two others, its neighbours in a ring: a majority, and no two the same',
    expects: 'stays',
    faults: (leader, others, times) => [
      on('ring-1', 'partition-ring', times, { kind: 'links', from: [leader, ...others], to: [leader, ...others] }),
    ],
  },
  {
    name: 'chain, leader at its end',
    describes: 'five in a row, each reaches its neighbours; the leader is the first',
    expects: 'elected',
    faults: (leader, others, times) => [
      ...chain([leader, ...others], times),
      // Came its last words to some beyond its neighbour and to others not, whoever reaches a majority may lack what another of it has.
      ...cuts({ ...times, ms: times.ms - LAST_WORDS_MS }, [[[leader], others.slice(1)]]).map((cut) => ({
        ...cut,
        name: 'lost',
      })),
    ],
  },
  {
    name: 'chain, leader in the middle',
    describes: 'five in a row, each reaches its neighbours; the leader is the third',
    expects: 'stays',
    faults: (leader, [a = '', b = '', ...others], times) => chain([a, b, leader, ...others], times),
  },
  {
    name: 'quorum loss',
    describes: 'all reach one follower only, the leader too: that one alone reaches a majority',
    expects: 'deposed',
    faults: (leader, [hub = '', ...rim], times) => star(hub, [leader, ...rim], times),
  },
  {
    name: 'leader lost, one reaches the rest',
    describes: 'the leader is isolated, and the others all reach one of them only, whose log is as good as any',
    expects: 'elected',
    faults: (leader, [hub = '', ...rim], times) => [
      ...star(hub, rim, times),
      on('isolated', 'partition', times, { kind: 'links', from: [leader], to: [hub] }),
      // What the leader sent last came to the hub, if to anybody.
      ...cuts({ ...times, ms: times.ms - LAST_WORDS_MS }, [[[leader], rim]]).map((cut) => ({ ...cut, name: 'lost' })),
    ],
  },
  {
    name: 'constrained election',
    describes: 'the same, but that one was cut off for a while before and lacks what was committed meanwhile',
    expects: 'impossible',
    faults: (leader, [hub = '', ...rim], times) => [
      on('behind', 'partition', earlier(times), { kind: 'links', from: [hub], to: [leader, ...rim] }),
      ...star(hub, rim, times),
      on('isolated', 'partition', times, { kind: 'links', from: [leader], to: [hub, ...rim] }),
    ],
  },
  {
    name: 'leader paused',
    describes: 'the leader stands still',
    expects: 'elected',
    faults: (leader, _others, times) => [on('pause-1', 'pause', times, { kind: 'node', node: leader })],
  },
  {
    name: "leader's disk stalled",
    describes: "no operation of the leader's disk completes; the leader itself goes on",
    expects: 'deposed',
    faults: (leader, _others, times) => [on('stalled-1', 'stalled-disk', times, { kind: 'node', node: leader })],
  },
];
