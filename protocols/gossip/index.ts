export { gossipCoordinator } from './coordinator.js';
export type {
  CoordinationObservation,
  GossipObservation,
  MembershipObservation,
  RegisterObservation,
  StandingObservation,
} from './observations.js';
export { membershipActor, membershipSpec } from './membership/actor.js';
export { MEMBERSHIP_ACTOR } from './membership/speaking.js';
export { leaveAnswers, membershipMessages, viewMessages, type LeaveAnswer, type View } from './membership/messages.js';
export type { Member, MembershipParams, MembershipState } from './membership/state.js';
export { compareStandings, firstIncarnationOf, type Standing, type Status } from './membership/table.js';
export { DEFAULT_GOSSIP_OPTIONS, gossipOptions, type GossipOptions } from './options.js';
export {
  registerAnswers,
  registerRequests,
  registerVersionType,
  type RegisterRequest,
  type RegisterVersion,
} from './registers/messages.js';
export { compareVersions, mergeRegisters, type Register, type Version } from './registers/register.js';
export type { Held, Replica } from './registers/replica.js';
export type { CoordinatorState as GossipCoordinatorState } from './coordination/state.js';
export { GOSSIP_FAULT_POINTS } from './fault-points.js';
