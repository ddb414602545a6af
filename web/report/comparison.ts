import type { TraceRecord } from '../../sim/run.js';

/** What a hunt under one coordinator came to. Times are simulated milliseconds. */
export interface CoordinatorFigures {
  readonly coordinator: string;
  readonly scenario: string;
  /** What the coordinator promises, for the table. */
  readonly consistency: string;
  readonly effectOnce: string;
  readonly seeds: number;
  readonly failedSeeds: readonly number[];
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly tasksAccepted: number;
  readonly tasksLost: number;
  /** Executions of which two attempts succeeded. */
  readonly executedTwice: number;
  /** Executions whose effect took place twice at the sink. */
  readonly effectsTwice: number;
  /** Effects that the sink refused, as stale or as done already. */
  readonly effectsRefused: number;
  readonly timesToRecoverMs: readonly number[];
  readonly leaderSwitchesMs: readonly number[];
  readonly splitBrainMs: number;
}

/** The seed of a coordinator that fared worst, with its trace. */
export interface WorstSeed {
  readonly coordinator: string;
  readonly seed: number;
  readonly why: string;
  /** Virtual time at which it shows, for the close-up. */
  readonly atMs: number;
  readonly endMs: number;
  readonly nodes: readonly string[];
  readonly trace: readonly TraceRecord[];
  readonly replayCommand: string;
}

export interface PlacementCheck {
  readonly scenario: string;
  readonly seed: number;
  readonly inline: string;
  readonly threads: string;
}

export interface Comparison {
  readonly tasksFile: string;
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly figures: readonly CoordinatorFigures[];
  readonly worst: readonly WorstSeed[];
  readonly placements: readonly PlacementCheck[];
  readonly nodeVersion: string;
  readonly zoneDataVersion: string;
}

/** The value below which `percent` of the values lie; undefined without values. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? sorted[0];
}
