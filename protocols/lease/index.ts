export { leaseCoordinator, type LeaseCoordinatorOptions } from './coordinator.js';
export { leaseMember } from './member/member.js';
export { defaultMemberOptions, type MemberOptions } from './member/options.js';
export type { Member } from './member/state.js';
export { LEASE_STORE_ACTOR, storeAnswers, storeRequests, type StoreAnswer, type StoreRequest } from './messages.js';
export type { LeaseObservation, MemberObservation, ObservedEvent, StoreObservation } from './observations.js';
export { leaseStore } from './server/server.js';
export { defaultServerOptions, type LeaseServer, type LeaseServerOptions } from './server/state.js';
export * from './store/index.js';
