export * from './digest.js';
export * from './log.js';
export * from './machine.js';
export * from './messages.js';
export * from './observations.js';
export * from './parameters.js';
export * from './quorum.js';
export { RAFT_ACTOR, raft, raftMember } from './raft.js';
export type { Progress, RaftState, Replica, Role } from './state.js';
