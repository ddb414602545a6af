import { actor, type Actor, type Question } from '../../runtime/actor.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import { RAFT_ACTOR, raftAnswers } from '../../protocols/raft/index.js';
import type { Context } from '../../runtime/context.js';
import type { ClientState, Operation } from './journal-operations.js';
import { concludeInSession, loseSession, questionFor, useSession } from './journal-sessions.js';

const clientMessages = messages('journal-client', {
  append: { id: t.string },
  /** `member`: index of the one that is asked first. */
  count: { id: t.string, member: t.optional(t.int) },
  /** Asks every member to hand its leadership to somebody: the one that leads may do so. */
  transfer: { id: t.string },
  'try-again': { id: t.string },
});
const understood = combineMessages('journal-client', clientMessages, raftAnswers);
type ClientMessage = MessageOf<typeof understood>;
type ClientContext = Context<ClientMessage>;

export interface JournalClientParameters {
  readonly [name: string]: number | readonly string[];
  readonly members: readonly string[];
  readonly timeoutMs: number;
  readonly sessionIdleEntries: number;
}

const ATTEMPTS_MAX = 500;

/**
 * A client of the journal: carries out appends and counts, each at the member that it names or a random one, and then at one after the
 * other until it is done. An append keeps its requestId, or in a session its number, so it takes effect once. Observes `client-invoked` before
 * the first attempt, and `client-completed` with the position or the count; or `client-abandoned`, where an append may have happened
 * and its session has ended, so that it cannot be repeated.
 */
export const journalClient: Actor<ClientState, ClientMessage, JournalClientParameters> = actor(understood, {
  init: ({ members, timeoutMs, sessionIdleEntries }: JournalClientParameters): ClientState => ({
    members,
    timeoutMs,
    sessionIdleEntries,
    open: new Map(),
    sessions: new Map(),
    session: 0,
  }),
  on: {
    append: (context, state, { id }) => invoke(context, state, id, 'append'),
    count: (context, state, { id, member }) => invoke(context, state, id, 'count', member),
    transfer: (context, state) => transfer(context, state),
    'leadership-transferred': (context, _state, { to }) => context.observe({ type: 'client-transferred', to }),
    'try-again': (context, state, { id }) => attempt(context, state, id),
    proposed: (context, state, { result }) => complete(context, state, String(context.answerTag), Number(result)),
    'read-done': (context, state, { result }) => complete(context, state, String(context.answerTag), Number(result)),
    // Nobody waits for the hand-over.
    'transfer-failed': () => undefined,
    'propose-failed': (context, state, failure) => onProposeFailed(context, state, String(context.answerTag), failure),
    'read-failed': (context, state) => tryLater(context, state, String(context.answerTag)),
  },
  signals: {
    askTimedOut: (context, state, question: Question) => tryLater(context, state, String(question.tag)),
  },
});

function invoke(
  context: ClientContext,
  state: ClientState,
  id: string,
  kind: 'append' | 'count',
  first?: number,
): void {
  context.observe({ type: 'client-invoked', id, kind });
  begin(context, state, id, kind, first);
}

function begin(context: ClientContext, state: ClientState, id: string, kind: Operation['kind'], first?: number): void {
  const drawn = context.random('member').between(0, state.members.length - 1);
  // An attempt goes to the next one.
  const member = first === undefined ? drawn : first + state.members.length - 1;
  state.open.set(id, { kind, attempts: 0, member, proposal: undefined });
  attempt(context, state, id);
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
  begin(context, state, `register/${context.uniqueId()}`, 'register');
}

function tryLater(context: ClientContext, state: ClientState, id: string): void {
  if (!state.open.has(id)) return;
  context.setTimer(`try-again/${id}`, context.random('patience').between(20, 200), { type: 'try-again', id });
}

function onProposeFailed(
  context: ClientContext,
  state: ClientState,
  id: string,
  failure: Extract<ClientMessage, { type: 'propose-failed' }>,
): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  if (failure.reason !== 'session-expired') return tryLater(context, state, id);
  if (!loseSession(state, operation, failure.requestId)) return;
  context.observe({ type: 'client-session-expired', id, error: failure.error });
  // No attempt took effect or will, so it may be made anew in another session.
  if (failure.error === 'invalid') return tryLater(context, state, id);
  close(context, state, id);
  context.observe({ type: 'client-abandoned', id, kind: operation.kind, attempts: operation.attempts });
}

function complete(context: ClientContext, state: ClientState, id: string, value: number): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  close(context, state, id);
  concludeInSession(state, operation);
  const { kind, attempts } = operation;
  if (kind !== 'register') return context.observe({ type: 'client-completed', id, kind, value, attempts });
  useSession(state, value);
  for (const [waiting, { kind: of, proposal }] of state.open) {
    if (of === 'append' && proposal === undefined) attempt(context, state, waiting);
  }
}

function close(context: ClientContext, state: ClientState, id: string): void {
  state.open.delete(id);
  context.cancelTimer(`try-again/${id}`);
}
