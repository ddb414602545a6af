import { actor, type Actor, type Question } from '../../runtime/actor.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { RAFT_ACTOR, raftAnswers } from '../../protocols/raft/index.js';

const understood = combineMessages('probing-client', messages('probing-client', { probe: {} }), raftAnswers);
type ClientMessage = MessageOf<typeof understood>;
type ClientContext = Context<ClientMessage>;

export type ProbingClientParams = {
  readonly members: readonly string[];
  /** Between two probes as long as writes are acknowledged, and while they are not. */
  readonly calmMs: number;
  readonly urgentMs: number;
  readonly timeoutMs: number;
};

interface ClientState extends ProbingClientParams {
  probes: number;
  /** Of the last write acknowledged. */
  acknowledgedMs: number;
}

/**
 * Writes to one member and reads from another, again and again, from each in its turn, and each time only once: so it shows at every moment who
 * can be written to and read from. More often while nothing is acknowledged. Observes as `journalClient` does.
 */
export const probingClient: Actor<ClientState, ClientMessage, ProbingClientParams> = actor(understood, {
  init: (params: ProbingClientParams): ClientState => ({ ...params, probes: 0, acknowledgedMs: 0 }),
  start: (context) => context.setTimer('probe', 1, { type: 'probe' }),
  on: {
    probe,
    proposed(context, state, { requestId, result }) {
      state.acknowledgedMs = context.nowMs();
      complete(context, requestId, 'append', Number(result));
    },
    'read-done': (context, _state, { result }) => complete(context, String(context.answerTag), 'count', Number(result)),
    // Whether it happened or not: it is not asked for again.
    'propose-failed': () => undefined,
    'read-failed': () => undefined,
  },
  signals: { askTimedOut: (_context: ClientContext, _state: ClientState, _question: Question) => undefined },
});

function probe(context: ClientContext, state: ClientState): void {
  const { members, calmMs, urgentMs, timeoutMs } = state;
  const n = ++state.probes;
  const to = (shift: number): string => `${members[(n + shift) % members.length]}/${RAFT_ACTOR}`;
  const write = `${context.node}/w${n}`;
  const read = `${context.node}/r${n}`;
  context.observe({ type: 'client-invoked', id: write, kind: 'append' });
  context.ask(to(0), { type: 'propose', requestId: write, command: write }, { timeoutMs, tag: write });
  context.observe({ type: 'client-invoked', id: read, kind: 'count' });
  context.ask(to(2), { type: 'read', query: null }, { timeoutMs, tag: read });
  const isCalm = context.nowMs() - state.acknowledgedMs <= 2 * calmMs;
  context.setTimer('probe', isCalm ? calmMs : urgentMs, { type: 'probe' });
}

function complete(context: ClientContext, id: string, kind: 'append' | 'count', value: number): void {
  context.observe({ type: 'client-completed', id, kind, value, attempts: 1 });
}
