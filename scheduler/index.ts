export * from './actors/api-messages.js';
export { DEFAULT_SCHEDULER_OPTIONS, type SchedulerOptions } from './actors/options.js';
export type { WorkInput } from './actors/worker-attempts.js';
export * from './definitions/index.js';
export * from './effects/index.js';
export { observed } from './observations.js';
export { schedulerActors, SCHEDULER_ACTOR } from './program.js';
export * from './promise.js';
export { isTerminal, mayFollow } from './store/execution.js';
export * from './store/keys.js';
export {
  attemptOutcomeType,
  cursorType,
  executionType,
  tickType,
  type Attempt,
  type AttemptOutcome,
  type Cursor,
  type Execution,
  type ExecutionState,
  type Tick,
  type TickOutcome,
} from './store/records.js';
export { SCHEDULER_FAULT_POINTS } from './fault-points.js';
