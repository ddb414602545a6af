import { messages, t, type MessageOf } from '../../runtime/schema.js';

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
  /** Makes the store forget what was before a revision. Answer: `compacted`. */
  compact: { requestId: t.string, revision: t.int },
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
  /** What was before `revision` is gone. */
  compacted: { requestId: t.string, revision: t.int },
});
export type LeaseAnswer = MessageOf<typeof leaseAnswers>;
