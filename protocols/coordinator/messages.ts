import { messages, t, type Infer, type MessageOf } from '../../runtime/schema.js';
import { compareType, coordinatorErrorType, keyValueType, operationResultType, operationType } from './operations.js';

/*
 * The verbs of a coordinator, as messages to the coordinator actor of the own node. They follow etcd's v3 API: a store of keys with one
 * revision for each change, transactions that compare and then act, watches from a revision, leases, elections. As there, an
 * operation list changes no key twice (`invalid`), and a compare of the value of a key that is not there does not hold.
 */
export const watchEventType = t.object({
  kind: t.oneOf('put', 'delete'),
  /** For a delete: the key as it was, with `modRevision` of the deletion and `value` null. */
  entry: keyValueType,
  /** Where asked for: the key before, null if it was not there, absent if that is compacted. */
  previous: t.optional(t.nullable(keyValueType)),
});
export type WatchEvent = Infer<typeof watchEventType>;

/**
 * What a client (an actor of the same node) asks a coordinator. Each is an `ask`; the answer is one of `coordinatorAnswers`. What may
 * come much later, or more than once, comes as a message of its own and answers no question: `watch-events`, `watch-ended`, `elected`,
 * `deposed`, later `members`. So `campaign` and `unwatch` are told, not asked.
 */
export const coordinatorRequests = messages('coordinator-request', {
  /**
   * `requestId`, unique for ever, makes a retry safe: a coordinator whose guarantees say so applies it once and answers a
   * repetition with the first result. What is remembered is bounded: by Raft the last 10,000 requests of all, and a repetition that comes behind them is
   * carried out anew. In the lease store on one node an id `<client>#<number>` promises that this client numbers its requests upwards;
   * there a repetition too late to be recognised is refused with `unknown` and never applied again.
   */
  txn: {
    requestId: t.string,
    compare: t.array(compareType),
    then: t.array(operationType),
    else: t.array(operationType),
  },
  /** Reads with the consistency that the guarantees state. */
  read: { operations: t.array(operationType) },
  /** Events for keys under `prefix` with revision >= fromRevision (0: from now on), sent as `watch-events` to the asker. */
  watch: { watchId: t.string, prefix: t.string, fromRevision: t.int },
  unwatch: { watchId: t.string },
  'lease-grant': { requestId: t.string, ttlMs: t.int },
  'lease-keep-alive': { leaseId: t.string },
  'lease-revoke': { requestId: t.string, leaseId: t.string },
  /**
   * Stands for election; `elected` is sent when won, `deposed` when lost again, and then the client stands anew if it wishes. To
   * campaign again while standing changes nothing, and repeats `elected` if it is won: so it can be repeated by a timer. The fencing token grows with every election
   * that is won; a `guard` put into the compares of a transaction makes it fail once the election has moved on.
   */
  campaign: { election: t.string, candidate: t.string },
  /** Gives up an election that was won, by its token; by token 0 a candidacy that still waits. */
  resign: { election: t.string, token: t.int },
  /** Who is alive in this node's view; changes are sent as `members`. */
  'watch-members': {},
});
export type CoordinatorRequest = MessageOf<typeof coordinatorRequests>;

/** What a coordinator tells its clients. */
export const coordinatorAnswers = messages('coordinator-answer', {
  'txn-done': { requestId: t.string, succeeded: t.bool, revision: t.int, results: t.array(operationResultType) },
  'read-done': { revision: t.int, results: t.array(operationResultType) },
  /** All events of `revision` .. at once; ordered, each exactly once for each watch. */
  'watch-events': { watchId: t.string, revision: t.int, events: t.array(watchEventType) },
  /** The watch has ended and must be begun anew: with `compacted`, after a read of the present state. */
  'watch-ended': { watchId: t.string, error: coordinatorErrorType },
  /** `revision`: the first one whose events will come. */
  'watch-started': { watchId: t.string, revision: t.int },
  'lease-granted': { requestId: t.string, leaseId: t.string, ttlMs: t.int },
  'lease-kept': { leaseId: t.string, ttlMs: t.int },
  'lease-revoked': { leaseId: t.string },
  elected: { election: t.string, token: t.int, guard: compareType },
  deposed: { election: t.string, token: t.int },
  resigned: { election: t.string },
  members: { members: t.array(t.object({ node: t.string, alive: t.bool })) },
  /** `requestId` is the one given; else the lease, the watch or the election that was asked for, or '' for a read. */
  failed: { requestId: t.string, error: coordinatorErrorType, detail: t.string },
});
export type CoordinatorAnswer = MessageOf<typeof coordinatorAnswers>;
