import { messages, t, type Infer, type MessageOf } from '../../runtime/schema.js';

/** Within the keys of a prefix those in `from` <= key < `end`; without the events of some kinds; with the entries as they were before. */
export const watchWishes = {
  from: t.optional(t.string),
  end: t.optional(t.string),
  without: t.optional(t.array(t.oneOf('put', 'delete'))),
  previous: t.optional(t.bool),
};

/** Who leads an election: what it stands there with, and its fencing token, which is the create revision of its key. */
const leaderType = t.object({ candidate: t.string, token: t.int });
export type ElectionLeader = Infer<typeof leaderType>;

/**
 * What a member's coordinator is asked beyond the verbs that every coordinator has: the rest of etcd's lease, maintenance and election
 * APIs. Sent to the coordinator of the own node, as those are.
 */
export const leaseRequests = messages('lease-request', {
  /** As `lease-grant`, under an id of the client's choice; `lease-exists` where such a lease lives. Answer: `lease-granted`. */
  'lease-grant-as': { requestId: t.string, leaseId: t.string, ttlMs: t.int },
  /** Linearizable. Answer: `lease-time-left`, or `failed` with `lease-not-found`. */
  'lease-time-to-live': { leaseId: t.string, keys: t.bool },
  /** Linearizable. Answer: `leases`. */
  'lease-list': {},
  /**
   * As `watch`, for a part of a prefix's keys or events, with previous entries, or with `progress`: then `watch-progress` tells now and
   * then how far the watch is complete, where nothing came for it. Ended by `unwatch`.
   */
  'watch-range': {
    watchId: t.string,
    prefix: t.string,
    ...watchWishes,
    fromRevision: t.int,
    progress: t.optional(t.bool),
  },
  /** Asks for one `watch-progress`, as of when the store answers. */
  'watch-progress-wanted': { watchId: t.string },
  /** Makes the store forget what was before a revision. Answer: `compacted`. */
  compact: { requestId: t.string, revision: t.int },
  /**
   * Changes the value that the leader of an election stands there with; the token stays. For the client that won it, under its token. A
   * repetition with the same requestId takes effect once. Answer: `proclaimed`; `proclaim-refused` where another leads or nobody, and
   * nothing happened; or `failed`, with `unknown` where it may have.
   */
  proclaim: { requestId: t.string, election: t.string, token: t.int, candidate: t.string },
  /** Who leads. Linearizable. Answer: `election-leader`. */
  'read-leader': { election: t.string },
  /**
   * Told, not asked: `leader-observed` comes for the present leader, for each later one and for what it proclaims; in order, none twice, but not
   * all of them where they follow fast. Once more for the same election: the last one is repeated, if there is one.
   */
  'observe-election': { election: t.string },
  'unobserve-election': { election: t.string },
  /**
   * Told, not asked: as `campaign`, but nobody waits. `elected` where the election was free, and then `resign` gives it up; `locked` where somebody
   * else has it or was there first; `failed` with `unavailable` where this node has no session with the store.
   */
  'try-lock': { election: t.string, candidate: t.string },
});
export type LeaseRequest = MessageOf<typeof leaseRequests>;

export const leaseAnswers = messages('lease-answer', {
  /** `remainingMs` was right when the store answered. `more`: there are more keys than can be told. */
  'lease-time-left': {
    leaseId: t.string,
    ttlMs: t.int,
    remainingMs: t.int,
    keys: t.array(t.string),
    more: t.bool,
  },
  /** In the order in which they were granted. */
  leases: { leases: t.array(t.string), more: t.bool },
  /** All events of the watch up to `revision` have been sent; none of those comes any more. */
  'watch-progress': { watchId: t.string, revision: t.int },
  /** What was before `revision` is gone. */
  compacted: { requestId: t.string, revision: t.int },
  proclaimed: { requestId: t.string, election: t.string, token: t.int, revision: t.int },
  'proclaim-refused': { requestId: t.string, election: t.string, token: t.int },
  /** As of `revision`; null where nobody leads. */
  'election-leader': { election: t.string, leader: t.nullable(leaderType), revision: t.int },
  /** `revision`: where the leader last put its key, by being a candidate or by proclaiming. */
  'leader-observed': { election: t.string, leader: leaderType, revision: t.int },
  /** `token`: the holder's, or that of whoever waits longest. */
  locked: { election: t.string, token: t.int },
});
export type LeaseAnswer = MessageOf<typeof leaseAnswers>;
