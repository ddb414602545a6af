import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import { COORDINATOR_ACTOR, coordinatorAnswers, type CoordinatorRequest } from '../../protocols/coordinator/index.js';
import {
  leaveAnswers,
  MEMBERSHIP_ACTOR,
  registerAnswers,
  registerVersionType,
  type RegisterRequest,
} from '../../protocols/gossip/index.js';

const orders = messages('replica-user', {
  write: { key: t.string, value: t.string },
  /** Reads the version, thinks, then writes only if it is still the same. */
  'write-checked': { key: t.string, value: t.string, thinkMs: t.int },
  'thought-over': { key: t.string, value: t.string, expected: t.nullable(registerVersionType) },
  erase: { key: t.string },
  /** Writes under a lease that nobody renews. */
  hold: { key: t.string, ttlMs: t.int },
  /** Adds to the siblings under a key without having seen them, or reads them and writes in their place. */
  'write-sibling': { key: t.string, value: t.string, isBlind: t.bool },
  'erase-siblings': { key: t.string },
  /** Stands for another election, and withdraws before it can be won. */
  stand: { election: t.string },
  withdraw: { election: t.string },
  depart: {},
  'come-back': {},
});
const understood = combineMessages(
  'replica-user',
  orders,
  combineMessages('answers', registerAnswers, combineMessages('told', coordinatorAnswers, leaveAnswers)),
);
type UserMessage = MessageOf<typeof understood>;
type UserContext = Context<UserMessage>;

/** A checked write took place: `counter` is its version, `expected` the one that it was made for (0: none). */
export type ReplicaUserObservation =
  | {
      readonly type: 'checked-write-done';
      readonly key: string;
      readonly expected: number;
      readonly counter: number;
      readonly writer: string;
    }
  | { readonly type: 'checked-write-refused'; readonly key: string };

export const ELECTION = 'gossip';
const ANSWER_TIMEOUT_MS = 5000;

function ask(context: UserContext, request: CoordinatorRequest | RegisterRequest, tag: Plain): void {
  const coordinator = addressOf(context.node, COORDINATOR_ACTOR);
  context.ask(coordinator, request, { timeoutMs: ANSWER_TIMEOUT_MS, tag });
}

function tell(context: UserContext, request: CoordinatorRequest | RegisterRequest): void {
  const coordinator: string = addressOf(context.node, COORDINATOR_ACTOR);
  context.send(coordinator, request);
}

function tellMembership(context: UserContext, type: 'leave' | 'rejoin'): void {
  const membership: string = addressOf(context.node, MEMBERSHIP_ACTOR);
  context.send(membership, { type });
}

function observe(context: UserContext, observation: ReplicaUserObservation): void {
  context.observe(observation);
}

/**
 * Uses the replica of its own node: writes, checked writes, deletions and leased keys as the workload orders them; and stands for an election in
 * every life. What a question is for travels with it as its tag.
 */
export const replicaUser: Actor<null, UserMessage, null> = actor(understood, {
  init: (_params: null) => null,
  start: (context) => tell(context, { type: 'campaign', election: ELECTION, candidate: context.node }),
  on: {
    write: (context, _state, { key, value }) => tell(context, { type: 'register-put', key, value }),
    erase: (context, _state, { key }) => tell(context, { type: 'register-delete', key }),
    'write-checked': (context, _state, { key, value, thinkMs }) =>
      ask(context, { type: 'register-get', key }, { value, thinkMs }),
    'register-found'(context, _state, { key, found }) {
      const { value, thinkMs } = context.answerTag as { readonly value: string; readonly thinkMs: number };
      const expected = found?.version ?? null;
      context.setTimer(`think/${value}`, thinkMs, { type: 'thought-over', key, value, expected });
    },
    'thought-over': (context, _state, { key, value, expected }) =>
      ask(context, { type: 'register-put', key, value, expected }, { expected: expected?.counter ?? 0 }),
    'register-done'(context, _state, { key, version }) {
      const tag = context.answerTag as { readonly expected: number } | null;
      if (tag !== null) observe(context, { type: 'checked-write-done', key, expected: tag.expected, ...version });
    },
    'register-conflict': (context, _state, { key }) => observe(context, { type: 'checked-write-refused', key }),
    hold: (context, _state, { key, ttlMs }) =>
      ask(context, { type: 'lease-grant', requestId: context.uniqueId(), ttlMs }, key),
    'write-sibling': (context, _state, { key, value, isBlind }) =>
      isBlind
        ? tell(context, { type: 'siblings-put', key, value, seen: [] })
        : ask(context, { type: 'siblings-get', key }, value),
    'erase-siblings': (context, _state, { key }) => ask(context, { type: 'siblings-get', key }, null),
    'siblings-found'(context, _state, { key, seen }) {
      const value = context.answerTag;
      tell(
        context,
        value === null ? { type: 'siblings-delete', key, seen } : { type: 'siblings-put', key, value, seen },
      );
    },
    stand: (context, _state, { election }) => tell(context, { type: 'campaign', election, candidate: context.node }),
    withdraw: (context, _state, { election }) => tell(context, { type: 'resign', election, token: 0 }),
    depart: (context) => tellMembership(context, 'leave'),
    'come-back': (context) => tellMembership(context, 'rejoin'),
    'lease-granted'(context, _state, { leaseId }) {
      const put = { kind: 'put' as const, key: String(context.answerTag), value: leaseId, leaseId };
      tell(context, { type: 'txn', requestId: context.uniqueId(), compare: [], then: [put], else: [] });
    },
  },
});
