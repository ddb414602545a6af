export type { ArrivalPlan, ListedMessage, NamedLink, NamedMessage, PriorityChange } from '../network/arrival-plan.js';
export {
  findStrategy,
  isSeedStrategy,
  roundStrategy,
  type ExhaustiveBounds,
  type StrategyOptions,
} from './choose-strategy.js';
export { StateCounts, type Census, type Confidence } from './confidence.js';
export { exploreInline, type Explored, type InlineExploration } from './explore-inline.js';
export type { StateAbstraction } from './state-abstraction.js';
export {
  ROUND_STRATEGIES,
  SEED_STRATEGIES,
  specOfSeed,
  type Candidate,
  type ExploredRun,
  type RoundStrategy,
  type RoundStrategyName,
  type SeedStrategyName,
  type StrategyName,
  type StrategySummary,
} from './strategy.js';
