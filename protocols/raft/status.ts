import type { NodeId } from '../../runtime/address.js';
import { membersOf } from './configuration/configuration.js';
import type { RaftState, RaftTurn } from './state.js';

/** Tells subscribers the role, the term and the leader as they are now. */
export function tellStatus({ context, state }: RaftTurn): void {
  for (const subscriber of state.subscribers) context.send(subscriber, statusOf(state));
}

/** Tells subscribers that the machine came to where it is by a snapshot, without notices. */
export function tellRestored({ context, state, machine }: RaftTurn): void {
  if (state.subscribers.size === 0) return;
  const summary = machine.summary?.(state.replica.machine) ?? null;
  for (const subscriber of state.subscribers) {
    context.send(subscriber, { type: 'raft-restored', index: state.applied, summary });
  }
}

export function statusOf(state: RaftState): {
  readonly type: 'raft-status';
  readonly role: RaftState['role'];
  readonly term: number;
  readonly leader: NodeId;
  readonly inContact: readonly NodeId[];
} {
  const { role, term, leader, inContact } = state;
  return { type: 'raft-status', role, term, leader, inContact };
}

/** Leader: who answered within the greatest election time-out; tells subscribers of a change. */
export function refreshContacts(turn: RaftTurn): void {
  const { context, state } = turn;
  const since = context.nowMs() - state.parameters.electionTimeoutMs.max;
  const inContact = membersOf(state.configuration).filter((member) => {
    const progress = state.progress.get(member);
    return progress === undefined ? member === state.self : progress.lastContactMs >= since;
  });
  if (inContact.length === state.inContact.length && inContact.every((member, i) => member === state.inContact[i]))
    return;
  state.inContact = inContact;
  tellStatus(turn);
}
