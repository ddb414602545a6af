export { huntDocument, type HuntDocument } from './document.js';
export { explore, scenarioOf, type Exploration, type ExploreOptions } from './explore.js';
export { hunt, type HuntedScenario, type HuntOptions, type Progress, type ScenarioReport } from './hunt.js';
export { PlacedRun, type GuardedResult, type PlacedOptions } from './placed-run.js';
export type { Totals } from './reduction.js';
export type { Ending, HuntRules } from './scenario-hunt.js';
export type { FailureDetails, RunSummary, SeedOutcome, Verdict } from './seed-outcome.js';
export { countSeeds, parseSeedRange, type SeedRange } from './seed-range.js';
