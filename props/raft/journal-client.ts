import { actor, type Actor, type Question } from '../../runtime/actor.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import { RAFT_ACTOR, raftAnswers } from '../../protocols/raft/index.js';
import type { Context } from '../../runtime/context.js';
import type { ClientState, Operation } from './journal-operations.js';
import { concludeInSession, loseSession, questionFor, useSession } from './journal-sessions.js';

const clientMessages = messages('journal-client', {
  /** `member`: as in `count`. `confirm`: once it is done, every member is asked for its count at once, so that none can lie about it unseen. */
  append: { id: t.string, member: t.optional(t.int), confirm: t.optional(t.bool) },
  /** `member`: index of the one that is asked first. */
  count: { id: t.string, member: t.optional(t.int) },
  /** Outside of sessions: proposes one of the last few appends once more although it is done, as a network or a proxy that repeats requests does. */
  repeat: {},
  /** Asks every member to hand its leadership to somebody: the one that leads may do so. */
  transfer: { id: t.string },
  'try-again': { id: t.string },
});
const understood = combineMessages('journal-client', clientMessages, raftAnswers);
type ClientMessage = MessageOf<typeof understood>;
type ClientContext = Context<ClientMessage>;

export interface JournalClientParameters {
  readonly [name: string]: number | boolean | readonly string[];
  readonly members: readonly string[];
  readonly timeoutMs: number;
  readonly sessionIdleEntries: number;
  /**
   * Begins with the member that completed something last, and stays with a member that answers at all, as with a connection, for the first
   * many attempts, unless it says that its disk is unknown; begins with a random one and goes on to the next else. Default false.
   */
  readonly isLoyal?: boolean;
  /** Repeats at once what failed, at least the first few times: who is elected gets its requests soon. Default false. */
  readonly isHasty?: boolean;
}

const ATTEMPTS_MAX = 500;
const DONE_MAX = 16;
const PATIENT = Object.freeze({ minMs: 20, maxMs: 200 });
const HASTY = Object.freeze({ minMs: 2, maxMs: 15 });
const HASTY_ATTEMPTS = 40;
const LOYAL_ATTEMPTS = 32;

/**
 * A client of the journal: carries out appends and counts, each at the member that it names, its favourite or a random one, and then at one after the
 * other until it is done. An append keeps its requestId, or in a session its number, so it takes effect once. Observes `client-invoked` before
 * the first attempt, and `client-completed` with the position or the count and the index of the log that the answer
 * reflects; `client-repeated` with what a repetition of a completed append came to; or `client-abandoned`, where an append may have happened
 * and its session has ended, so that it cannot be repeated.
 */
export const journalClient: Actor<ClientState, ClientMessage, JournalClientParameters> = actor(understood, {
  init: ({ isLoyal = false, isHasty = false, ...given }: JournalClientParameters): ClientState => ({
    ...{ members: given.members, timeoutMs: given.timeoutMs, sessionIdleEntries: given.sessionIdleEntries },
    ...{ isLoyal, isHasty, favourite: 0 },
    open: new Map(),
    done: [],
    sessions: new Map(),
    session: 0,
  }),
  on: {
    append: (context, state, { id, member, confirm }) =>
      invoke(context, state, id, { kind: 'append', first: member, confirm: confirm === true }),
    count: (context, state, { id, member }) =>
      invoke(context, state, id, { kind: 'count', first: member, confirm: false }),
    repeat: (context, state) => repeat(context, state),
    transfer: (context, state) => transfer(context, state),
    'leadership-transferred': (context, _state, { to }) => context.observe({ type: 'client-transferred', to }),
    'try-again': (context, state, { id }) => attempt(context, state, id),
    proposed: (context, state, { index, result }) =>
      complete(context, state, String(context.answerTag), { value: Number(result), index }),
    'read-done': (context, state, { index, result }) =>
      complete(context, state, String(context.answerTag), { value: Number(result), index }),
    // Nobody waits for the hand-over.
    'transfer-failed': () => undefined,
    'propose-failed': (context, state, failure) => onProposeFailed(context, state, String(context.answerTag), failure),
    'read-failed': (context, state, { reason }) =>
      tryLater(context, state, String(context.answerTag), reason !== 'disk-unknown'),
  },
  signals: {
    askTimedOut: (context, state, question: Question) => onTimedOut(context, state, String(question.tag)),
  },
});

interface Asked extends Pick<Operation, 'kind' | 'confirm'> {
  /** Index of the member that is asked first. */
  readonly first: number | undefined;
}

function invoke(context: ClientContext, state: ClientState, id: string, asked: Asked): void {
  context.observe({ type: 'client-invoked', id, kind: asked.kind });
  begin(context, state, id, asked);
}

function begin(context: ClientContext, state: ClientState, id: string, { kind, first, confirm }: Asked): void {
  const drawn = state.isLoyal ? state.favourite : context.random('member').between(0, state.members.length - 1);
  // An attempt goes to the next one.
  const member = (first ?? drawn) + state.members.length - 1;
  state.open.set(id, { kind, confirm, attempts: 0, member, proposal: undefined });
  attempt(context, state, id);
}

/** What is open is repeated anyhow. Nobody waits for this one. */
function repeat(context: ClientContext, { done, members, timeoutMs }: ClientState): void {
  if (done.length === 0) return;
  const id = done[context.random('repeat').between(0, done.length - 1)] ?? '';
  const member = members[context.random('member').between(0, members.length - 1)];
  context.ask(`${member}/${RAFT_ACTOR}`, { type: 'propose', requestId: id, command: id }, { timeoutMs, tag: id });
}

function transfer(context: ClientContext, { members, timeoutMs }: ClientState): void {
  for (const member of members) {
    context.ask(`${member}/${RAFT_ACTOR}`, { type: 'transfer-leadership', to: '' }, { timeoutMs, tag: '' });
  }
}

function attempt(context: ClientContext, state: ClientState, id: string): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  const question = questionFor(state, id, operation);
  // Without a session the append waits for one.
  if (question === undefined) return register(context, state);
  operation.attempts++;
  if (operation.attempts > ATTEMPTS_MAX) return;
  const { members, timeoutMs } = state;
  operation.member = (operation.member + 1) % members.length;
  context.ask(`${members[operation.member]}/${RAFT_ACTOR}`, question, { timeoutMs, tag: id });
}

function register(context: ClientContext, state: ClientState): void {
  for (const { kind } of state.open.values()) if (kind === 'register') return;
  begin(context, state, `register/${context.uniqueId()}`, { kind: 'register', first: undefined, confirm: false });
}

/** `mayStay`: the member answers, and may have more to say another time. */
function tryLater(context: ClientContext, state: ClientState, id: string, mayStay: boolean): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  const stays = state.isLoyal && mayStay && operation.attempts % LOYAL_ATTEMPTS !== 0;
  // An attempt goes to the next one.
  if (stays) operation.member += state.members.length - 1;
  else if (operation.member === state.favourite) state.favourite = (state.favourite + 1) % state.members.length;
  const { minMs, maxMs } = state.isHasty && operation.attempts <= HASTY_ATTEMPTS ? HASTY : PATIENT;
  context.setTimer(`try-again/${id}`, context.random('patience').between(minMs, maxMs), { type: 'try-again', id });
}

/** Who does not answer may be out of reach, and the next one too: what was of use last is asked then. */
function onTimedOut(context: ClientContext, state: ClientState, id: string): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  const silent = operation.member;
  tryLater(context, state, id, false);
  if (silent !== state.favourite) operation.member = state.favourite + state.members.length - 1;
}

function onProposeFailed(
  context: ClientContext,
  state: ClientState,
  id: string,
  failure: Extract<ClientMessage, { type: 'propose-failed' }>,
): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  if (failure.reason !== 'session-expired') {
    return tryLater(context, state, id, failure.reason !== 'disk-unknown');
  }
  if (!loseSession(state, operation, failure.requestId)) return;
  context.observe({ type: 'client-session-expired', id, error: failure.error });
  // No attempt took effect or will, so it may be made anew in another session.
  if (failure.error === 'invalid') return tryLater(context, state, id, true);
  close(context, state, id);
  context.observe({ type: 'client-abandoned', id, kind: operation.kind, attempts: operation.attempts });
}

interface Answer {
  readonly value: number;
  readonly index: number;
}

function complete(context: ClientContext, state: ClientState, id: string, { value, index }: Answer): void {
  const operation = state.open.get(id);
  if (operation === undefined) {
    if (state.done.includes(id)) context.observe({ type: 'client-repeated', id, kind: 'append', value });
    return;
  }
  state.favourite = operation.member;
  close(context, state, id);
  if (operation.kind === 'append' && operation.proposal === undefined) noteDone(state, id);
  concludeInSession(state, operation);
  const { kind, attempts, confirm } = operation;
  if (kind !== 'register') {
    context.observe({ type: 'client-completed', id, kind, value, index, attempts });
    if (confirm) askAll(context, state, id);
    return;
  }
  useSession(state, value);
  for (const [waiting, { kind: of, proposal }] of state.open) {
    if (of === 'append' && proposal === undefined) attempt(context, state, waiting);
  }
}

function close(context: ClientContext, state: ClientState, id: string): void {
  state.open.delete(id);
  context.cancelTimer(`try-again/${id}`);
}

function noteDone({ done }: ClientState, id: string): void {
  if (done.push(id) > DONE_MAX) done.shift();
}

function askAll(context: ClientContext, state: ClientState, id: string): void {
  state.members.forEach((_, first) =>
    invoke(context, state, `${id}/${first}`, { kind: 'count', first, confirm: false }),
  );
}
