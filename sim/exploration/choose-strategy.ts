import type { Plain } from '../../runtime/data.js';
import type { Scenario } from '../scenario.js';
import { CoverageSearch } from './coverage-search.js';
import { ExhaustiveSearch } from './exhaustive-search.js';
import { Portfolio } from './portfolio.js';
import {
  ROUND_STRATEGIES,
  SEED_STRATEGIES,
  type RoundStrategy,
  type RoundStrategyName,
  type SeedStrategyName,
  type StrategyName,
} from './strategy.js';

export interface StrategyOptions {
  readonly scenario: Scenario;
  readonly params: Plain;
  /** Numbers of the runs; the first is also the seed from which all is drawn. */
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly bounds?: ExhaustiveBounds;
}

/** How far an exhaustive search goes. */
export interface ExhaustiveBounds {
  /** Deliveries and crashes in one execution, at most. Default 12. */
  readonly eventsMax?: number;
  /** Crashes in one execution, at most. Default 0. */
  readonly crashesMax?: number;
}

/** The strategy of this name for one hunt. */
export function roundStrategy(name: RoundStrategyName, options: StrategyOptions): RoundStrategy {
  const { scenario, params, firstSeed, lastSeed, bounds = {} } = options;
  switch (name) {
    case 'coverage':
      return new CoverageSearch(options);
    case 'portfolio':
      return new Portfolio(options);
    case 'exhaustive': {
      const runsMax = lastSeed - firstSeed + 1;
      return new ExhaustiveSearch({ scenario, params, seed: firstSeed, firstNumber: firstSeed, runsMax, ...bounds });
    }
  }
}

export function isSeedStrategy(name: StrategyName): name is SeedStrategyName {
  return SEED_STRATEGIES.some((known) => known === name);
}

export function findStrategy(text: string): StrategyName | undefined {
  return [...SEED_STRATEGIES, ...ROUND_STRATEGIES].find((known) => known === text);
}
