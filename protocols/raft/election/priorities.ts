import type { NodeId } from '../../../runtime/address.js';
import { membersOf } from '../configuration/configuration.js';
import type { RaftState } from '../state.js';

export function priorityOf(state: RaftState, member: NodeId): number {
  return state.parameters.priorities[member] ?? 0;
}

/** Whether no other member of the configuration has a higher priority. */
export function hasTopPriority(state: RaftState): boolean {
  const own = priorityOf(state, state.self);
  return membersOf(state.configuration).every((member) => priorityOf(state, member) <= own);
}
