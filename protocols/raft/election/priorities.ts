import type { NodeId } from '../../../runtime/address.js';
import type { RaftState } from '../state.js';

export function priorityOf(state: RaftState, member: NodeId): number {
  return state.parameters.priorities[member] ?? 0;
}

/** Whether no other voter has a higher priority. Who does not vote cannot be elected, so nobody need wait for it. */
export function hasTopPriority(state: RaftState): boolean {
  const own = priorityOf(state, state.self);
  const { voters, outgoing } = state.configuration;
  const isHighest = (member: NodeId): boolean => priorityOf(state, member) <= own;
  return voters.every(isHighest) && outgoing.every(isHighest);
}
