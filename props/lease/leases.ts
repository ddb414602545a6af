import type { ObservedRecord } from '../../runtime/observation.js';
import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { leaseObservation } from './observed-store.js';

interface LiveLease {
  readonly ttlMs: number;
  /** On the clock of the store's present life: since when its time counts. */
  keptAtMs: number;
  /** What it had left then. */
  basisMs: number;
  /** What the log says that it has left: what a restart goes on from. */
  notedMs: number;
  /** In virtual time: not later than when the store took the last keep-alive that it told of. */
  toldAtUs: number;
}

/** What `ObservedLeases` rests on. */
export const OF_LEASES = [
  'store-opened',
  'leases-checkpointed',
  'replica-restored',
  'lease-granted',
  'lease-kept',
  'lease-expired',
  'lease-revoked',
] as const;

/** The leases that live, from what the store told. */
export class ObservedLeases {
  readonly live = new Map<string, LiveLease>();
  readonly ended = new Set<string>();
  /** Of those, the ones that somebody ended before their time. */
  readonly revoked = new Set<string>();

  observe(record: ObservedRecord): void {
    const observation = leaseObservation(record);
    switch (observation?.type) {
      case 'store-opened':
        for (const lease of this.live.values()) {
          lease.keptAtMs = observation.atMs;
          lease.basisMs = lease.notedMs;
          lease.toldAtUs = record.atUs;
        }
        break;
      case 'leases-checkpointed':
        for (const { leaseId, remainingMs } of observation.leases) {
          const lease = this.live.get(leaseId);
          if (lease === undefined) continue;
          lease.notedMs = remainingMs;
          if (observation.recovered) lease.basisMs = remainingMs;
        }
        break;
      case 'replica-restored':
        for (const { leaseId, ttlMs, remainingMs } of observation.leases) {
          if (this.ended.has(leaseId) || this.live.has(leaseId)) continue;
          // Of no clock yet: who counts its time says so.
          const unknown = { keptAtMs: 0, basisMs: 0, toldAtUs: record.atUs };
          this.live.set(leaseId, { ttlMs, notedMs: remainingMs, ...unknown });
        }
        break;
      case 'lease-granted':
        if (this.ended.has(observation.leaseId)) break;
        this.live.set(observation.leaseId, {
          ttlMs: observation.ttlMs,
          keptAtMs: observation.atMs,
          basisMs: observation.ttlMs,
          notedMs: observation.ttlMs,
          toldAtUs: record.atUs,
        });
        break;
      case 'lease-kept': {
        const lease = this.live.get(observation.leaseId);
        if (lease === undefined) break;
        lease.keptAtMs = observation.atMs;
        lease.basisMs = lease.ttlMs;
        // Before it is told, whatever was noted has been made good.
        lease.notedMs = lease.ttlMs;
        lease.toldAtUs = record.atUs;
        break;
      }
      case 'lease-expired':
      case 'lease-revoked':
        this.live.delete(observation.leaseId);
        this.ended.add(observation.leaseId);
        if (observation.type === 'lease-revoked') this.revoked.add(observation.leaseId);
        break;
      default:
        break;
    }
  }
}

/** A lease does not expire before its time to live has passed since it was last kept, nor before its holder's own deadline. */
export function neverExpiresEarly(): Monitor {
  const leases = new ObservedLeases();
  const reliedUntilUs = new Map<string, number>();
  return {
    watches: [...OF_LEASES, 'session-started', 'session-extended'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'session-started' || observation?.type === 'session-extended') {
        reliedUntilUs.set(observation.leaseId, record.atUs + observation.remainingMs * 1000);
      }
      if (observation?.type === 'lease-expired' && !observation.recovered) {
        const { leaseId, atMs } = observation;
        const lease = leases.live.get(leaseId);
        if (lease === undefined) return `${leaseId} expired, but did not live`;
        const livedMs = atMs - lease.keptAtMs;
        if (livedMs < lease.basisMs)
          return `${leaseId} expired ${livedMs} ms after it was kept or restored, before its ${lease.basisMs} ms`;
        const relied = reliedUntilUs.get(leaseId) ?? 0;
        if (record.atUs < relied)
          return `${leaseId} expired ${(relied - record.atUs) / 1000} ms before its holder's deadline`;
      }
      leases.observe(record);
      return undefined;
    },
  };
}

/** Nothing stands under a lease that does not live: no key is put under one, and none stays when it ends. */
export function keysEndWithLease(): Monitor {
  const leases = new ObservedLeases();
  const attached = new Map<string, string>();
  let known = 0;
  return {
    watches: [...OF_LEASES, 'revision-made'],
    observe(record) {
      const observation = leaseObservation(record);
      leases.observe(record);
      if (observation?.type === 'revision-made' && observation.revision > known) {
        known = observation.revision;
        for (const { kind, key, leaseId } of observation.events) {
          attached.delete(key);
          if (kind === 'delete' || leaseId === '') continue;
          attached.set(key, leaseId);
          if (!leases.live.has(leaseId)) return `${key} was put under ${leaseId}, which does not live`;
        }
      }
      if (observation?.type !== 'lease-expired' && observation?.type !== 'lease-revoked') return undefined;
      for (const [key, leaseId] of attached) {
        if (leaseId === observation.leaseId) return `${leaseId} has ended, but ${key} stays`;
      }
      return undefined;
    },
  };
}

/** What is rounded: deadlines and what is left are whole milliseconds. */
const ROUNDED_MS = 2;

/**
 * A restart neither resets nor forgets what leases have left: what is noted in the log is what they have by the clock, who restarts goes on from
 * the last note, and no more of a lease's time than was set is ever without one.
 */
export function leaseTimeCountsOn(): Monitor {
  const leases = new ObservedLeases();
  let checkpointEveryMs = Infinity;
  return {
    watches: [...OF_LEASES, 'lease-times-restored'],
    observe(record) {
      const observation = leaseObservation(record);
      let fault: string | undefined;
      if (observation?.type === 'store-opened') ({ checkpointEveryMs } = observation);
      if (observation?.type === 'lease-kept') fault = findUnsaved(leases, observation.atMs, checkpointEveryMs);
      if (observation?.type === 'lease-times-restored') fault = findNotRestored(leases, observation.leases);
      if (observation?.type === 'leases-checkpointed' && !observation.recovered) {
        fault = findMisnoted(leases, observation.leases, observation.atMs);
      }
      leases.observe(record);
      return fault;
    },
  };
}

type TimesLeft = readonly { readonly leaseId: string; readonly remainingMs: number }[];

function findMisnoted(leases: ObservedLeases, noted: TimesLeft, atMs: number): string | undefined {
  for (const { leaseId, remainingMs } of noted) {
    const lease = leases.live.get(leaseId);
    if (lease === undefined) continue;
    const leftMs = lease.basisMs - (atMs - lease.keptAtMs);
    if (remainingMs < leftMs || remainingMs > leftMs + ROUNDED_MS) {
      return `${leaseId} has ${leftMs} ms left, but ${remainingMs} ms were noted`;
    }
  }
  return undefined;
}

function findNotRestored(leases: ObservedLeases, restored: TimesLeft): string | undefined {
  for (const { leaseId, remainingMs } of restored) {
    const lease = leases.live.get(leaseId);
    if (lease === undefined) continue;
    if (remainingMs < lease.notedMs || remainingMs > lease.notedMs + ROUNDED_MS) {
      return `${leaseId} went on with ${remainingMs} ms after a restart; ${lease.notedMs} ms had been noted`;
    }
  }
  return undefined;
}

function findUnsaved(leases: ObservedLeases, atMs: number, checkpointEveryMs: number): string | undefined {
  for (const [leaseId, lease] of leases.live) {
    const livedMs = atMs - lease.keptAtMs;
    const unsavedMs = lease.notedMs - (lease.basisMs - livedMs);
    if (lease.ttlMs > checkpointEveryMs && livedMs < lease.basisMs && unsavedMs > checkpointEveryMs + ROUNDED_MS) {
      return `${unsavedMs} ms of ${leaseId} were never noted; a restart would give it these again`;
    }
  }
  return undefined;
}

const LATE_MS = 1000;

/** After healing, a lease that nobody keeps alive has ended when its time was over. */
export function deadLeasesEnd(): Monitor {
  const leases = new ObservedLeases();
  return {
    watches: [...OF_LEASES],
    observe: (record) => leases.observe(record) as undefined,
    end(end: EndOfRun) {
      for (const [leaseId, { toldAtUs, basisMs }] of leases.live) {
        const overMs = end.simulatedMs - toldAtUs / 1000 - basisMs;
        if (overMs > LATE_MS) return `${leaseId} should have expired ${overMs} ms before the end`;
      }
      return undefined;
    },
  };
}
