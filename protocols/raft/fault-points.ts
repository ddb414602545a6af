/**
 * Points that a simulator may fire, and production never does. All that comes of them is allowed at any time.
 * - `raft.batch-of-one`: an append carries one entry
 * - `raft.compact-early`: a snapshot is taken although little was applied since the last
 * - `raft.step-down-early`: a leader makes way although it hears a majority
 * - `raft.stand-early`: a follower stands for election although its leader lives
 */
export const RAFT_FAULT_POINTS = Object.freeze([
  'raft.batch-of-one',
  'raft.compact-early',
  'raft.step-down-early',
  'raft.stand-early',
] as const);
