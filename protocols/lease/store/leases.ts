import { t, type Infer } from '../../../runtime/schema.js';
import type { WatchEvent } from '../../coordinator/index.js';
import { failed, type Outcome, type StoreCommand } from './command.js';
import { commitEvents } from './history.js';
import type { Store } from './store.js';
import { deleteKey } from './transaction.js';

/**
 * What the owner of the clock notes of the time that leases have left, so that whoever takes the clock over goes on from there. It
 * answers no request, and changes no key.
 */
export const leaseCheckpointType = t.variants({
  'lease-checkpoint': { leases: t.array(t.object({ leaseId: t.string, remainingMs: t.int })) },
});
export type LeaseCheckpoint = Infer<typeof leaseCheckpointType>;

/** An entry of a store's log. */
export type StoreEntry = StoreCommand | LeaseCheckpoint;

/** Total, as all that is applied: a lease that has ended meanwhile is passed over, and none has more left than its time to live. */
export function checkpointLeases(store: Store, { leases }: LeaseCheckpoint): void {
  for (const { leaseId, remainingMs } of leases) {
    const lease = store.leases.get(leaseId);
    if (lease !== undefined) lease.remainingMs = Math.max(0, Math.min(remainingMs, lease.ttlMs));
  }
}

export function grantLease(store: Store, ttlMs: number, chosenId: string): Outcome {
  if (store.leases.size >= store.limits.maxLeases) {
    return failed('invalid', `${store.limits.maxLeases} leases live already; revoke some, or share one among keys`);
  }
  if (store.leases.has(chosenId)) {
    return failed(
      'lease-exists',
      `leaseId: "${chosenId}" is a lease that lives; choose another, or let the store draw one`,
    );
  }
  const leaseId = chosenId === '' ? drawLeaseId(store) : chosenId;
  store.leases.set(leaseId, { ttlMs, remainingMs: ttlMs, keys: new Set() });
  return { kind: 'lease-granted', leaseId, ttlMs };
}

/** An id that no lease was ever given by the store, and that none has which lives under an id of its client's choice. */
function drawLeaseId(store: Store): string {
  let leaseId: string;
  do {
    store.leasesGranted += 1;
    leaseId = `lease-${store.leasesGranted}`;
  } while (store.leases.has(leaseId));
  return leaseId;
}

/** Ends a lease and deletes the keys attached to it, in their order and in one revision. */
export function endLease(store: Store, leaseId: string): Outcome {
  const lease = store.leases.get(leaseId);
  if (lease === undefined) {
    return failed('lease-not-found', `leaseId: there is no lease "${leaseId}"; it has ended or never was`);
  }
  const events: WatchEvent[] = [];
  const revision = store.revision + 1;
  for (const key of [...lease.keys].sort()) deleteKey(store, key, revision, events);
  store.leases.delete(leaseId);
  commitEvents(store, events);
  return { kind: 'lease-ended', leaseId };
}
