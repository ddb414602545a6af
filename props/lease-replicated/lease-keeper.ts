import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf, type AnyAddress } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { COORDINATOR_ACTOR, coordinatorAnswers, type CoordinatorRequest } from '../../protocols/coordinator/index.js';
import { LEASE_STORE_ACTOR, storeAnswers, type StoreRequest } from '../../protocols/lease/index.js';

export const LEASE_KEEPER = 'keeper';

const understood = combineMessages(
  'lease-keeper',
  messages('lease-keeper', { begin: {}, keep: {} }),
  combineMessages('lease-keeper', coordinatorAnswers, storeAnswers),
);
type KeeperMessage = MessageOf<typeof understood>;
type KeeperContext = Context<KeeperMessage>;

export type LeaseKeeperParams = {
  readonly ttlMs: number;
  /** Between an answer and the next keep-alive. */
  readonly everyMs: number;
  /** Between two keep-alives of which the first has no answer. */
  readonly hastyMs: number;
  /** A lease is kept alive so often, then left to run out, and another begun. */
  readonly keepAlives: number;
};
type Params = LeaseKeeperParams & { readonly stores: readonly string[] };

interface KeeperState {
  readonly params: Params;
  /** The lease that is kept; '' where there is none yet. */
  leaseId: string;
  kept: number;
  /** Keep-alives since the last answer. */
  tries: number;
  attempt: number;
  /** The server that answered last; '' where none does. */
  leading: AnyAddress | '';
}

const GRANT_MS = 2000;
/** Who leads answers sooner as a rule; after that it may lead no more. */
const PATIENCE_MS = 40;
/** Whoever is cut off need not hurry for ever. */
const HASTY_TRIES_MAX = 150;
const LAZY_TIMES = 20;

/**
 * A client that deals with the servers of a replicated store itself, as a gateway does: it has a lease granted, and keeps it alive at the server that
 * answers; where none does it asks all of them every few milliseconds, so that a new primary hears of the lease as soon as it is one. Observes
 * `keeper-told-gone` when it is told that a lease is gone.
 */
export const leaseKeeper: Actor<KeeperState, KeeperMessage, Params> = actor(understood, {
  init: (params: Params): KeeperState => ({ params, leaseId: '', kept: 0, tries: 0, attempt: 0, leading: '' }),
  start: (context, state) => begin(context, state),
  on: {
    begin: (context, state) => begin(context, state),
    keep: (context, state) => keep(context, state),
    'lease-granted'(context, state, { leaseId }) {
      state.leaseId = leaseId;
      keep(context, state);
    },
    failed: (context) => later(context, 'begin', GRANT_MS),
    'store-kept'(context, state, { leaseId }) {
      state.leading = context.sender;
      // Another answer may have come before, to a repetition.
      if (leaseId !== state.leaseId || state.tries === 0) return;
      state.tries = 0;
      state.kept += 1;
      later(context, state.kept < state.params.keepAlives ? 'keep' : 'begin', state.params.everyMs);
    },
    'store-elsewhere'(context, state) {
      if (state.leading !== context.sender) return;
      state.leading = '';
      if (state.tries > 0) keep(context, state);
    },
    'store-lease-gone'(context, state, { leaseId }) {
      context.observe({ type: 'keeper-told-gone', leaseId });
      if (leaseId === state.leaseId) begin(context, state);
    },
  },
  signals: {
    askTimedOut: (context, state) => begin(context, state),
  },
});

function begin(context: KeeperContext, state: KeeperState): void {
  Object.assign(state, { leaseId: '', kept: 0, tries: 0 });
  context.cancelTimer(TIMER);
  const { ttlMs } = state.params;
  const request: CoordinatorRequest = { type: 'lease-grant', requestId: `keeper ${context.uniqueId()}`, ttlMs };
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: GRANT_MS });
}

/** Asks the server that answered last, all of them where none does. */
function keep(context: KeeperContext, state: KeeperState): void {
  const { params, leaseId } = state;
  if (state.tries > 0) state.leading = '';
  state.tries += 1;
  state.attempt += 1;
  const message: StoreRequest = { type: 'store-keep-alive', leaseId, attempt: state.attempt };
  const asked = state.leading === '' ? params.stores.map(storeOf) : [state.leading];
  for (const store of asked) context.send(store, message);
  const hurryMs = state.tries > HASTY_TRIES_MAX ? params.hastyMs * LAZY_TIMES : params.hastyMs;
  later(context, 'keep', state.leading === '' ? hurryMs : PATIENCE_MS);
}

function storeOf(node: string): AnyAddress {
  return addressOf(node, LEASE_STORE_ACTOR);
}

const TIMER = 'next';

function later(context: KeeperContext, type: 'begin' | 'keep', delayMs: number): void {
  context.setTimer(TIMER, delayMs, { type });
}

/** The lease of which a keeper was told that it is gone, or undefined where the record is of something else. */
export function keeperToldGone({ actor: path, observation }: ObservedRecord): string | undefined {
  if (path !== LEASE_KEEPER || observation.type !== 'keeper-told-gone') return undefined;
  return String(observation['leaseId']);
}
