import { actor, type Actor, type Question } from '../../runtime/actor.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import { RAFT_ACTOR, raftAnswers, type ConfigurationChange } from '../../protocols/raft/index.js';

export type Transition = 'auto' | 'simple' | 'joint' | 'joint-auto' | 'leave';

const administratorMessages = messages('administrator', {
  change: {
    id: t.string,
    changes: t.array(t.object({ change: t.oneOf('add-voter', 'add-learner', 'remove'), node: t.string })),
    transition: t.oneOf('auto', 'simple', 'joint', 'joint-auto', 'leave'),
  },
  'try-again': { id: t.string },
});
const understood = combineMessages('administrator', administratorMessages, raftAnswers);
type AdministratorMessage = MessageOf<typeof understood>;
type AdministratorContext = Context<AdministratorMessage>;

interface AdministratorState {
  readonly members: readonly string[];
  readonly timeoutMs: number;
  readonly open: Map<string, OpenChange>;
}

interface OpenChange {
  readonly changes: readonly ConfigurationChange[];
  readonly transition: Transition;
  /** Index of the member that was asked last. */
  member: number;
  /** How often it was refused because a learner lags. */
  timesLagging: number;
}

interface AdministratorParameters {
  readonly [name: string]: number | readonly string[];
  readonly members: readonly string[];
  readonly timeoutMs: number;
}

/** A promotion of a learner is given up when it has been refused so often. */
const TIMES_LAGGING_MAX = 20;

/**
 * Changes who belongs to the group: asks one member after the other until the change is done, or refused as one that makes no sense or whose
 * learner does not catch up. Observes `change-invoked`, and `change-completed` with `done`.
 */
export const administrator: Actor<AdministratorState, AdministratorMessage, AdministratorParameters> = actor(
  understood,
  {
    init: ({ members, timeoutMs }: AdministratorParameters): AdministratorState => ({
      members,
      timeoutMs,
      open: new Map(),
    }),
    on: {
      change(context, state, { id, changes, transition }) {
        const member = context.random('member').between(0, state.members.length - 1);
        state.open.set(id, { changes, transition, member, timesLagging: 0 });
        context.observe({ type: 'change-invoked', id });
        attempt(context, state, id);
      },
      'try-again': (context, state, { id }) => attempt(context, state, id),
      proposed: (context, state, { requestId }) => complete(context, state, requestId, true),
      'propose-failed'(context, state, { requestId, error, reason }) {
        const open = state.open.get(requestId);
        if (open !== undefined && reason === 'learner-lags') open.timesLagging++;
        // It may never catch up: its own disk can be gone.
        const isHopeless = (open?.timesLagging ?? 0) >= TIMES_LAGGING_MAX;
        if (error === 'invalid' || isHopeless) complete(context, state, requestId, false);
        else tryLater(context, state, requestId);
      },
    },
    signals: {
      askTimedOut: (context, state, question: Question) => tryLater(context, state, String(question.tag)),
    },
  },
);

function attempt(context: AdministratorContext, state: AdministratorState, id: string): void {
  const open = state.open.get(id);
  if (open === undefined) return;
  const { members, timeoutMs } = state;
  open.member = (open.member + 1) % members.length;
  const { changes, transition } = open;
  const to = `${members[open.member]}/${RAFT_ACTOR}`;
  context.ask(to, { type: 'change-configuration', requestId: id, changes, transition }, { timeoutMs, tag: id });
}

function tryLater(context: AdministratorContext, state: AdministratorState, id: string): void {
  if (!state.open.has(id)) return;
  context.setTimer(`try-again/${id}`, context.random('patience').between(20, 200), { type: 'try-again', id });
}

function complete(context: AdministratorContext, state: AdministratorState, id: string, done: boolean): void {
  if (!state.open.delete(id)) return;
  context.cancelTimer(`try-again/${id}`);
  context.observe({ type: 'change-completed', id, done });
}
