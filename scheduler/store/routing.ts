import type { Question } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { CoordinatorAnswer, CoordinatorError } from '../../protocols/coordinator/index.js';
import {
  requestFailed,
  retryRequest,
  settle,
  type Settled,
  type StoreClient,
  type StoreContext,
  type StoreTimer,
} from './client.js';
import { mirrorEvents, mirrorRead, readMirror, watchEnded, type Change } from './mirror.js';

/** What the store client tells its owner. */
export type StoreEvent =
  | { readonly kind: 'settled'; readonly settled: Settled }
  | { readonly kind: 'changed'; readonly mirror: string; readonly changes: readonly Change[] };

type StoreTag =
  | { readonly store: 'request'; readonly requestId: string }
  | { readonly store: 'mirror'; readonly mirror: string; readonly epoch: number }
  | { readonly store: 'watch'; readonly mirror: string; readonly watchId: string };

type StoreMessage = Extract<
  CoordinatorAnswer | StoreTimer,
  {
    type:
      | 'txn-done'
      | 'read-done'
      | 'watch-events'
      | 'watch-ended'
      | 'watch-started'
      | 'failed'
      | 'retry-request'
      | 'resync-mirror';
  }
>;

type OnEvent<State, C> = (context: C, state: State, event: StoreEvent) => void;

/** Handlers for every message that concerns an actor's store client. `onEvent` is called in the turn of the message. */
export function storeHandlers<State extends { readonly store: StoreClient }, C extends StoreContext>(
  onEvent: OnEvent<State, C>,
): {
  readonly [K in StoreMessage['type']]: (context: C, state: State, message: Extract<StoreMessage, { type: K }>) => void;
} {
  const handle = (context: C, state: State, message: StoreMessage): void => {
    const event = takeMessage(context, state.store, message);
    if (event !== undefined) onEvent(context, state, event);
  };
  return {
    'txn-done': handle,
    'read-done': handle,
    'watch-events': handle,
    'watch-ended': handle,
    'watch-started': handle,
    failed: handle,
    'retry-request': handle,
    'resync-mirror': handle,
  };
}

/** To be called from `askTimedOut`: a question to the coordinator got no answer. */
export function storeTimedOut<State extends { readonly store: StoreClient }, C extends StoreContext>(
  context: C,
  state: State,
  question: Question,
  onEvent: OnEvent<State, C>,
): void {
  const event = takeFailure(context, state.store, question.tag, 'unknown');
  if (event !== undefined) onEvent(context, state, event);
}

function takeMessage(context: StoreContext, client: StoreClient, message: StoreMessage): StoreEvent | undefined {
  switch (message.type) {
    case 'txn-done':
      return settledEvent(settle(client, message.requestId, message.succeeded, message.revision, message.results));
    case 'read-done':
      return takeRead(context, client, message);
    case 'watch-events': {
      const mirror = [...client.mirrors.values()].find(({ watchId }) => watchId === message.watchId);
      if (mirror === undefined) return undefined;
      return changedEvent(mirror.name, mirrorEvents(mirror, message.revision, message.events));
    }
    case 'watch-ended': {
      const mirror = [...client.mirrors.values()].find(({ watchId }) => watchId === message.watchId);
      if (mirror !== undefined) watchEnded(context, client, mirror);
      return undefined;
    }
    case 'watch-started':
      return undefined;
    case 'failed':
      return takeFailure(context, client, context.answerTag, message.error);
    case 'retry-request':
      retryRequest(context, client, message.requestId);
      return undefined;
    case 'resync-mirror': {
      const mirror = client.mirrors.get(message.mirror);
      if (mirror !== undefined) readMirror(context, client, mirror);
      return undefined;
    }
  }
}

function takeRead(
  context: StoreContext,
  client: StoreClient,
  message: Extract<StoreMessage, { type: 'read-done' }>,
): StoreEvent | undefined {
  const tag = storeTagOf(context.answerTag);
  if (tag?.store === 'request')
    return settledEvent(settle(client, tag.requestId, true, message.revision, message.results));
  if (tag?.store !== 'mirror') return undefined;
  const mirror = client.mirrors.get(tag.mirror);
  const [range] = message.results;
  if (mirror === undefined || mirror.epoch !== tag.epoch || range?.kind !== 'range') return undefined;
  return changedEvent(mirror.name, mirrorRead(context, client, mirror, message.revision, range.found));
}

function takeFailure(
  context: StoreContext,
  client: StoreClient,
  answerTag: Plain,
  error: CoordinatorError,
): StoreEvent | undefined {
  const tag = storeTagOf(answerTag);
  if (tag === undefined) return undefined;
  if (tag.store === 'request') return settledEvent(requestFailed(context, client, tag.requestId, error));
  const mirror = client.mirrors.get(tag.mirror);
  if (mirror === undefined) return undefined;
  if (tag.store === 'watch' ? mirror.watchId === tag.watchId : mirror.epoch === tag.epoch && mirror.watchId === '') {
    watchEnded(context, client, mirror);
  }
  return undefined;
}

function settledEvent(settled: Settled | undefined): StoreEvent | undefined {
  return settled === undefined ? undefined : { kind: 'settled', settled };
}

function changedEvent(mirror: string, changes: readonly Change[]): StoreEvent | undefined {
  return { kind: 'changed', mirror, changes };
}

function storeTagOf(tag: Plain): StoreTag | undefined {
  const isStoreTag = typeof tag === 'object' && tag !== null && 'store' in tag;
  return isStoreTag ? (tag as unknown as StoreTag) : undefined;
}
