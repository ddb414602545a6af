import type { Program } from '../../runtime/actor.js';
import type { Monitor } from '../properties/property.js';
import type { Scenario } from '../scenario.js';
import { fault, onB, quiet, run } from '../world/probe.fixture.js';
import type { FaultParams } from './fault-entry.js';
import type { FaultTarget, PlannedFault } from './plan.js';

/** A mistake that one kind of fault brings to light, and no other that is tried. */
export interface OnlyThisFault {
  readonly kind: string;
  /** Who makes the mistake. */
  readonly mistake: string;
  /** The kinds that are tried, this one among them. */
  readonly tried: readonly string[];
  isRightWithoutFaults(): boolean;
  /** Those of the kinds tried that bring it to light. */
  finders(): readonly string[];
}

const ALL: FaultTarget = { kind: 'all' };

type Trial = readonly [kind: string, target: FaultTarget, params?: FaultParams];

/** One of each kind, and two where a kind has two faces, from 200 to 400 ms: on node b, or on all links. */
const TRIALS: readonly Trial[] = [
  ['crash', onB, { loss: 'power' }],
  ['crash', onB, { loss: 'process' }],
  ['crash-loop', onB, { loss: 'power', crashes: 8, downMs: 5, upMs: 9 }],
  ['pause', onB],
  ['slow-node', onB, { turnUs: 3_000 }],
  ['wipe', onB],
  ['replace', onB],
  ['switch-program', onB, { program: 'next', downMs: 10 }],
  ['rolling-upgrade', ALL, { program: 'next', downMs: 10, everyMs: 50 }],
  ['partition', onB],
  ['partition-one-way', onB],
  ['partition-one-way', { kind: 'links', from: ['a', 'c'], to: ['b'] }],
  ['partition-partial', ALL, { ppm: 500_000 }],
  ['partition-bridge', { kind: 'node', node: 'a' }],
  ['partition-ring', ALL],
  ['drop', ALL, { ppm: 300_000 }],
  ['duplicate', ALL, { ppm: 300_000 }],
  ['replay', ALL, { ppm: 100_000, minMs: 50, maxMs: 250 }],
  ['reorder', ALL, { ppm: 300_000, extraMs: 8 }],
  ['corrupt', ALL, { ppm: 50_000 }],
  ['reset', ALL],
  ['half-open', onB, { timeoutMs: 130 }],
  ['slow-link', ALL, { extraMs: 15 }],
  ['latency-uniform', ALL, { maxMs: 30 }],
  ['latency-exponential', ALL, { meanMs: 5, maxMs: 60 }],
  ['latency-bimodal', ALL, { ppm: 30_000, minMs: 90, maxMs: 110 }],
  ['latency-offset', ALL, { maxMs: 40 }],
  ['bandwidth', ALL, { bytesPerS: 20_000, queueBytes: 2_000 }],
  ['clog', ALL],
  ['hold', ALL, { order: 'sent' }],
  ['hold', ALL, { order: 'drawn' }],
  ['clock-skew', onB, { offsetMs: -5_000 }],
  ['clock-skew', onB, { offsetMs: 5_000 }],
  ['clock-jump', onB, { offsetMs: -7_000 }],
  ['clock-jump', onB, { offsetMs: 86_400_000 }],
  ['clock-drift', onB, { ppm: -300_000 }],
  ['clock-drift', onB, { ppm: 300_000 }],
  ['slow-disk', onB, { extraMs: 3 }],
  ['stalled-disk', onB],
  ['sync-fails', onB],
  ['disk-full', onB],
  ['read-fails', onB],
  ['short-reads', onB, { ppm: 500_000 }],
  ['corrupt-reads', onB, { ppm: 500_000 }],
  ['unsynced-lost', onB],
  ['rename-lost', onB],
  ['torn-bytes', onB],
  ['torn-sectors', onB, { sectorBytes: 512 }],
  ['bit-rot', onB, { count: 3 }],
  ['sector-rot', onB, { count: 1, sectorBytes: 512 }],
  ['misdirected-write', onB, { ppm: 300_000 }],
  ['phantom-write', onB, { ppm: 300_000 }],
  ['lying-sync', onB, { durable: 'never' }],
  ['fault-point', onB, { point: 'probe.batch-of-one', ppm: 50_000 }],
];

/** A point in the code that cases may pass. */
export const FAULT_POINT = 'probe.batch-of-one';

export const trials: readonly PlannedFault[] = TRIALS.map(([kind, target, params = {}]) => fault(kind, target, params));

const SEEDS = 3;

/** A mistake in a program of the three nodes a, b and c. `next` is the other build of it; without it the new build is the old one. */
export interface ClusterMistake {
  readonly kind: string;
  readonly mistake: string;
  readonly program: Program;
  readonly next?: Program;
  readonly property: () => Monitor;
}

const PROPERTY = 'no-mistake';

export function inCluster({ kind, mistake, program, next = program, property }: ClusterMistake): OnlyThisFault {
  const change: Partial<Scenario> = {
    programs: { probe: program, next },
    properties: { ...quiet, always: { [PROPERTY]: property } },
  };
  const isFound = (faults: readonly PlannedFault[]): boolean =>
    Array.from({ length: SEEDS }, (_, seed) => run(faults, change, seed + 1)).some(({ violations }) =>
      violations.some((violation) => violation.property === PROPERTY),
    );
  return {
    ...{ kind, mistake, tried: kindsOf(trials) },
    isRightWithoutFaults: () => !isFound([]),
    finders: () => kindsOf(trials.filter((planned) => isFound([planned]))),
  };
}

export function kindsOf(faults: readonly PlannedFault[]): readonly string[] {
  return [...new Set(faults.map((planned) => planned.fault))];
}
