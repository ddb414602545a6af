import { messages, t, type Infer, type MessageOf } from '../../runtime/schema.js';
import { watchWishes } from './client-messages.js';
import { coordinatorErrorType, operationResultType, operationType, watchEventType } from '../coordinator/index.js';
import { outcomeType, storeCommandType } from './store/index.js';

/** The actor path of the lease store on a store node. */
export const LEASE_STORE_ACTOR = 'lease-store';

/** What a watch is for, and where it stands. */
const watchSpecType = t.object({
  watchId: t.string,
  prefix: t.string,
  ...watchWishes,
  /** 0: from now on; the first batch tells from which revision that is. */
  nextRevision: t.int,
  /** The first event of that revision, by its sub-revision, that is not there yet. */
  nextEvent: t.optional(t.int),
  /** Wants a batch in any case, to know how far it is complete. */
  report: t.optional(t.bool),
});
export type WatchSpec = Infer<typeof watchSpecType>;

/**
 * What members ask of the store, over a network that may lose, double and delay: every question names itself, so that it can be sent
 * again and its answer be told apart. Answers go to the sender.
 */
export const storeRequests = messages('store-request', {
  /** `command.requestId` names it and must not be ''; `lease-expire` is the store's own. Answer: `store-executed`. */
  'store-execute': { command: storeCommandType },
  /** Linearizable. Answer: `store-read-done`, or `store-read-failed` which is always `invalid`. */
  'store-read': { readId: t.string, operations: t.array(operationType) },
  /** Answer: `store-kept`, or `store-lease-gone`. `attempt` comes back, so that the asker knows since when the time to live counts. */
  'store-keep-alive': { leaseId: t.string, attempt: t.int },
  /** What a lease has left, and the keys attached to it where asked for. Answer: `store-lease-time-left`, or `store-lease-unknown`. */
  'store-time-to-live': { readId: t.string, leaseId: t.string, keys: t.bool },
  /** Answer: `store-leases-listed`. */
  'store-leases': { readId: t.string },
  /**
   * All watches of a session (one life of one member) and where each stands; what is not named is no longer watched. To be repeated
   * every few hundred milliseconds: a lost batch, a lost session and a restarted store are all mended by the next round.
   * Rounds of a session count upwards; a late one is ignored. Answer: `store-watch-batch` for each watch that is behind or new.
   */
  'store-watch': {
    session: t.string,
    round: t.int,
    watches: t.array(watchSpecType),
  },
  /** One watch of a session stands here and wants what follows: sooner than the next round would say it. Answer: batches. */
  'store-watch-next': { session: t.string, watchId: t.string, nextRevision: t.int, nextEvent: t.optional(t.int) },
});
export type StoreRequest = MessageOf<typeof storeRequests>;

export const storeAnswers = messages('store-answer', {
  /**
   * Of a replicated store, in place of any answer but those to watches: this server does not lead, or cannot tell whether it does. The
   * question may have taken effect; sent again with its id, it does so once. `leader`: who leads as far as is known, else ''.
   */
  'store-elsewhere': { leader: t.string },
  /**
   * Of a replicated store: the round was taken by a server that knows a leader (or '': what happens may not reach it), and that has
   * applied everything up to `revision`.
   */
  'store-watching': { session: t.string, round: t.int, leader: t.string, revision: t.int },
  'store-executed': { requestId: t.string, outcome: outcomeType },
  'store-read-done': { readId: t.string, revision: t.int, results: t.array(operationResultType) },
  'store-read-failed': { readId: t.string, detail: t.string },
  /** The lease lives for `ttlMs` from when the store took the question, which is not before it was sent. */
  'store-kept': { leaseId: t.string, attempt: t.int, ttlMs: t.int },
  'store-lease-gone': { leaseId: t.string, attempt: t.int },
  /** `remainingMs` from when the store answered; keys in their order. `more`: too many to be told. */
  'store-lease-time-left': {
    readId: t.string,
    leaseId: t.string,
    ttlMs: t.int,
    remainingMs: t.int,
    keys: t.array(t.string),
    more: t.bool,
  },
  'store-lease-unknown': { readId: t.string, leaseId: t.string },
  /** In the order in which they were granted. `more`: there are too many to be told. */
  'store-leases-listed': { readId: t.string, leases: t.array(t.string), more: t.bool },
  /**
   * All events of the watch from (`fromRevision`, `fromEvent`) to before (`nextRevision`, `nextEvent`), the second of each being a
   * sub-revision, 0 where absent. The store itself is at `revision`: there is more where that is not less.
   */
  'store-watch-batch': {
    session: t.string,
    watchId: t.string,
    fromRevision: t.int,
    fromEvent: t.optional(t.int),
    nextRevision: t.int,
    nextEvent: t.optional(t.int),
    revision: t.int,
    changes: t.array(t.object({ revision: t.int, events: t.array(watchEventType) })),
  },
  'store-watch-failed': { session: t.string, watchId: t.string, error: coordinatorErrorType, detail: t.string },
});
export type StoreAnswer = MessageOf<typeof storeAnswers>;
