/** Guarantees weaker than linearizability, judged on the same histories. */
export { checkSequential, type SequentialResult } from './sequential.js';
export { findSessionViolation, SESSION_GUARANTEES, type SessionViolation } from './sessions.js';
export { type SessionGuarantee } from './session-demands.js';
export {
  findWatchViolations,
  type StoreEvent,
  type WatchAsked,
  type WatchGuarantee,
  type WatchResponse,
  type WatchViolation,
} from './watches.js';
