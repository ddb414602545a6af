import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { COORDINATOR_ACTOR, coordinatorAnswers } from '../../protocols/coordinator/index.js';
import { leaseAnswers, type LeaseRequest } from '../../protocols/lease/index.js';
import { LOCK } from './lock-worker.js';

const understood = combineMessages(
  'leader-watcher',
  messages('leader-watcher', { again: {} }),
  combineMessages('leader-watcher', coordinatorAnswers, leaseAnswers),
);
type WatcherMessage = MessageOf<typeof understood>;
type WatcherContext = Context<WatcherMessage>;

export const LEADER_WATCHER = 'leader-watcher';

interface WatcherState {
  token: number;
  revision: number;
}

/** A coordinator that was restarted meanwhile has forgotten who observes. */
const AGAIN_MS = 1500;
const ASK_MS = 6000;

/**
 * Observes who holds the lock, and asks for it whenever that is another one: who is told then holds it at least as late. Observes
 * `leader-watched` for each word of a leader, and `leader-read` with what it was told and what it knew when it asked.
 */
export const leaderWatcher: Actor<WatcherState, WatcherMessage, null> = actor(understood, {
  init: (): WatcherState => ({ token: 0, revision: 0 }),
  start: (context) => observeLock(context),
  on: {
    again: (context) => observeLock(context),
    'leader-observed'(context, state, { leader, revision }) {
      const { token } = leader;
      if (token === state.token && revision === state.revision) return;
      context.observe({ type: 'leader-watched', lock: LOCK, token, revision, proclaims: token !== revision });
      if (token !== state.token) {
        const request: LeaseRequest = { type: 'read-leader', election: LOCK };
        context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS, tag: token });
      }
      Object.assign(state, { token, revision });
    },
    'election-leader'(context, _state, { leader, revision }) {
      const known = Number(context.answerTag);
      context.observe({ type: 'leader-read', lock: LOCK, token: leader?.token ?? 0, known, revision });
    },
  },
});

function observeLock(context: WatcherContext): void {
  const request: LeaseRequest = { type: 'observe-election', election: LOCK };
  context.send(addressOf(context.node, COORDINATOR_ACTOR), request);
  context.setTimer('again', AGAIN_MS, { type: 'again' });
}
