import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { addressOf } from '../../runtime/address.js';
import { messages, t, type MessageOf } from '../../runtime/schema.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';
import type {
  CoordinatorError,
  CoordinatorRequest,
  KeyValue,
  Operation,
  OperationResult,
} from '../../protocols/coordinator/index.js';
import type { Transaction } from './operations.js';

/** Messages that a store client sends to its own actor. */
export const storeTimers = messages('store-timer', {
  'retry-request': { requestId: t.string },
  'resync-mirror': { mirror: t.string },
});
export type StoreTimer = MessageOf<typeof storeTimers>;

export type StoreContext = Pick<
  Context<StoreTimer>,
  'node' | 'ask' | 'send' | 'setTimer' | 'cancelTimer' | 'uniqueId' | 'nowMs' | 'wallMs' | 'random' | 'answerTag'
>;

export interface StoreOptions {
  /** How long to wait for one answer of the coordinator. */
  readonly askTimeoutMs: number;
  /** Pause before asking again; up to as much again is added at random. */
  readonly retryMs: number;
  /** How long to try in all before the owner is told that the outcome is not known. */
  readonly giveUpMs: number;
  /** How often a mirror is read anew, unless it says otherwise. */
  readonly resyncMs: number;
}

export const DEFAULT_STORE_OPTIONS: StoreOptions = Object.freeze({
  askTimeoutMs: 1_000,
  retryMs: 100,
  giveUpMs: 10_000,
  resyncMs: 5_000,
});

type Request =
  | { readonly kind: 'txn'; readonly transaction: Transaction }
  | { readonly kind: 'read'; readonly operations: readonly Operation[] };

interface Pending {
  readonly request: Request;
  /** What the owner attached to it. */
  readonly purpose: Plain;
  readonly sinceMs: number;
  /** Whether some try may have taken effect though no answer says so. */
  mayHaveHappened: boolean;
}

/** The part of an actor's state that talks to the coordinator: requests under way, and mirrors of what the store holds. */
export interface StoreClient {
  readonly options: StoreOptions;
  /** Its name towards the coordinator, drawn at the first request; requests are numbered upwards. */
  clientId: string;
  requests: number;
  readonly pending: Map<string, Pending>;
  readonly mirrors: Map<string, Mirror>;
}

/** A copy of all keys under a prefix that a watch keeps up to date. It only hints: transactions decide. */
export interface Mirror {
  readonly name: string;
  readonly prefix: string;
  readonly entries: Map<string, KeyValue>;
  /** The store's revision that the copy shows. */
  revision: number;
  /** Whether the first reading has come. */
  isFilled: boolean;
  /** The watch in force, '' for none. */
  watchId: string;
  /** How often it is read anew, in case a watch lost something. */
  readonly resyncMs: number;
  /** Counts readings, so that an answer to an older one is known. */
  epoch: number;
}

/** How a request ended. */
export type Settled =
  | {
      readonly kind: 'done';
      readonly purpose: Plain;
      readonly revision: number;
      readonly results: readonly OperationResult[];
    }
  /** A compare did not hold; `results` are those of the `else` operations. */
  | {
      readonly kind: 'lost';
      readonly purpose: Plain;
      readonly revision: number;
      readonly results: readonly OperationResult[];
    }
  | {
      readonly kind: 'failed';
      readonly purpose: Plain;
      readonly error: CoordinatorError;
      readonly mayHaveHappened: boolean;
    };

export function newStoreClient(options: StoreOptions = DEFAULT_STORE_OPTIONS): StoreClient {
  return { options, clientId: '', requests: 0, pending: new Map(), mirrors: new Map() };
}

/** Runs a transaction; `purpose` is plain data that comes back with its end. It is tried again and again under the same id until an answer comes or `giveUpMs` have passed. */
export function transact(context: StoreContext, client: StoreClient, transaction: Transaction, purpose: object): void {
  begin(context, client, { kind: 'txn', transaction }, purpose);
}

export function readStore(
  context: StoreContext,
  client: StoreClient,
  operations: readonly Operation[],
  purpose: object,
): void {
  begin(context, client, { kind: 'read', operations }, purpose);
}

/** Forgets all requests under way: their answers will be ignored. What was asked may still happen. */
export function forgetRequests(context: StoreContext, client: StoreClient): void {
  for (const requestId of client.pending.keys()) context.cancelTimer(`retry/${requestId}`);
  client.pending.clear();
}

function coordinatorOf(node: string): string {
  return addressOf(node, COORDINATOR_ACTOR);
}

/** Asks the coordinator of the own node; which one it is, nobody here knows. */
export function askCoordinator(
  context: Pick<StoreContext, 'node' | 'ask'>,
  request: CoordinatorRequest,
  timeoutMs: number,
  tag: Plain,
): void {
  context.ask(coordinatorOf(context.node), request, { timeoutMs, tag });
}

/** Tells the coordinator of the own node something that has no answer worth waiting for. */
export function tellCoordinator(context: Pick<StoreContext, 'node' | 'send'>, request: CoordinatorRequest): void {
  context.send(coordinatorOf(context.node), request);
}

function begin(context: StoreContext, client: StoreClient, request: Request, purpose: object): void {
  if (client.clientId === '') client.clientId = context.uniqueId();
  const requestId = `${client.clientId}#${++client.requests}`;
  client.pending.set(requestId, {
    request,
    purpose: purpose as Plain,
    sinceMs: context.nowMs(),
    mayHaveHappened: false,
  });
  askOnce(context, client, requestId, request);
}

function askOnce(context: StoreContext, client: StoreClient, requestId: string, request: Request): void {
  const message: CoordinatorRequest =
    request.kind === 'txn'
      ? { type: 'txn', requestId, ...request.transaction }
      : { type: 'read', operations: request.operations };
  askCoordinator(context, message, client.options.askTimeoutMs, { store: 'request', requestId });
}

/** Takes the answer to a transaction or a read. */
export function settle(
  client: StoreClient,
  requestId: string,
  succeeded: boolean,
  revision: number,
  results: readonly OperationResult[],
): Settled | undefined {
  const pending = client.pending.get(requestId);
  if (pending === undefined) return undefined;
  client.pending.delete(requestId);
  return { kind: succeeded ? 'done' : 'lost', purpose: pending.purpose, revision, results };
}

/** Takes the news that a request failed or got no answer: it is tried again later, or given up. */
export function requestFailed(
  context: StoreContext,
  client: StoreClient,
  requestId: string,
  error: CoordinatorError,
): Settled | undefined {
  const pending = client.pending.get(requestId);
  if (pending === undefined) return undefined;
  if (error === 'unknown') pending.mayHaveHappened = true;
  const canRetry = error === 'unavailable' || error === 'unknown';
  if (!canRetry || context.nowMs() - pending.sinceMs >= client.options.giveUpMs) {
    client.pending.delete(requestId);
    const { purpose, mayHaveHappened } = pending;
    return { kind: 'failed', purpose, error, mayHaveHappened: mayHaveHappened && pending.request.kind === 'txn' };
  }
  const delayMs = client.options.retryMs + context.random('store-retry').between(0, client.options.retryMs);
  context.setTimer(`retry/${requestId}`, delayMs, { type: 'retry-request', requestId });
  return undefined;
}

/** Asks again, under the same id: a coordinator that remembers it applies it once. */
export function retryRequest(context: StoreContext, client: StoreClient, requestId: string): void {
  const pending = client.pending.get(requestId);
  if (pending !== undefined) askOnce(context, client, requestId, pending.request);
}
