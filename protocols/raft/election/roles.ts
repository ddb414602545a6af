import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import { membersOf } from '../configuration/configuration.js';
import { appendEntries, saveHardState } from '../log/durability.js';
import { entryAt, lastIndex, requestBytesAt } from '../log/log.js';
import { observeRaft } from '../observations.js';
import { failReads } from '../reads/reads.js';
import { setFollowers } from '../replication/progress.js';
import { heartbeatToAll } from '../replication/sending.js';
import type { RaftState, RaftTurn } from '../state.js';
import { tellStatus } from '../status.js';
import {
  armElectionTimer,
  ELECTION_TIMER,
  HEARTBEAT_TIMER,
  postponeElection,
  REQUEST_VOTES_TIMER,
} from './election-timer.js';
import { concludeTransfer } from './transfer-outcome.js';

/**
 * Heard of a term: a later one is taken over, without a vote in it, and ends candidacy and leadership (§5.1). `votedFor` is cleared
 * only with a new term: within one, a vote is given once and for all.
 */
export function observeTerm(turn: RaftTurn, term: number): void {
  const { state } = turn;
  if (term <= state.term) return;
  state.term = term;
  state.votedFor = '';
  state.leader = '';
  state.heardRound = -1;
  saveHardState(turn);
  if (state.role === 'follower') tellStatus(turn);
  else becomeFollower(turn);
}

/** Ends candidacy or leadership. What the leadership still owed its clients is answered: it may yet happen under another. */
export function becomeFollower(turn: RaftTurn): void {
  const { context, state } = turn;
  assert(state.role !== 'follower', 'is a follower already');
  const from = state.role;
  state.role = 'follower';
  state.votes.clear();
  state.progress.clear();
  state.inContact = [];
  if (state.leader === state.self) state.leader = '';
  observeRaft(context, { type: 'raft-became-follower', term: state.term, from });
  if (from === 'leader') endLeadership(turn);
  else context.cancelTimer(REQUEST_VOTES_TIMER);
  tellStatus(turn);
}

function endLeadership(turn: RaftTurn): void {
  const { context, state } = turn;
  context.cancelTimer(HEARTBEAT_TIMER);
  const detail = `${state.self} lost its leadership before the proposal was committed`;
  for (const [requestId, waiting] of state.proposals) {
    for (const replyTo of waiting)
      context.answer(replyTo, { type: 'propose-failed', requestId, error: 'unknown', detail });
  }
  state.proposals.clear();
  state.sessionEntries.clear();
  failReads(turn, `${state.self} lost its leadership before the read was confirmed`);
  postponeElection(turn);
  armElectionTimer(turn);
}

/** Asks for pre-votes: the term stays, and so does the vote that was given in it. */
export function becomePreCandidate(turn: RaftTurn): void {
  const { context, state } = turn;
  assert(state.role !== 'leader', 'a leader does not stand for election');
  const from = state.role;
  state.role = 'pre-candidate';
  state.leader = '';
  state.votes.clear();
  observeRaft(context, { type: 'raft-became-pre-candidate', term: state.term, from });
  tellStatus(turn);
}

/** A new term, a vote for ourselves (§5.2). */
export function becomeCandidate(turn: RaftTurn, isTransfer: boolean): void {
  const { context, state } = turn;
  assert(state.role !== 'leader', 'a leader does not stand for election');
  const from = state.role;
  state.role = 'candidate';
  state.isTransferElection = isTransfer;
  state.term += 1;
  state.votedFor = state.self;
  state.leader = '';
  state.heardRound = -1;
  state.votes.clear();
  saveHardState(turn);
  observeRaft(context, { type: 'raft-became-candidate', term: state.term, from });
  observeRaft(context, { type: 'raft-voted', term: state.term, candidate: state.self });
  tellStatus(turn);
}

/**
 * Won the election of `term`. The no-op is the first entry of the term: committing it commits everything before it, which the
 * leader may not commit by counting (§5.4.2), and shows it what is committed (§8).
 */
export function becomeLeader(turn: RaftTurn): void {
  const { context, state } = turn;
  assert(state.role === 'candidate', `a ${state.role} cannot win an election`);
  assert(state.votedFor === state.self, 'the leader of a term has voted for itself');
  state.role = 'leader';
  state.leader = state.self;
  if (state.transfer !== undefined) concludeTransfer(turn, state.self);
  state.votes.clear();
  Object.assign(state.reads, { round: 0, confirmingRound: 0, leaseUntilMs: -Infinity, isLeaseBarred: false });
  state.reads.roundsSent.length = 0;
  context.cancelTimer(ELECTION_TIMER);
  context.cancelTimer(REQUEST_VOTES_TIMER);
  setFollowers(state.progress, state.peers, lastIndex(state.log) + 1, context.nowMs());
  observeRaft(context, { type: 'raft-became-leader', term: state.term, lastIndex: lastIndex(state.log) });
  state.uncommittedBytes = 0;
  for (let index = state.commit + 1; index <= lastIndex(state.log); index++) {
    state.uncommittedBytes += requestBytesAt(state.log, index);
    const { requestId } = entryAt(state.log, index);
    if (requestId !== '') state.proposals.set(requestId, []);
  }
  appendEntries(turn, [{ term: state.term, requestId: '', command: null }]);
  state.inContact = membersOf(state.configuration);
  tellStatus(turn);
  heartbeatToAll(turn);
  context.setTimer(HEARTBEAT_TIMER, state.parameters.heartbeatMs, { type: 'heartbeat-due' });
}

/**
 * Whether a leader's message of our term is nothing but an echo: of a round that was heard before, and we have turned away from that leader
 * since. A network may bring a message again after the leader is gone; were it heeded, nobody would be elected in its place.
 */
export function isEcho(state: RaftState, term: number, round: number): boolean {
  if (term !== state.term || round > state.heardRound) return false;
  return state.role !== 'follower' || state.leader === '';
}

/** Follower: there is a leader of our term. Only a round that was not heard before shows that it is still there. */
export function follow(turn: RaftTurn, leader: NodeId, round: number): void {
  const { state } = turn;
  assert(state.role !== 'leader', `${leader} and ${state.self} both lead term ${state.term}`);
  if (round > state.heardRound) {
    state.heardRound = round;
    state.leaderHeardMs = turn.context.nowMs();
    postponeElection(turn);
  }
  if (state.leader === leader && state.role === 'follower') return;
  state.leader = leader;
  if (state.transfer !== undefined) concludeTransfer(turn, leader);
  if (state.role === 'follower') tellStatus(turn);
  else becomeFollower(turn);
}
