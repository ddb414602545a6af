import { mayStand } from '../configuration/active.js';
import { isVoter, voteResult } from '../configuration/configuration.js';
import { lastIndex, lastTerm } from '../log/log.js';
import { memberAddress, type RaftTurn } from '../state.js';
import { armElectionTimer, postponeElection, REQUEST_VOTES_TIMER } from './election-timer.js';
import { becomeCandidate, becomeLeader, becomePreCandidate } from './roles.js';

/** The election timer ran out: stands for election if nothing was heard meanwhile, waits for the rest of the time else. */
export function onElectionDue(turn: RaftTurn): void {
  const { context, state } = turn;
  if (context.sender !== context.self || state.role === 'leader') return;
  const isDue = context.nowMs() >= state.electionDueMs;
  // Leases rest on that nobody does.
  const standsEarly = !isDue && state.parameters.leaseReads === null && context.faultPoint('raft.stand-early');
  if (isDue || standsEarly) postponeElection(turn);
  armElectionTimer(turn);
  if (!mayStand(state)) return;
  if (standsEarly || (isDue && !state.parameters.preVote)) standForElection(turn, false);
  else if (isDue) askForPreVotes(turn);
}

/** Would a quorum vote for us? Only then is the term raised: a member that cannot win disturbs nobody (thesis, §9.6). */
function askForPreVotes(turn: RaftTurn): void {
  becomePreCandidate(turn);
  countVote(turn, turn.state.self, true);
  if (turn.state.role === 'pre-candidate') requestVotes(turn);
}

/**
 * §5.2: a new term, our own vote, and a question to everybody else. They hear it when our own vote is durable.
 * @param isTransfer the leader itself asked for this election, so nobody needs to protect it.
 */
export function standForElection(turn: RaftTurn, isTransfer: boolean): void {
  becomeCandidate(turn, isTransfer);
  countVote(turn, turn.state.self, true);
  if (turn.state.role === 'candidate') requestVotes(turn);
}

/** Asks the voters who have not answered; again after a heartbeat's time, since requests and answers get lost (§5.5). */
function requestVotes(turn: RaftTurn): void {
  const { context, state } = turn;
  const { log, term } = state;
  const end = { lastIndex: lastIndex(log), lastTerm: lastTerm(log) };
  const request =
    state.role === 'candidate'
      ? ({ type: 'request-vote', term, ...end, transfer: state.isTransferElection } as const)
      : ({ type: 'request-pre-vote', term: term + 1, ...end } as const);
  for (const peer of state.peers) {
    if (isVoter(state.configuration, peer) && !state.votes.has(peer)) context.send(memberAddress(state, peer), request);
  }
  context.setTimer(REQUEST_VOTES_TIMER, state.parameters.heartbeatMs, { type: 'votes-due' });
}

export function onVotesDue(turn: RaftTurn): void {
  const { context, state } = turn;
  if (context.sender !== context.self) return;
  if (state.role === 'candidate' || state.role === 'pre-candidate') requestVotes(turn);
}

/** One more answer. With a quorum of pre-votes the election begins, with one of votes it is won. */
export function countVote(turn: RaftTurn, voter: string, granted: boolean): void {
  const { state } = turn;
  state.votes.set(voter, granted);
  if (voteResult(state.configuration, state.votes) !== 'won') return;
  if (state.role === 'candidate') becomeLeader(turn);
  else standForElection(turn, false);
}
