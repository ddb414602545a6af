import type { ObservedRecord } from '../../runtime/observation.js';
import { leaseObservation } from '../lease/observed-store.js';

/** A lease by the clock of the primary of the present term. */
export interface CountedLease {
  ttlMs: number;
  /** On that clock: since when its time counts, and what it had left then. */
  keptAtMs: number;
  basisMs: number;
  /** In virtual time: not earlier than that. */
  toldAtUs: number;
}

/** What an entry of the replicated log says that a lease has left. */
interface Note {
  readonly logIndex: number;
  readonly remainingMs: number;
}

/** What `ObservedPrimary` rests on. */
export const OF_PRIMARY = [
  'primary-promoted',
  'lease-granted',
  'replica-restored',
  'lease-kept-alive',
  'leases-checkpointed',
  'lease-expired',
  'lease-revoked',
] as const;

/**
 * The leases of a replicated store as the primary of the latest term counts them. What a primary of an earlier term tells late, because its
 * disk was slow, counts no more.
 */
export class ObservedPrimary {
  term = 0;
  node = '';
  checkpointEveryMs = Infinity;
  readonly leases = new Map<string, CountedLease>();
  readonly ended = new Set<string>();
  readonly ttlMs = new Map<string, number>();
  /** In the order of the log. */
  readonly notes = new Map<string, Note[]>();

  observe(record: ObservedRecord): void {
    const observation = leaseObservation(record);
    switch (observation?.type) {
      case 'primary-promoted':
        if (observation.term <= this.term) break;
        this.term = observation.term;
        this.node = record.node;
        this.checkpointEveryMs = observation.checkpointEveryMs;
        this.leases.clear();
        for (const { leaseId, remainingMs } of observation.leases) {
          this.count(record, leaseId, observation.atMs, remainingMs);
        }
        break;
      case 'lease-granted':
        this.ttlMs.set(observation.leaseId, observation.ttlMs);
        if (record.node === this.node) this.count(record, observation.leaseId, observation.atMs, observation.ttlMs);
        break;
      case 'replica-restored':
        for (const { leaseId, ttlMs } of observation.leases) this.ttlMs.set(leaseId, ttlMs);
        break;
      case 'lease-kept-alive':
        if (observation.term !== this.term) break;
        this.count(record, observation.leaseId, observation.atMs, observation.ttlMs);
        break;
      case 'leases-checkpointed':
        for (const { leaseId, remainingMs } of observation.leases) {
          const notes = this.notes.get(leaseId) ?? [];
          this.notes.set(leaseId, notes);
          const { logIndex = 0 } = observation;
          if (logIndex > (notes.at(-1)?.logIndex ?? 0)) notes.push({ logIndex, remainingMs });
        }
        break;
      case 'lease-expired':
      case 'lease-revoked':
        this.ended.add(observation.leaseId);
        this.leases.delete(observation.leaseId);
        break;
      default:
        break;
    }
  }

  private count(record: ObservedRecord, leaseId: string, keptAtMs: number, basisMs: number): void {
    if (this.ended.has(leaseId)) return;
    const ttlMs = this.ttlMs.get(leaseId) ?? basisMs;
    this.leases.set(leaseId, { ttlMs, keptAtMs, basisMs, toldAtUs: record.atUs });
  }

  /** What the log up to an index says that a lease has left. */
  notedMs(leaseId: string, upto = Infinity): number {
    const note = this.notes.get(leaseId)?.findLast(({ logIndex }) => logIndex <= upto);
    return note?.remainingMs ?? this.ttlMs.get(leaseId) ?? 0;
  }
}
