import type { NodeId } from '../../../runtime/address.js';
import type { ReplyTo } from '../../../runtime/context.js';
import { mayStand } from '../configuration/active.js';
import { isVoter } from '../configuration/configuration.js';
import { lastIndex } from '../log/log.js';
import type { RaftMessageOf } from '../messages.js';
import { memberAddress, sendingMember, type RaftState, type RaftTurn } from '../state.js';
import { standForElection } from './election.js';
import { priorityOf } from './priorities.js';
import { observeTerm } from './roles.js';
import { endTransfer, failTransfer } from './transfer-outcome.js';

/**
 * Leadership transfer (thesis, §3.10): the leader takes no more proposals, brings the member up to date and tells it to stand at once. It
 * is elected like anybody else; until then, or where nothing comes of it within an election time-out, the leader leads on. Who asked
 * is answered when a leader of a later term is known here.
 */
export function onTransferLeadership(turn: RaftTurn, message: RaftMessageOf<'transfer-leadership'>): void {
  const { context, state } = turn;
  const replyTo = context.replyTo();
  if (state.role !== 'leader') {
    const known = state.leader === '' ? 'it knows no leader' : `${state.leader} does`;
    return failTransfer(turn, replyTo, 'unavailable', `${state.self} does not lead; ${known}`);
  }
  const to = message.to === '' ? mostUpToDate(state) : message.to;
  if (to === state.self) return context.answer(replyTo, { type: 'leadership-transferred', to });
  if (!state.configuration.voters.includes(to)) {
    const detail = to === '' ? 'no other voter is heard' : `${to} is no voter; name one of the configuration`;
    return failTransfer(turn, replyTo, to === '' ? 'unavailable' : 'invalid', detail);
  }
  if (!mayBeElected(state, to)) {
    return failTransfer(turn, replyTo, 'unavailable', `${to} has a disk that the others do not know; name another`);
  }
  if (state.transfer !== undefined) {
    return failTransfer(turn, replyTo, 'unavailable', `leadership is being handed to ${state.transfer.to} already`);
  }
  beginTransfer(turn, to, replyTo);
}

function beginTransfer(turn: RaftTurn, to: NodeId, replyTo: ReplyTo | undefined): void {
  const { context, state } = turn;
  state.transfer = { to, replyTo, dueMs: context.nowMs() + state.parameters.electionTimeoutMs.max };
  continueTransfer(turn);
}

/** Leader: an answer has come, or a heartbeat is due. The member is told as often as it takes; it stands once in a term. */
export function continueTransfer(turn: RaftTurn): void {
  const { context, state } = turn;
  const { transfer } = state;
  if (transfer === undefined) return;
  if (context.nowMs() >= transfer.dueMs || !isVoter(state.configuration, transfer.to)) {
    return endTransfer(turn, 'unknown', `${transfer.to} was not elected within an election time-out`);
  }
  if (state.progress.get(transfer.to)?.match !== lastIndex(state.log)) return;
  state.reads.isLeaseBarred = true;
  context.send(memberAddress(state, transfer.to), { type: 'timeout-now', term: state.term });
}

/** The leader tells us to stand: nobody hears it say so who is not up to date, and the others need not protect it. */
export function onTimeoutNow(turn: RaftTurn, message: RaftMessageOf<'timeout-now'>): void {
  const { context, state } = turn;
  const sender = sendingMember(context, state);
  if (sender === '') return;
  observeTerm(turn, message.term);
  const isTimely = message.term === state.term && sender === state.leader && state.role === 'follower';
  if (isTimely && mayStand(state)) standForElection(turn, true);
}

/** Whether the member may stand, as far as it has said: to wait for one that may not would keep clients waiting in vain. */
function mayBeElected(state: RaftState, member: NodeId): boolean {
  return state.progress.get(member)?.isKnown !== false;
}

/** The voter whose log has most of ours, among those who are heard and may stand; '' where there is none. */
export function mostUpToDate(state: RaftState): NodeId {
  let best = '';
  for (const member of state.configuration.voters) {
    const match = state.progress.get(member)?.match;
    if (match === undefined || !state.inContact.includes(member) || !mayBeElected(state, member)) continue;
    if (best === '' || match > (state.progress.get(best)?.match ?? 0)) best = member;
  }
  return best;
}

/** So many of the greatest election time-out lie between two attempts to hand over to a member of higher priority. */
const PRIORITY_PAUSE_TIMEOUTS = 4;

/** Leader: a voter of higher priority that is heard, may stand and has the whole log gets the leadership. */
export function yieldToPriority(turn: RaftTurn): void {
  const { context, state } = turn;
  if (state.hasTopPriority || state.transfer !== undefined || context.nowMs() < state.nextYieldMs) return;
  const own = priorityOf(state, state.self);
  let best: NodeId = '';
  for (const member of state.configuration.voters) {
    if (priorityOf(state, member) <= (best === '' ? own : priorityOf(state, best))) continue;
    const isUpToDate = state.progress.get(member)?.match === lastIndex(state.log);
    if (isUpToDate && state.inContact.includes(member) && mayBeElected(state, member)) best = member;
  }
  if (best === '') return;
  state.nextYieldMs = context.nowMs() + PRIORITY_PAUSE_TIMEOUTS * state.parameters.electionTimeoutMs.max;
  beginTransfer(turn, best, undefined);
}
