/** Whether a history is linearizable: searches, models of objects, and why the answer is no. */
export {
  ALGORITHMS,
  checkLinearizable,
  partition,
  type Algorithm,
  type CheckOptions,
  type CheckProgress,
  type CheckResult,
  type PartResult,
  type Verdict,
} from './check-history.js';
export { type Counterexample, type Refusal } from './counterexample.js';
export { describeOperation, type Model } from './model.js';
export { linearizableHistory, type ToldEvent } from './monitor.js';
export * from './models/index.js';
export { plainKey } from './models/values.js';
