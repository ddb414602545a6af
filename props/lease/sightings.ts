import type { Lookout } from '../../sim/properties/property.js';
import type { LeaseObservation } from '../../protocols/lease/index.js';
import { leaseObservation, ObservedStore, OF_STORE } from './observed-store.js';
import type { RangeObservation } from './range-watcher.js';

// What ought to happen in some run of a hunt, or the properties beside it would say nothing.

function onceTold(type: LeaseObservation['type']): () => Lookout {
  return () => ({ observe: (record) => leaseObservation(record)?.type === type });
}

export const leaseExpired = onceTold('lease-expired');
export const leaseRevoked = onceTold('lease-revoked');
export const requestRepeated = onceTold('request-repeated');
export const requestGivenUp = onceTold('request-given-up');
export const snapshotTaken = onceTold('store-snapshot');

/** A store that started found a lease of which a part had passed. */
export function leaseTimeRestored(): Lookout {
  const ttlMs = new Map<string, number>();
  return {
    watches: ['lease-granted', 'lease-times-restored'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'lease-granted') ttlMs.set(observation.leaseId, observation.ttlMs);
      if (observation?.type !== 'lease-times-restored') return false;
      return observation.leases.some(({ leaseId, remainingMs }) => remainingMs < (ttlMs.get(leaseId) ?? 0));
    },
  };
}

type Observed = NonNullable<ReturnType<typeof leaseObservation>>;

/** What has this key was observed on one node, and then on another. */
export function onAnotherNode<T extends Observed['type']>(
  type: T,
  keyOf: (observation: Extract<Observed, { readonly type: T }>) => string,
): () => Lookout {
  return () => {
    const nodes = new Map<string, string>();
    return {
      watches: [type],
      observe(record) {
        const observation = leaseObservation(record);
        if (observation?.type !== type) return false;
        const key = keyOf(observation as Extract<Observed, { readonly type: T }>);
        const before = nodes.get(key);
        nodes.set(key, record.node);
        return before !== undefined && before !== record.node;
      },
    };
  };
}

/** Another member than before won the election. */
export const holderChanged = onAnotherNode('elected', ({ election }) => election);

/** A holder was paused until its lease had ended, wrote when it went on, and was refused. */
export function lateWriteRefused(): Lookout {
  const holding = new Map<string, number>();
  const paused = new Map<string, number>();
  return {
    watches: ['lock-held', 'node-paused', 'lock-released', 'sink-refused'],
    observe({ node, observation }) {
      const token = Number(observation['token']);
      if (observation.type === 'lock-held') holding.set(node, token);
      else if (observation.type === 'node-paused') paused.set(node, holding.get(node) ?? 0);
      else if (observation.type === 'lock-released') holding.delete(node);
      else if (observation.type === 'sink-refused') return paused.get(String(observation['worker'])) === token;
      return false;
    },
  };
}

/** A write reached the sink after a later holder's, and was refused there. */
export function slowWriteRefused(): Lookout {
  return { watches: ['sink-refused'], observe: () => true };
}

/** The store lost its memory while something was on its way to the disk: a torn tail, or a revision that nobody had been told of. */
export function crashedWithUnsyncedWrites(): Lookout {
  const store = new ObservedStore();
  const stores = new Set<string>();
  return {
    watches: [...OF_STORE, 'store-opened', 'node-started'],
    observe(record) {
      const observation = leaseObservation(record);
      const before = store.revision;
      store.observe(record);
      if (observation?.type === 'store-opened') stores.add(record.node);
      if (observation?.type === 'revision-made' && observation.recovered) return store.revision > before;
      const { observation: own } = record;
      return own.type === 'node-started' && stores.has(record.node) && Number(own['tornBytes']) > 0;
    },
  };
}

/** A watch that had been given something was resumed at a store that did not know it at that place. */
export function watchResumed(): Lookout {
  const seen = new Set<string>();
  return {
    watches: ['watch-resumed'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type !== 'watch-resumed') return false;
      const watch = `${observation.session}/${observation.watchId}`;
      if (seen.has(watch)) return true;
      seen.add(watch);
      return false;
    },
  };
}

/** A client was told how far its watch is complete. */
export function progressTold(): Lookout {
  return { watches: ['range-progress'], observe: () => true };
}

/** A client was told what a key had been before it was changed. */
export function previousTold(): Lookout {
  return {
    watches: ['range-given'],
    observe({ observation }) {
      const given = observation as unknown as RangeObservation;
      return given.type === 'range-given' && given.events.some(({ before }) => before > 0);
    },
  };
}

/** A revision was put together from fragments. */
export function revisionFragmented(): Lookout {
  return {
    watches: ['watch-delivered'],
    observe(record) {
      const observation = leaseObservation(record);
      return observation?.type === 'watch-delivered' && observation.fragments === true;
    },
  };
}

/** A watch asked for what had been compacted. */
export function watchCompacted(): Lookout {
  return {
    watches: ['watch-ended'],
    observe(record) {
      const observation = leaseObservation(record);
      return observation?.type === 'watch-ended' && observation.error === 'compacted';
    },
  };
}

/** A member lost its session by its own clock, or was told that it is gone. */
export function sessionLost(): Lookout {
  return { watches: ['session-lost'], observe: () => true };
}

/** A transaction was refused because the election had moved on. */
export function guardedWriteRefused(): Lookout {
  return { watches: ['guarded-write-refused'], observe: () => true };
}

/** A put was refused because its lease had ended. */
export function putRefusedWithoutLease(): Lookout {
  return {
    watches: ['txn-applied'],
    observe(record) {
      const observation = leaseObservation(record);
      return observation?.type === 'txn-applied' && observation.error === 'lease-not-found';
    },
  };
}

/** Who observes the lock was told what its holder proclaimed. */
export function proclamationObserved(): Lookout {
  return {
    watches: ['leader-watched'],
    observe: ({ observation }) => observation.type === 'leader-watched' && observation['proclaims'] === true,
  };
}

/** A holder that had lost the lock without knowing it proclaimed in vain. */
export function proclamationRefused(): Lookout {
  return { watches: ['lock-proclaim-refused'], observe: () => true };
}

export function tryLockRefused(): Lookout {
  return { watches: ['lock-tried'], observe: ({ observation }) => observation['got'] === false };
}

export function tryLockGranted(): Lookout {
  return { watches: ['lock-tried'], observe: ({ observation }) => observation['got'] === true };
}
