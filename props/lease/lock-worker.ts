import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import {
  COORDINATOR_ACTOR,
  coordinatorAnswers,
  type Compare,
  type CoordinatorRequest,
} from '../../protocols/coordinator/index.js';
import { leaseAnswers, type LeaseRequest } from '../../protocols/lease/index.js';
import { SINK_ACTOR, type SinkMessage } from './sink.js';

export const LOCK = 'lock';
export const GUARDED_KEY = 'register/guarded';

/** Kind of work at the edge that ends with a write to the sink; its input is `{ sink, write }`. */
export const SLOW_WRITE = 'slow-write';

const understood = combineMessages(
  'lock-worker',
  messages('lock-worker', { stand: {}, try: {}, write: {}, release: {} }),
  combineMessages('lock-worker', coordinatorAnswers, leaseAnswers),
);
type WorkerMessage = MessageOf<typeof understood>;
type WorkerContext = Context<WorkerMessage>;

export type LockWorkerParams = {
  readonly sink: string;
  readonly holdMs: number;
  readonly writeEveryMs: number;
  readonly restMs: number;
  /** Every so many times it tries the lock instead of waiting for it; proclaims with every so manieth write. 0 or absent: never. */
  readonly triesEvery?: number;
  readonly proclaimsEvery?: number;
};

interface WorkerState {
  readonly params: LockWorkerParams;
  /** How often it has given the lock back. */
  rests: number;
  isTrying: boolean;
  held: { readonly token: number; readonly guard: Compare; writes: number } | undefined;
}

/** Long enough that a coordinator which was restarted meanwhile is asked again, short enough to matter after healing. */
const STAND_AGAIN_MS = 1500;
const ASK_MS = 6000;

/**
 * Takes a lock by election, writes under it to a guarded key of the store and to a fencing sink, holds it for a while, resigns, rests, and
 * stands again. Observes `lock-held`, `lock-released` and `guarded-write-refused`.
 */
export const lockWorker: Actor<WorkerState, WorkerMessage, LockWorkerParams> = actor(understood, {
  init: (params: LockWorkerParams): WorkerState => ({ params, rests: 0, isTrying: false, held: undefined }),
  start: (context, state) => stand(context, state),
  on: {
    stand(context, state) {
      if (state.held === undefined) stand(context, state);
    },
    try(context, state) {
      if (state.held !== undefined) return;
      state.isTrying = true;
      tellCoordinator(context, { type: 'try-lock', election: LOCK, candidate: context.node });
      rest(context, STAND_AGAIN_MS);
    },
    locked(context, state) {
      state.isTrying = false;
      context.observe({ type: 'lock-tried', lock: LOCK, got: false });
      rest(context, state.params.restMs);
    },
    elected(context, state, { token, guard }) {
      if (state.held?.token === token) return;
      state.held = { token, guard, writes: 0 };
      context.observe({ type: 'lock-held', lock: LOCK, token });
      if (state.isTrying) context.observe({ type: 'lock-tried', lock: LOCK, got: true });
      state.isTrying = false;
      context.cancelTimer('stand');
      context.setTimer('release', state.params.holdMs, { type: 'release' });
      write(context, state);
    },
    write: (context, state) => write(context, state),
    'txn-done'(context, _state, { succeeded }) {
      if (!succeeded) context.observe({ type: 'guarded-write-refused', lock: LOCK, token: Number(context.answerTag) });
    },
    release(context, state) {
      const { held } = state;
      if (held === undefined) return;
      letGo(context, state);
      tellCoordinator(context, { type: 'resign', election: LOCK, token: held.token });
      rest(context, STAND_AGAIN_MS);
    },
    resigned(context, state) {
      state.rests += 1;
      const { restMs, triesEvery = 0 } = state.params;
      rest(context, restMs, triesEvery > 0 && state.rests % triesEvery === 0 ? 'try' : 'stand');
    },
    proclaimed: (context, _state, { token }) => context.observe({ type: 'lock-proclaimed', lock: LOCK, token }),
    'proclaim-refused'(context, _state, { token }) {
      context.observe({ type: 'lock-proclaim-refused', lock: LOCK, token });
    },
    deposed(context, state, { token }) {
      if (state.held?.token !== token) return;
      letGo(context, state);
      rest(context, 1);
    },
    failed(context, state) {
      if (state.held === undefined && !context.hasTimer('stand')) rest(context, STAND_AGAIN_MS);
    },
  },
  signals: {
    // The effect has taken place at the sink or was refused there; nothing is owed here.
    workDone() {},
  },
});

function tellCoordinator(context: WorkerContext, request: CoordinatorRequest | LeaseRequest): void {
  context.send(addressOf(context.node, COORDINATOR_ACTOR), request);
}

function stand(context: WorkerContext, state: WorkerState): void {
  state.isTrying = false;
  tellCoordinator(context, { type: 'campaign', election: LOCK, candidate: context.node });
  rest(context, STAND_AGAIN_MS);
}

function rest(context: WorkerContext, forMs: number, then: 'stand' | 'try' = 'stand'): void {
  context.setTimer('stand', forMs, { type: then });
}

function letGo(context: WorkerContext, state: WorkerState): void {
  context.observe({ type: 'lock-released', lock: LOCK, token: state.held?.token ?? 0 });
  state.held = undefined;
  context.cancelTimer('release');
  context.cancelTimer('write');
}

/** The token goes with both writes: into the transaction as its guard, to the sink as a number. */
function write(context: WorkerContext, state: WorkerState): void {
  const { held, params } = state;
  if (held === undefined) return;
  held.writes += 1;
  const { token, guard, writes } = held;
  const request: CoordinatorRequest = {
    type: 'txn',
    requestId: guardedRequestId(token, context.uniqueId()),
    compare: [guard],
    then: [{ kind: 'put', key: GUARDED_KEY, value: { token, writes }, leaseId: '' }],
    else: [],
  };
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS, tag: token });
  const toSink: SinkMessage = { type: 'sink-write', worker: context.node, token, number: writes };
  // Some effects are work at the edge, which goes on whatever becomes of the lock meanwhile.
  if (writes % 8 === 0) context.startWork(SLOW_WRITE, { sink: params.sink, write: toSink });
  else context.send(addressOf(params.sink, SINK_ACTOR), toSink);
  const { proclaimsEvery = 0 } = params;
  if (proclaimsEvery > 0 && writes % proclaimsEvery === 0) proclaim(context, token, writes);
  context.setTimer('write', params.writeEveryMs, { type: 'write' });
}

/** The lock's value tells whoever observes it how far its holder is. */
function proclaim(context: WorkerContext, token: number, writes: number): void {
  const candidate = `${context.node} ${writes}`;
  const requestId = `proclaim ${token} ${context.uniqueId()}`;
  const request: LeaseRequest = { type: 'proclaim', requestId, election: LOCK, token, candidate };
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS, tag: token });
}

function guardedRequestId(token: number, unique: string): string {
  return `guarded ${token} ${unique}`;
}

/** The token under which a request wrote, or undefined if it was no guarded write. */
export function tokenOfGuarded(requestId: string): number | undefined {
  const parts = requestId.split(' ');
  return parts[0] === 'guarded' ? Number(parts[1]) : undefined;
}

/** The token under which a request proclaims, or undefined if it does not. */
export function tokenOfProclaim(requestId: string): number | undefined {
  const parts = requestId.split(' ');
  return parts[0] === 'proclaim' ? Number(parts[1]) : undefined;
}
