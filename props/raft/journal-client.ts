import { actor, type Actor, type Question } from '../../runtime/actor.js';
import type { Context } from '../../runtime/context.js';
import { messages, t, type MessageOf } from '../../runtime/schema.js';
import { RAFT_ACTOR, raftAnswers } from '../../protocols/raft/index.js';
import { combineMessages } from '../../runtime/schema.js';

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

interface Operation {
  readonly kind: 'append' | 'count';
  attempts: number;
  /** Index of the member that was asked last. */
  member: number;
}

interface ClientState {
  readonly members: readonly string[];
  readonly timeoutMs: number;
  readonly open: Map<string, Operation>;
}

interface ClientParameters {
  readonly [name: string]: number | readonly string[];
  readonly members: readonly string[];
  readonly timeoutMs: number;
}

const ATTEMPTS_MAX = 500;

/**
 * A client of the journal: carries out appends and counts, each at the member that it names or a random one, and then at one after the
 * other until it is done. An append keeps its requestId, so it takes effect once. Observes `client-invoked` before the first attempt and `client-completed`
 * with the position or the count.
 */
export const journalClient: Actor<ClientState, ClientMessage, ClientParameters> = actor(understood, {
  init: ({ members, timeoutMs }: ClientParameters): ClientState => ({ members, timeoutMs, open: new Map() }),
  on: {
    append: (context, state, { id }) => begin(context, state, id, 'append'),
    count: (context, state, { id, member }) => begin(context, state, id, 'count', member),
    transfer: (context, state) => transfer(context, state),
    'leadership-transferred': (context, _state, { to }) => context.observe({ type: 'client-transferred', to }),
    'try-again': (context, state, { id }) => attempt(context, state, id),
    proposed: (context, state, { requestId, result }) => complete(context, state, requestId, Number(result)),
    'read-done': (context, state, { result }) => complete(context, state, String(context.answerTag), Number(result)),
    // Nobody waits for the hand-over.
    'transfer-failed': () => undefined,
    'propose-failed': (context, state) => tryLater(context, state, String(context.answerTag)),
    'read-failed': (context, state) => tryLater(context, state, String(context.answerTag)),
  },
  signals: {
    askTimedOut: (context, state, question: Question) => tryLater(context, state, String(question.tag)),
  },
});

function begin(context: ClientContext, state: ClientState, id: string, kind: Operation['kind'], first?: number): void {
  const drawn = context.random('member').between(0, state.members.length - 1);
  // An attempt goes to the next one.
  const member = first === undefined ? drawn : first + state.members.length - 1;
  state.open.set(id, { kind, attempts: 0, member });
  context.observe({ type: 'client-invoked', id, kind });
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
  operation.attempts++;
  if (operation.attempts > ATTEMPTS_MAX) return;
  const { members, timeoutMs } = state;
  operation.member = (operation.member + 1) % members.length;
  const member = members[operation.member];
  const to = `${member}/${RAFT_ACTOR}`;
  if (operation.kind === 'append') {
    context.ask(to, { type: 'propose', requestId: id, command: id }, { timeoutMs, tag: id });
  } else {
    context.ask(to, { type: 'read', query: null }, { timeoutMs, tag: id });
  }
}

function tryLater(context: ClientContext, state: ClientState, id: string): void {
  if (!state.open.has(id)) return;
  context.setTimer(`try-again/${id}`, context.random('patience').between(20, 200), { type: 'try-again', id });
}

function complete(context: ClientContext, state: ClientState, id: string, value: number): void {
  const operation = state.open.get(id);
  if (operation === undefined) return;
  state.open.delete(id);
  context.cancelTimer(`try-again/${id}`);
  context.observe({ type: 'client-completed', id, kind: operation.kind, value, attempts: operation.attempts });
}
