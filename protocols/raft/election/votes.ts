import { saveHardState } from '../log/durability.js';
import { isUpToDate } from '../log/log.js';
import type { RaftMessageOf } from '../messages.js';
import { observeRaft } from '../observations.js';
import { answeringPeer, memberAddress, sendingMember, type RaftState, type RaftTurn } from '../state.js';
import { countVote } from './election.js';
import { postponeElection } from './election-timer.js';
import { observeTerm } from './roles.js';

/**
 * Votes once in a term, for a candidate whose log is at least as up to date as ours (§5.2, §5.4.1). Who asks is in the candidate's
 * configuration, which can be newer than ours: so we answer although we may not know the candidate, or ourselves as a voter.
 */
export function onRequestVote(turn: RaftTurn, message: RaftMessageOf<'request-vote'>): void {
  const { context, state } = turn;
  const candidate = sendingMember(context, state);
  if (candidate === '') return;
  if (!state.identity.isKnown) return;
  if (!message.transfer && isLed(turn)) return;
  observeTerm(turn, message.term);
  const granted = mayVoteFor(state, candidate, message);
  if (granted && state.votedFor === '') {
    state.votedFor = candidate;
    saveHardState(turn);
    observeRaft(context, { type: 'raft-voted', term: state.term, candidate });
  }
  if (granted) postponeElection(turn);
  context.send(memberAddress(state, candidate), { type: 'vote', term: state.term, granted });
}

/**
 * Whether a leader was heard within the least election time-out, or is this member: then somebody else's election is not our concern, and
 * does not even move our term (thesis, §4.2.3). So who was removed, or hears nobody, cannot depose a leader that works.
 */
export function isLed({ context, state }: RaftTurn): boolean {
  const { leaderStickiness, electionTimeoutMs } = state.parameters;
  if (!leaderStickiness) return false;
  return state.role === 'leader' || context.nowMs() - state.leaderHeardMs < electionTimeoutMs.min;
}

function mayVoteFor(state: RaftState, candidate: string, message: RaftMessageOf<'request-vote'>): boolean {
  if (message.term < state.term || state.role === 'candidate' || state.role === 'leader') return false;
  if (state.votedFor !== '' && state.votedFor !== candidate) return false;
  return isUpToDate(state.log, message.lastIndex, message.lastTerm);
}

/** A vote counts only in the term in which it was given, and once. */
export function onVote(turn: RaftTurn, message: RaftMessageOf<'vote'>): void {
  const { context, state } = turn;
  const voter = answeringPeer(context, state);
  if (voter === '') return;
  observeTerm(turn, message.term);
  if (message.term < state.term) return;
  if (state.role !== 'candidate') return;
  if (message.granted) observeRaft(context, { type: 'raft-vote-received', term: message.term, voter });
  countVote(turn, voter, message.granted);
}

/**
 * Says whether we would vote for the sender in `term`, and changes nothing here (thesis, §9.6): not our term, not our vote, not when our
 * own election is due. A refusal carries our own term, for a sender that has fallen behind.
 */
export function onRequestPreVote(turn: RaftTurn, message: RaftMessageOf<'request-pre-vote'>): void {
  const { context, state } = turn;
  const candidate = sendingMember(context, state);
  if (candidate === '' || !state.identity.isKnown) return;
  const { term, lastIndex, lastTerm } = message;
  const granted = term > state.term && !isLed(turn) && isUpToDate(state.log, lastIndex, lastTerm);
  const answer = { type: 'pre-vote', term: granted ? term : state.term, granted } as const;
  context.send(memberAddress(state, candidate), answer);
}

/** A pre-vote counts for the term that was asked about only. */
export function onPreVote(turn: RaftTurn, message: RaftMessageOf<'pre-vote'>): void {
  const { context, state } = turn;
  const voter = answeringPeer(context, state);
  if (voter === '') return;
  if (!message.granted) observeTerm(turn, message.term);
  if (state.role !== 'pre-candidate') return;
  if (!message.granted || message.term === state.term + 1) countVote(turn, voter, message.granted);
}
