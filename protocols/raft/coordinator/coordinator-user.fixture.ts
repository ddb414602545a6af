import { actor, type Actor } from '../../../runtime/actor.js';
import { addressOf } from '../../../runtime/address.js';
import type { Context } from '../../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../../runtime/schema.js';
import {
  COORDINATOR_ACTOR,
  coordinatorAnswers,
  type Compare,
  type CoordinatorRequest,
} from '../../coordinator/index.js';

const understood = combineMessages(
  'coordinator-user',
  messages('coordinator-user', { tick: {}, keep: {}, grant: {} }),
  coordinatorAnswers,
);
type UserMessage = MessageOf<typeof understood>;
type UserContext = Context<UserMessage>;

interface Won {
  readonly token: number;
  readonly guard: Compare;
}

interface UserState {
  held: Won | undefined;
  /** An election that was ours: what is written under its guard must be refused once another is elected. */
  past: Won | undefined;
  writes: number;
  leaseId: string;
  keepsLeft: number;
  keepsAsked: number;
}

export const LEASE_TTL_MS = 400;
const ASK_MS = 6000;

/**
 * Uses every verb of a coordinator: writes keys, some under the guard of an election it won; watches everything from the first
 * revision; holds a lease for a while and lets it lapse. Observes what it is told.
 */
export const coordinatorUser: Actor<UserState, UserMessage, null> = actor(understood, {
  init: (): UserState => ({ held: undefined, past: undefined, writes: 0, leaseId: '', keepsLeft: 0, keepsAsked: 0 }),
  start(context, state) {
    context.observe({ type: 'user-started', atMs: context.nowMs() });
    ask(context, { type: 'watch', watchId: 'all', prefix: '', fromRevision: 1 });
    tell(context, { type: 'campaign', election: 'boss', candidate: context.node });
    tell(context, { type: 'watch-members' });
    state.keepsLeft = context.random('keeps').between(5, 30);
    context.setTimer('grant', 500, { type: 'grant' });
    context.setTimer('tick', 50, { type: 'tick' });
  },
  on: {
    tick(context, state) {
      context.setTimer('tick', context.random('tick').between(50, 300), { type: 'tick' });
      state.writes++;
      put(context, [], `k/${context.node}`, state.writes, '', 'plain');
      const won = state.held ?? state.past;
      if (won !== undefined) put(context, [won.guard], 'boss', won.token, '', 'guarded');
      if (state.writes % 10 === 0) {
        const operations = [{ kind: 'range', prefix: 'k/', limit: 2 } as const];
        ask(context, { type: 'read', operations }, `read ${state.writes}`);
        context.observe({ type: 'read-asked', id: state.writes, atMs: context.nowMs() });
      }
      if (state.writes % 40 === 0 && state.held !== undefined) {
        ask(context, { type: 'resign', election: 'boss', token: state.held.token });
        context.observe({ type: 'left', token: state.held.token });
        state.past = state.held;
        state.held = undefined;
      }
    },
    'txn-done'(context, _state, { succeeded, revision }) {
      const [kind, token] = String(context.answerTag).split(' ');
      if (kind === 'guarded') context.observe({ type: 'guarded', succeeded, revision, token: Number(token) });
      if (kind === 'plain') context.observe({ type: 'written', succeeded, revision });
    },
    'read-done'(context, _state, { revision, results }) {
      const id = Number(String(context.answerTag).split(' ')[1]);
      context.observe({ type: 'read-done', id, revision, results: results.length });
    },
    'watch-events'(context, _state, { revision, events }) {
      const deleted = events.filter(({ kind }) => kind === 'delete').map(({ entry }) => entry.key);
      context.observe({ type: 'saw', revision, events: JSON.stringify(events), deleted });
    },
    'watch-ended'(context) {
      ask(context, { type: 'watch', watchId: 'all', prefix: '', fromRevision: 1 });
    },
    elected(context, state, { token, guard }) {
      state.held = { token, guard };
      context.observe({ type: 'elected', token });
    },
    deposed(context, state, { token }) {
      context.observe({ type: 'deposed', token });
      if (state.held?.token !== token) return;
      state.past = state.held;
      state.held = undefined;
    },
    resigned(context) {
      tell(context, { type: 'campaign', election: 'boss', candidate: context.node });
    },
    'lease-granted'(context, state, { leaseId }) {
      state.leaseId = leaseId;
      put(context, [], `leased/${leaseId}`, 1, leaseId, 'leased');
      context.setTimer('keep', 1, { type: 'keep' });
    },
    grant: (context) =>
      ask(context, { type: 'lease-grant', requestId: context.uniqueId(), ttlMs: LEASE_TTL_MS }, 'grant'),
    keep(context, state) {
      if (--state.keepsLeft < 0) return;
      const number = ++state.keepsAsked;
      ask(context, { type: 'lease-keep-alive', leaseId: state.leaseId }, `keep ${number}`);
      context.observe({ type: 'keep-asked', leaseId: state.leaseId, number, atMs: context.nowMs() });
      context.setTimer('keep', 100, { type: 'keep' });
    },
    'lease-kept'(context, _state, { leaseId }) {
      const number = Number(String(context.answerTag).split(' ')[1]);
      context.observe({ type: 'kept', leaseId, number });
    },
    members(context, _state, { members }) {
      context.observe({ type: 'members', alive: members.filter(({ alive }) => alive).length });
    },
    failed(context, _state, { error }) {
      context.observe({ type: 'refused', error });
      if (context.answerTag === 'grant') context.setTimer('grant', 300, { type: 'grant' });
    },
  },
});

function put(
  context: UserContext,
  compare: readonly Compare[],
  key: string,
  value: number,
  leaseId: string,
  kind: string,
): void {
  const then = [{ kind: 'put', key, value, leaseId } as const];
  ask(context, { type: 'txn', requestId: context.uniqueId(), compare, then, else: [] }, `${kind} ${value}`);
}

function ask(context: UserContext, request: CoordinatorRequest, tag = ''): void {
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS, tag });
}

function tell(context: UserContext, request: CoordinatorRequest): void {
  context.send(addressOf(context.node, COORDINATOR_ACTOR), request);
}
