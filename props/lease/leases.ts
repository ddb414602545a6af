import type { ObservedRecord } from '../../runtime/observation.js';
import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { leaseObservation } from './observed-store.js';

interface LiveLease {
  readonly ttlMs: number;
  /** On the clock of the store's present life. */
  keptAtMs: number;
  /** In virtual time: not later than when the store took the last keep-alive that it told of. */
  toldAtUs: number;
}

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
          lease.toldAtUs = record.atUs;
        }
        break;
      case 'lease-granted':
        if (this.ended.has(observation.leaseId)) break;
        this.live.set(observation.leaseId, {
          ttlMs: observation.ttlMs,
          keptAtMs: observation.atMs,
          toldAtUs: record.atUs,
        });
        break;
      case 'lease-kept': {
        const lease = this.live.get(observation.leaseId);
        if (lease === undefined) break;
        lease.keptAtMs = observation.atMs;
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
        if (livedMs < lease.ttlMs)
          return `${leaseId} expired ${livedMs} ms after it was kept, before its ${lease.ttlMs} ms`;
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

const LATE_MS = 1000;

/** After healing, a lease that nobody keeps alive has ended when its time was over. */
export function deadLeasesEnd(): Monitor {
  const leases = new ObservedLeases();
  return {
    observe: (record) => leases.observe(record) as undefined,
    end(end: EndOfRun) {
      for (const [leaseId, { toldAtUs, ttlMs }] of leases.live) {
        const overMs = end.simulatedMs - toldAtUs / 1000 - ttlMs;
        if (overMs > LATE_MS) return `${leaseId} should have expired ${overMs} ms before the end`;
      }
      return undefined;
    },
  };
}
