export { leaseAnswers, leaseRequests, type LeaseAnswer, type LeaseRequest } from './client-messages.js';
export { leaseCoordinator, type LeaseCoordinatorOptions } from './coordinator.js';
export { leaseMember } from './member/member.js';
export { defaultMemberOptions, type MemberOptions } from './member/options.js';
export type { Member } from './member/state.js';
export { LEASE_STORE_ACTOR, storeAnswers, storeRequests, type StoreAnswer, type StoreRequest } from './messages.js';
export {
  observedEvents,
  type LeaseObservation,
  type MemberObservation,
  type ObservedEvent,
  type StoreObservation,
} from './observations.js';
export { forgetDeadline, leaseClockMs, rearm, setDeadline, type LeaseClockContext } from './server/deadlines.js';
export {
  awaitNextCheckpoint,
  dueLeases,
  isCheckpointDue,
  rearmCheckpoint,
  timeLeftMs,
  timesLeft,
  timesToNote,
} from './server/lease-clock.js';
export { observeApplied, observeCheckpoint } from './server/observing.js';
export { LISTED_MAX, findReadFault } from './server/reading.js';
export { leaseStore } from './server/server.js';
export {
  forgetIdleSessions,
  knowsWatch,
  publish,
  publishAll,
  takeNext,
  takeRound,
  takeWatch,
  type SessionContext,
} from './server/sessions.js';
export {
  defaultServerOptions,
  type LeaseServer,
  type LeaseServerOptions,
  type LeaseTimes,
  type Session,
  type WatchOptions,
  type WatchServer,
} from './server/state.js';
export * from './store/index.js';
export { LEASE_FAULT_POINTS } from './fault-points.js';
