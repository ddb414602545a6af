import type { Plain } from '../../runtime/data.js';
import { drawSetup } from '../draw-setup.js';
import type { SentMessage } from '../network/arrival-plan.js';
import type { Violation } from '../properties/property.js';
import type { RunSpec, Scenario } from '../scenario.js';
import { drawPriorities } from './priority-plan.js';
import { drawRandomPlan } from './random-plan.js';

/** How the runs of a hunt are chosen. */
export type StrategyName = SeedStrategyName | RoundStrategyName;

/** Each seed is a run by itself, so it can be dealt out, resumed and sharded as one likes. */
export type SeedStrategyName = 'random' | 'swarm' | 'pct';

/** What earlier runs showed decides the later ones, round by round. */
export type RoundStrategyName = 'coverage' | 'exhaustive' | 'portfolio';

export const SEED_STRATEGIES: readonly SeedStrategyName[] = Object.freeze(['random', 'swarm', 'pct']);
export const ROUND_STRATEGIES: readonly RoundStrategyName[] = Object.freeze(['coverage', 'exhaustive', 'portfolio']);

/** One run that a strategy wants carried out. */
export interface Candidate {
  /** Its place in the hunt, counted from the first seed of the range on. */
  readonly number: number;
  readonly spec: RunSpec;
  /** Whether the strategy needs to know what was sent. */
  readonly needsSends: boolean;
}

/** What a strategy learns of a run. */
export interface ExploredRun {
  readonly number: number;
  readonly states: readonly number[];
  readonly violations: readonly Violation[];
  /** In the order of sending, where it was asked for. */
  readonly sends: readonly SentMessage[];
}

/**
 * Chooses runs in rounds. All runs of a round may be carried out side by side; what they showed is taken in when all are done, in the
 * order of their numbers. So what is explored does not depend on how many workers there are.
 */
export interface RoundStrategy {
  /** The runs of the next round; none where everything has been explored. */
  nextRound(): readonly Candidate[];
  takeIn(runs: readonly ExploredRun[]): void;
  /** What it can say of its search at the end, beyond what any hunt says. */
  readonly summary: StrategySummary;
}

export type StrategySummary =
  | { readonly kind: 'coverage'; readonly corpus: number; readonly mutants: number; readonly fresh: number }
  | {
      readonly kind: 'exhaustive';
      /** Different partial orders of events that were carried out. */
      readonly executions: number;
      /** Orders that were left out because they are the same as one of these. */
      readonly pruned: number;
      /** Whether everything within the model was carried out; else there was more than the bounds allow. */
      readonly isComplete: boolean;
      readonly bounds: { readonly events: number; readonly crashes: number; readonly executions: number };
    }
  | { readonly kind: 'portfolio'; readonly runs: Readonly<Record<string, number>>; readonly corpus: number };

/** What a strategy makes of a seed. What it leaves open is drawn by the run itself, as swarm does. */
export function specOfSeed(strategy: SeedStrategyName, scenario: Scenario, seed: number, params: Plain): RunSpec {
  if (strategy === 'swarm') return { seed, params };
  const setup = drawSetup(scenario, seed, params);
  if (strategy === 'random') return { seed, params, plan: drawRandomPlan(scenario, setup, seed) };
  return { seed, params, arrivals: drawPriorities(setup, seed, longestLatencyUs(scenario)) };
}

const LONGEST_DEFAULT_MS = 5;

/** The greatest latency without faults; where each link has a model of its own, what the default has. */
function longestLatencyUs({ latency, latencyMs, minLatencyMs = 1 }: Scenario): number {
  const longest = (): number => {
    if (typeof latency === 'object') return latency.kind === 'bimodal' ? latency.slowMaxMs : latency.maxMs;
    return latencyMs?.max ?? LONGEST_DEFAULT_MS;
  };
  return Math.ceil(Math.max(minLatencyMs, longest()) * 1000);
}
