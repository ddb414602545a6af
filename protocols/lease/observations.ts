import type { KeyValue, WatchEvent } from '../coordinator/index.js';
import { fingerprintOf } from './store/index.js';

/** An event as it is observed: the value by its fingerprint only. */
export type ObservedEvent = {
  readonly kind: WatchEvent['kind'];
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly leaseId: string;
};

/**
 * What the store tells of itself. It is durable by the time that it is told. `recovered`: the store has found it in its log at a
 * start; it may have been told before, or a crash may have come between the disk and the telling.
 * `atMs` is the monotonic clock of the store's present life, by which leases live.
 */
export type StoreObservation =
  /** A life of the store has begun; what was in the log after the snapshot follows as `recovered`. */
  | {
      readonly type: 'store-opened';
      readonly revision: number;
      readonly leases: readonly string[];
      readonly replayed: number;
      /** How much of a lease's time the next restart may forget. */
      readonly checkpointEveryMs: number;
      readonly atMs: number;
    }
  /** What leases have left was noted in the log. */
  | {
      readonly type: 'leases-checkpointed';
      readonly leases: readonly { readonly leaseId: string; readonly remainingMs: number }[];
      readonly recovered: boolean;
      readonly atMs: number;
      /** Where it stands in a replicated log. */
      readonly logIndex?: number;
    }
  /** After `store-opened` and what was recovered: what each lease has left in this life. */
  | {
      readonly type: 'lease-times-restored';
      readonly leases: readonly { readonly leaseId: string; readonly remainingMs: number }[];
      readonly atMs: number;
    }
  | {
      readonly type: 'lease-granted';
      readonly leaseId: string;
      readonly ttlMs: number;
      readonly requestId: string;
      readonly recovered: boolean;
      readonly atMs: number;
    }
  /** A keep-alive was taken; the lease lives for `ttlMs` from here. */
  | { readonly type: 'lease-kept'; readonly leaseId: string; readonly ttlMs: number; readonly atMs: number }
  | {
      readonly type: 'lease-expired';
      readonly leaseId: string;
      readonly recovered: boolean;
      readonly atMs: number;
    }
  | {
      readonly type: 'lease-revoked';
      readonly leaseId: string;
      readonly requestId: string;
      readonly recovered: boolean;
      readonly atMs: number;
    }
  /** A transaction took effect, for the first time (it may have changed nothing; `error` is '' or why it failed). */
  | {
      readonly type: 'txn-applied';
      readonly requestId: string;
      readonly revision: number;
      readonly succeeded: boolean;
      readonly error: string;
      readonly recovered: boolean;
      /** Where it stands in a replicated log. */
      readonly logIndex?: number;
    }
  /** A request that had been applied was repeated: the first result was given, nothing happened. */
  | { readonly type: 'request-repeated'; readonly requestId: string }
  /** A new revision. `cause` is the request's id, or the lease's whose end it was. */
  | {
      readonly type: 'revision-made';
      readonly revision: number;
      readonly cause: string;
      readonly events: readonly ObservedEvent[];
      readonly recovered: boolean;
    }
  | { readonly type: 'history-compacted'; readonly revision: number }
  | { readonly type: 'store-snapshot'; readonly revision: number; readonly logIndex: number }
  /** A session's watch that the store did not know at this place goes on from there: after a loss, a restart, or as a new one. */
  | {
      readonly type: 'watch-resumed';
      readonly session: string;
      readonly watchId: string;
      readonly prefix: string;
      readonly fromRevision: number;
    };

/** What a member tells of its dealings with the store. */
export type MemberObservation =
  | { readonly type: 'session-started'; readonly leaseId: string; readonly remainingMs: number }
  /** By its own clock the member may rely on its session for `remainingMs` more. */
  | { readonly type: 'session-extended'; readonly leaseId: string; readonly remainingMs: number }
  | { readonly type: 'session-lost'; readonly leaseId: string; readonly reason: 'deadline' | 'gone' }
  /** `checkedRevision`: where the store stood when the member found that its own key is there and the oldest. */
  | {
      readonly type: 'elected';
      readonly election: string;
      readonly token: number;
      readonly candidate: string;
      readonly key: string;
      readonly leaseId: string;
      readonly checkedRevision: number;
    }
  /** A client that observes an election is told of a leader, or of what it proclaims; `revision` put its key, `seenRevision` shows it as the oldest. */
  | {
      readonly type: 'leader-observed';
      /** Unique over all lives of all members. */
      readonly observer: string;
      readonly election: string;
      readonly token: number;
      readonly candidate: string;
      readonly key: string;
      readonly revision: number;
      readonly seenRevision: number;
    }
  | { readonly type: 'deposed'; readonly election: string; readonly token: number; readonly reason: string }
  | { readonly type: 'resigned'; readonly election: string; readonly token: number }
  /** The member learned the outcome of a request and answers its client. */
  | {
      readonly type: 'txn-acknowledged';
      readonly requestId: string;
      readonly revision: number;
      readonly succeeded: boolean;
    }
  | { readonly type: 'request-given-up'; readonly requestId: string; readonly attempts: number }
  | {
      readonly type: 'watch-started';
      readonly watch: string;
      readonly prefix: string;
      /** Of that prefix, the keys in `from` <= key < `end`, without events of some kinds. */
      readonly from?: string;
      readonly end?: string;
      readonly without?: readonly WatchEvent['kind'][];
      readonly fromRevision: number;
    }
  /** One revision's events were sent to the watch's owner. */
  | {
      readonly type: 'watch-delivered';
      readonly watch: string;
      readonly revision: number;
      /** It came in more than one batch. */
      readonly fragments?: true;
      readonly events: readonly ObservedEvent[];
    }
  /** Nothing for the watch below `nextRevision` is outstanding. */
  | { readonly type: 'watch-caught-up'; readonly watch: string; readonly nextRevision: number }
  | { readonly type: 'watch-ended'; readonly watch: string; readonly error: string };

export type LeaseObservation = StoreObservation | MemberObservation;

export function observedEvents(events: readonly WatchEvent[]): ObservedEvent[] {
  return events.map(({ kind, entry }) => ({ kind, ...observedEntry(entry) }));
}

function observedEntry(entry: KeyValue): Omit<ObservedEvent, 'kind'> {
  const { key, value, createRevision, modRevision, version, leaseId } = entry;
  return { key, value: fingerprintOf(value), createRevision, modRevision, version, leaseId };
}
