import type { Question } from '../../runtime/actor.js';
import type { ReplyTo } from '../../runtime/context.js';
import { findNotPlain, type Plain } from '../../runtime/data.js';
import { Digest } from './log/digest.js';
import { appendEntries } from './log/durability.js';
import type { RaftMessageOf } from './messages.js';
import { replicateToAll } from './replication/sending.js';
import { memberAddress, type RaftTurn } from './state.js';

type ProposeError = RaftMessageOf<'propose-failed'>['error'];

const REQUEST_ID_LENGTH_MAX = 256;
/** Who waits for one request, at most. */
const ASKERS_MAX = 16;

/**
 * A command for the log. The leader appends and replicates it at once (§5.3); the others forward it to the leader they know. The
 * proposer is answered when it has been applied, or when this leadership ends.
 */
export function onPropose(turn: RaftTurn, message: RaftMessageOf<'propose'>): void {
  const { context, state } = turn;
  const { requestId, command } = message;
  const replyTo = context.replyTo();
  const fault = findFault(turn, command);
  if (fault !== undefined) return failProposal(turn, replyTo, requestId, 'invalid', fault);
  if (!admitProposal(turn, message, replyTo)) return;
  if (state.transfer !== undefined) {
    const detail = `${state.self} is handing its leadership to ${state.transfer.to}; try again soon`;
    return failProposal(turn, replyTo, requestId, 'unavailable', detail);
  }
  if (state.proposals.size >= state.parameters.maxWaiting) {
    const detail = `${state.self} has too many proposals waiting; try again later`;
    return failProposal(turn, replyTo, requestId, 'unavailable', detail);
  }
  appendEntries(turn, [{ term: state.term, requestId, command }]);
  state.proposals.set(requestId, [replyTo]);
  replicateToAll(turn);
}

/**
 * Whether this is a new request to a leader. Otherwise it has been answered, forwarded, or joined to what waits for the same request.
 */
export function admitProposal(
  turn: RaftTurn,
  message: RaftMessageOf<'propose' | 'change-configuration'>,
  replyTo: ReplyTo,
): boolean {
  const { context, state } = turn;
  const { requestId } = message;
  if (requestId === '' || requestId.length > REQUEST_ID_LENGTH_MAX) {
    const detail = `requestId must have 1 to ${REQUEST_ID_LENGTH_MAX} characters`;
    failProposal(turn, replyTo, requestId, 'invalid', detail);
    return false;
  }
  const applied = state.replica.requests.get(requestId);
  const waiting = state.proposals.get(requestId);
  if (applied !== undefined) context.answer(replyTo, { type: 'proposed', requestId, ...applied });
  else if (state.role !== 'leader') forward(turn, message, replyTo);
  else if (waiting !== undefined) joinWaiting(turn, waiting, requestId, replyTo);
  else return true;
  return false;
}

/** A repetition of what is in the log but not committed yet needs no entry of its own: clients in despair must not fill the log. */
function joinWaiting(turn: RaftTurn, waiting: ReplyTo[], requestId: string, replyTo: ReplyTo): void {
  if (waiting.length < ASKERS_MAX) waiting.push(replyTo);
  else failProposal(turn, replyTo, requestId, 'unknown', `${ASKERS_MAX} askers wait for this request already`);
}

function findFault({ state }: RaftTurn, command: Plain): string | undefined {
  const digest = new Digest();
  digest.plain(command);
  const { maxCommandBytes } = state.parameters;
  if (digest.bytes > maxCommandBytes) return `command has about ${digest.bytes} bytes; the limit is ${maxCommandBytes}`;
  return findNotPlain(command, 'command');
}

function forward(turn: RaftTurn, message: RaftMessageOf<'propose' | 'change-configuration'>, replyTo: ReplyTo): void {
  const { context, state } = turn;
  const { requestId } = message;
  // Once only: two members that take each other for the leader must not play ping-pong.
  if (message.direct === true)
    return failProposal(turn, replyTo, requestId, 'unavailable', `${state.self} does not lead`);
  if (state.leader === '')
    return failProposal(turn, replyTo, requestId, 'unavailable', `${state.self} knows no leader`);
  if (state.forwardedCount >= state.parameters.maxWaiting) {
    return failProposal(turn, replyTo, requestId, 'unavailable', `${state.self} forwards too much; try again later`);
  }
  state.forwardedCount++;
  context.ask(
    memberAddress(state, state.leader),
    { ...message, direct: true },
    { timeoutMs: state.parameters.forwardTimeoutMs, tag: { kind: 'propose', replyTo: { ...replyTo }, requestId } },
  );
}

type ForwardTag =
  | { readonly kind: 'propose'; readonly replyTo: ReplyTo; readonly requestId: string }
  | { readonly kind: 'read'; readonly replyTo: ReplyTo; readonly query: Plain };

/** The leader's answer to what we forwarded goes on to whoever asked us. */
export function onForwardAnswered(
  { context, state }: RaftTurn,
  message: RaftMessageOf<'proposed' | 'propose-failed' | 'read-failed'>,
): void {
  const tag = context.answerTag as unknown as ForwardTag | null;
  if (tag === null) return;
  state.forwardedCount--;
  context.answer(tag.replyTo, message);
}

/** The leader did not answer: a proposal may have happened, a read has no effect. */
export function onForwardTimedOut(turn: RaftTurn, question: Question): void {
  const { context, state } = turn;
  const tag = question.tag as unknown as ForwardTag;
  state.forwardedCount--;
  const detail = `no answer from ${question.to} within ${state.parameters.forwardTimeoutMs} ms`;
  if (tag.kind === 'read') context.answer(tag.replyTo, { type: 'read-failed', error: 'unavailable', detail });
  else failProposal(turn, tag.replyTo, tag.requestId, 'unknown', detail);
}

export function failProposal(
  { context }: RaftTurn,
  replyTo: ReplyTo,
  requestId: string,
  error: ProposeError,
  detail: string,
): void {
  context.answer(replyTo, { type: 'propose-failed', requestId, error, detail });
}
