import type { ObservedEvent } from '../lease/index.js';

type TimesLeft = readonly { readonly leaseId: string; readonly remainingMs: number }[];

/**
 * What a server of a replicated store tells besides the observations of the single one (`protocols/lease/observations.ts`). What it
 * tells of the log it tells as `recovered`: every replica applies every entry, so another may have told it before.
 * `atMs` is the monotonic clock of the server's present life.
 */
export type ReplicaObservation =
  /** The replica came by a snapshot, its own after a start or the leader's. */
  | {
      readonly type: 'replica-restored';
      readonly logIndex: number;
      readonly revision: number;
      readonly leases: readonly { readonly leaseId: string; readonly ttlMs: number; readonly remainingMs: number }[];
      /** As far back as the history goes. */
      readonly changes: readonly { readonly revision: number; readonly events: readonly ObservedEvent[] }[];
    }
  /** From now on this server lets leases run out. What they have left includes `extendedMs` that each was given on top. */
  | {
      readonly type: 'primary-promoted';
      readonly term: number;
      /** What the log said up to here. */
      readonly logIndex: number;
      readonly leases: TimesLeft;
      readonly extendedMs: number;
      readonly checkpointEveryMs: number;
      readonly atMs: number;
    }
  | { readonly type: 'primary-demoted'; readonly term: number }
  /** The primary proposes to note what leases have left. */
  | { readonly type: 'leases-noted'; readonly term: number; readonly leases: TimesLeft; readonly atMs: number }
  /** The primary told a lease's holder that it lives for its whole time from here. */
  | {
      readonly type: 'lease-kept-alive';
      readonly term: number;
      /** Up to where it had applied the log. */
      readonly logIndex: number;
      readonly leaseId: string;
      readonly ttlMs: number;
      /** What it had left just before. */
      readonly leftMs: number;
      /** When it was asked to. */
      readonly sinceMs: number;
      readonly atMs: number;
    }
  /** The primary proposes to end a lease, as its time is over. */
  | { readonly type: 'lease-due'; readonly term: number; readonly leaseId: string; readonly atMs: number };
