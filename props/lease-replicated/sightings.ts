import type { Lookout } from '../../sim/properties/property.js';
import { onAnotherNode } from '../lease/index.js';
import { leaseObservation } from '../lease/observed-store.js';

// What ought to happen in some run of a hunt, or the properties beside it would say nothing.

/** Another server than before became primary while leases lived. */
export function primaryChanged(): Lookout {
  let before = '';
  return {
    watches: ['primary-promoted'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type !== 'primary-promoted') return false;
      const isOther = before !== '' && before !== record.node;
      before = record.node;
      return isOther && observation.leases.length > 0;
    },
  };
}

/** A lease was kept alive by one primary, and then by another. */
export const leaseSurvivedChange = onAnotherNode('lease-kept-alive', ({ leaseId }) => leaseId);

/** A primary took a lease over of which a part had passed. */
export function checkpointUsed(): Lookout {
  const ttlMs = new Map<string, number>();
  return {
    watches: ['lease-granted', 'primary-promoted'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'lease-granted') ttlMs.set(observation.leaseId, observation.ttlMs);
      if (observation?.type !== 'primary-promoted') return false;
      const { extendedMs, leases } = observation;
      return leases.some(({ leaseId, remainingMs }) => remainingMs - extendedMs < (ttlMs.get(leaseId) ?? 0));
    },
  };
}

/** A watch that another server had served went on at this one. */
export const watchResumedElsewhere = onAnotherNode('watch-resumed', ({ session, watchId }) => `${session}/${watchId}`);

/** A server came to where it is by the leader's snapshot. */
export function snapshotInstalled(): Lookout {
  return { watches: ['raft-snapshot-installed'], observe: () => true };
}
