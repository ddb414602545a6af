export { minimalItems, type StillFails } from './delta-debugging.js';
export { causalPastOf, type CausalPast } from './causal-past.js';
export {
  Minimiser,
  type MinimiserOptions,
  type Phase,
  type Search,
  type Trial,
  type TrialResult,
} from './minimiser.js';
export { findTarget, type RunCase, type TargetViolation } from './run-case.js';
export { runSearch } from './run-search.js';
