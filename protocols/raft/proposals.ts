import type { Question } from '../../runtime/actor.js';
import type { ReplyTo } from '../../runtime/context.js';
import { findNotPlain, type Plain } from '../../runtime/data.js';
import { Digest } from './log/digest.js';
import { appendEntries } from './log/durability.js';
import { lastIndex, type LogEntry } from './log/log.js';
import type { RaftMessageOf } from './messages.js';
import { mayAsk, refusalOfUnknown } from './identity/identity.js';
import { answerOf } from './replication/commit.js';
import { replicateToAll } from './replication/sending.js';
import { SESSION_REQUEST_PREFIX, sessionRequestId } from './sessions/client-session.js';
import {
  findOutcome,
  hasExpired,
  IDLE_ENTRIES_DEFAULT,
  IDLE_ENTRIES_MAX,
  type Applied,
  type Refusal,
} from './sessions/sessions.js';
import { memberAddress, type RaftState, type RaftTurn } from './state.js';

type ProposeFailed = RaftMessageOf<'propose-failed'>;
type Request = RaftMessageOf<'propose' | 'register-session' | 'change-configuration'>;

const REQUEST_ID_LENGTH_MAX = 256;
/** Who waits for one request, at most. */
const ASKERS_MAX = 16;

/**
 * A command for the log. The leader appends and replicates it at once (§5.3); the others forward it to the leader they know. The
 * proposer is answered when it has been applied, or when this leadership ends.
 */
export function onPropose(turn: RaftTurn, message: RaftMessageOf<'propose'>): void {
  const { requestId, command, session } = message;
  const bytes = sizeOf(requestId, command);
  const { maxCommandBytes } = turn.state.parameters;
  const fault =
    bytes > maxCommandBytes
      ? `command has about ${bytes} bytes; the limit is ${maxCommandBytes}`
      : (findNotPlain(command, 'command') ?? findSessionFault(message));
  const inSession = session === undefined ? {} : { session: { kind: 'propose', ...session } as const };
  request(turn, message, bytes, fault, { term: turn.state.term, requestId, command, ...inSession });
}

/** Begins a client's session (thesis, §6.3): a request like others, so a repetition is answered with the same session. */
export function onRegisterSession(turn: RaftTurn, message: RaftMessageOf<'register-session'>): void {
  const { requestId, idleEntries = IDLE_ENTRIES_DEFAULT } = message;
  const isValid = idleEntries >= 1 && idleEntries <= IDLE_ENTRIES_MAX;
  const fault = isValid ? undefined : `idleEntries: ${idleEntries}; it must be 1 to ${IDLE_ENTRIES_MAX}`;
  const session = { kind: 'register', idleEntries } as const;
  request(turn, message, sizeOf(requestId, null), fault, { term: turn.state.term, requestId, command: null, session });
}

/** Answers the request, forwards it, or appends its entry. */
function request(turn: RaftTurn, message: Request, bytes: number, fault: string | undefined, entry: LogEntry): void {
  const { context, state } = turn;
  const { requestId } = message;
  const replyTo = context.replyTo();
  if (fault !== undefined) return failProposal(turn, replyTo, requestId, { error: 'invalid', detail: fault });
  if (!admitProposal(turn, message, bytes, replyTo)) return;
  appendEntries(turn, [entry]);
  if (entry.session?.kind === 'propose') state.sessionEntries.set(entry.session.id, lastIndex(state.log));
  state.proposals.set(requestId, [replyTo]);
  replicateToAll(turn);
}

/** Estimated bytes of the entry. */
function sizeOf(requestId: string, command: Plain): number {
  const digest = new Digest();
  digest.plain(command);
  return digest.bytes + requestId.length;
}

function findSessionFault({ requestId, session }: RaftMessageOf<'propose'>): string | undefined {
  if (session === undefined) return undefined;
  const { id, number, acknowledged } = session;
  if (id < 1 || acknowledged < 0 || number <= acknowledged) {
    return `session: proposal ${number} of ${id} with ${acknowledged} acknowledged; numbers begin at 1, beyond what is acknowledged`;
  }
  const expected = sessionRequestId(id, number);
  return requestId === expected
    ? undefined
    : `requestId: ${requestId}; proposal ${number} of session ${id} is ${expected}`;
}

/**
 * Whether this is a new request to a leader that can take it. Otherwise it has been answered, forwarded, or joined to what waits for the same
 * request. `bytes`: estimate of its entry.
 */
export function admitProposal(turn: RaftTurn, message: Request, bytes: number, replyTo: ReplyTo): boolean {
  const { context, state } = turn;
  const { requestId } = message;
  const fault = findNameFault(message);
  if (fault !== undefined) {
    failProposal(turn, replyTo, requestId, { error: 'invalid', detail: `requestId: ${fault}` });
    return false;
  }
  const known = findKnown(state, message);
  const waiting = state.proposals.get(requestId);
  if (known !== undefined) context.answer(replyTo, answerOf(requestId, known));
  else if (state.role !== 'leader') forward(turn, message, bytes, replyTo);
  else if (waiting !== undefined) joinWaiting(turn, waiting, requestId, replyTo);
  else {
    const refusal = findOverload(state, bytes) ?? findLapse(state, message);
    if (refusal === undefined) return true;
    failProposal(turn, replyTo, requestId, refusal);
  }
  return false;
}

/** Requests of any kind are told apart by their names alone, so what is no proposal of a session must not be named like one. */
function findNameFault(message: Request): string | undefined {
  const { requestId } = message;
  const isInSession = message.type === 'propose' && message.session !== undefined;
  if (requestId === '' || requestId.length > REQUEST_ID_LENGTH_MAX)
    return `it must have 1 to ${REQUEST_ID_LENGTH_MAX} characters`;
  const isReserved = !isInSession && requestId.startsWith(SESSION_REQUEST_PREFIX);
  return isReserved ? `only proposals of sessions begin with ${SESSION_REQUEST_PREFIX}` : undefined;
}

/** What is certain about the request from what was applied here. */
function findKnown({ replica, applied }: RaftState, message: Request): Applied | Refusal | undefined {
  if (message.type !== 'propose' || message.session === undefined) return replica.requests.get(message.requestId);
  const known = findOutcome(replica.sessions, { kind: 'propose', ...message.session }, applied);
  if (known === undefined) return undefined;
  return 'first' in known ? known.first : known.refusal;
}

/** Why the leader takes nothing more now. Nothing came of what is refused here. */
function findOverload(state: RaftState, bytes: number): Pick<ProposeFailed, 'error' | 'reason' | 'detail'> | undefined {
  const { self, transfer, proposals, uncommittedBytes } = state;
  const { maxWaiting, maxUncommittedBytes } = state.parameters;
  if (transfer !== undefined) {
    return { error: 'unavailable', detail: `${self} is handing its leadership to ${transfer.to}; try again soon` };
  }
  if (proposals.size >= maxWaiting) {
    return { error: 'unavailable', detail: `${self} has too many proposals waiting; try again later` };
  }
  // Whatever its size, one is always taken: otherwise a large one never would be.
  if (uncommittedBytes === 0 || uncommittedBytes + bytes <= maxUncommittedBytes) return undefined;
  const detail = `${self} has ${uncommittedBytes} bytes that are not committed yet; ${bytes} more exceed ${maxUncommittedBytes}; try again later`;
  return { error: 'unavailable', reason: 'over-quota', detail };
}

/**
 * Whether the session will have ended when an entry for the proposal would be applied, by what is in the log before it. Clients that have more under way than
 * one another's sessions bear would spend all entries on refusals. Not for good: the log may yet lose those entries to another leader.
 */
function findLapse(
  { replica, sessionEntries, log }: RaftState,
  message: Request,
): Pick<ProposeFailed, 'error' | 'detail'> | undefined {
  if (message.type !== 'propose' || message.session === undefined) return undefined;
  const { id } = message.session;
  const session = replica.sessions.open.get(id);
  if (session === undefined) return undefined;
  const inUse = sessionEntries.get(id) ?? session.lastIndex;
  if (!hasExpired({ idleEntries: session.idleEntries, lastIndex: inUse }, lastIndex(log) + 1)) return undefined;
  return { error: 'unavailable', detail: `session ${id} may end by what is in the log already; try again soon` };
}

/** A repetition of what is in the log but not committed yet needs no entry of its own: clients in despair must not fill the log. */
function joinWaiting(turn: RaftTurn, waiting: ReplyTo[], requestId: string, replyTo: ReplyTo): void {
  if (waiting.length < ASKERS_MAX) waiting.push(replyTo);
  else {
    const detail = `${ASKERS_MAX} askers wait for this request already`;
    failProposal(turn, replyTo, requestId, { error: 'unknown', detail });
  }
}

function forward(turn: RaftTurn, message: Request, bytes: number, replyTo: ReplyTo): void {
  const { context, state } = turn;
  const { requestId } = message;
  const refusal = whyNotForward(state, message, bytes);
  if (refusal !== undefined) return failProposal(turn, replyTo, requestId, { error: 'unavailable', ...refusal });
  state.forwardedCount++;
  state.forwardedBytes += bytes;
  context.ask(
    memberAddress(state, state.leader),
    { ...message, direct: true },
    {
      timeoutMs: state.parameters.forwardTimeoutMs,
      tag: { kind: 'propose', replyTo: { ...replyTo }, requestId, bytes },
    },
  );
}

function whyNotForward(
  { self, leader, identity, forwardedCount, forwardedBytes, parameters }: RaftState,
  message: Request,
  bytes: number,
): Pick<ProposeFailed, 'reason' | 'detail'> | undefined {
  // Once only: two members that take each other for the leader must not play ping-pong.
  if (message.direct === true) return { detail: `${self} does not lead` };
  if (!mayAsk(identity)) return refusalOfUnknown(self);
  if (leader === '') return { detail: `${self} knows no leader` };
  if (forwardedCount >= parameters.maxWaiting) return { detail: `${self} forwards too much; try again later` };
  if (forwardedBytes === 0 || forwardedBytes + bytes <= parameters.maxUncommittedBytes) return undefined;
  const detail = `${self} forwards ${forwardedBytes} bytes; ${bytes} more exceed ${parameters.maxUncommittedBytes}; try again later`;
  return { reason: 'over-quota', detail };
}

type ForwardTag =
  | { readonly kind: 'propose'; readonly replyTo: ReplyTo; readonly requestId: string; readonly bytes: number }
  | { readonly kind: 'read'; readonly replyTo: ReplyTo; readonly query: Plain };

/** The leader's answer to what we forwarded goes on to whoever asked us. */
export function onForwardAnswered(
  { context, state }: RaftTurn,
  message: RaftMessageOf<'proposed' | 'propose-failed' | 'read-failed'>,
): void {
  const tag = context.answerTag as unknown as ForwardTag | null;
  if (tag === null) return;
  noteForwardEnded(state, tag);
  context.answer(tag.replyTo, message);
}

/** The leader did not answer: a proposal may have happened, a read has no effect. */
export function onForwardTimedOut(turn: RaftTurn, question: Question): void {
  const { context, state } = turn;
  const tag = question.tag as unknown as ForwardTag;
  noteForwardEnded(state, tag);
  const detail = `no answer from ${question.to} within ${state.parameters.forwardTimeoutMs} ms`;
  if (tag.kind === 'read') context.answer(tag.replyTo, { type: 'read-failed', error: 'unavailable', detail });
  else failProposal(turn, tag.replyTo, tag.requestId, { error: 'unknown', detail });
}

function noteForwardEnded(state: RaftState, tag: ForwardTag): void {
  state.forwardedCount--;
  if (tag.kind === 'propose') state.forwardedBytes -= tag.bytes;
}

export function failProposal(
  { context }: RaftTurn,
  replyTo: ReplyTo,
  requestId: string,
  failure: Pick<ProposeFailed, 'error' | 'reason' | 'detail'>,
): void {
  context.answer(replyTo, { type: 'propose-failed', requestId, ...failure });
}
