import { lastIndex, lastTerm, isUpToDate } from '../log/log.js';
import type { RaftMessageOf } from '../messages.js';
import { observeRaft } from '../observations.js';
import { voteResult } from '../configuration/configuration.js';
import {
  becomeCandidate,
  becomeLeader,
  REQUEST_VOTES_TIMER,
  armElectionTimer,
  observeTerm,
  postponeElection,
} from './roles.js';
import { saveHardState } from '../log/durability.js';
import { memberAddress, sendingMember, type RaftState, type RaftTurn } from '../state.js';

/** The election timer ran out: stands for election if nothing was heard meanwhile, waits for the rest of the time else. */
export function onElectionDue(turn: RaftTurn): void {
  const { context, state } = turn;
  if (context.sender !== context.self || state.role === 'leader') return;
  const isDue = context.nowMs() >= state.electionDueMs || context.faultPoint('raft.stand-early');
  if (isDue) postponeElection(turn);
  armElectionTimer(turn);
  if (isDue) standForElection(turn);
}

/** §5.2: a new term, our own vote, and a question to everybody else. They hear it when our own vote is durable. */
function standForElection(turn: RaftTurn): void {
  becomeCandidate(turn);
  countVote(turn, turn.state.self, true);
  if (turn.state.role === 'candidate') requestVotes(turn);
}

/** Asks those who have not answered; again after a heartbeat's time, since requests and answers get lost (§5.5). */
function requestVotes(turn: RaftTurn): void {
  const { context, state } = turn;
  const { log, term } = state;
  const request = { type: 'request-vote', term, lastIndex: lastIndex(log), lastTerm: lastTerm(log) } as const;
  for (const peer of state.peers) if (!state.votes.has(peer)) context.send(memberAddress(state, peer), request);
  context.setTimer(REQUEST_VOTES_TIMER, state.parameters.heartbeatMs, { type: 'votes-due' });
}

export function onVotesDue(turn: RaftTurn): void {
  const { context, state } = turn;
  if (context.sender === context.self && state.role === 'candidate') requestVotes(turn);
}

/** Votes once in a term, for a candidate whose log is at least as up to date as ours (§5.2, §5.4.1). */
export function onRequestVote(turn: RaftTurn, message: RaftMessageOf<'request-vote'>): void {
  const { context, state } = turn;
  const candidate = sendingMember(context, state);
  if (candidate === '') return;
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

function mayVoteFor(state: RaftState, candidate: string, message: RaftMessageOf<'request-vote'>): boolean {
  if (message.term < state.term || state.role !== 'follower') return false;
  if (state.votedFor !== '' && state.votedFor !== candidate) return false;
  return isUpToDate(state.log, message.lastIndex, message.lastTerm);
}

/** A vote counts only in the term in which it was given, and once. */
export function onVote(turn: RaftTurn, message: RaftMessageOf<'vote'>): void {
  const { context, state } = turn;
  const voter = sendingMember(context, state);
  if (voter === '') return;
  observeTerm(turn, message.term);
  if (message.term < state.term) return;
  if (state.role !== 'candidate') return;
  if (message.granted) observeRaft(context, { type: 'raft-vote-received', term: message.term, voter });
  countVote(turn, voter, message.granted);
}

function countVote(turn: RaftTurn, voter: string, granted: boolean): void {
  const { state } = turn;
  state.votes.set(voter, granted);
  if (voteResult(state.configuration, state.votes) === 'won') becomeLeader(turn);
}
