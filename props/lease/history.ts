import type { Monitor } from '../../sim/properties/property.js';
import { tokenOfGuarded } from './lock-worker.js';
import { leaseObservation, ObservedStore, OF_STORE } from './observed-store.js';

/** Revisions grow by one; none is made twice, none that was told is lost or changed by a crash. */
export function revisionsMonotone(): Monitor {
  const store = new ObservedStore();
  return {
    watches: [...OF_STORE, 'store-opened'],
    observe(record) {
      const fault = store.observe(record);
      if (fault !== undefined) return fault;
      const observation = leaseObservation(record);
      if (observation?.type !== 'store-opened' || observation.revision >= store.revision) return undefined;
      return `the store opened at revision ${observation.revision}, but had told of ${store.revision}`;
    },
  };
}

/** A transaction takes effect at most once for its requestId, and answers to it are of that one effect. */
export function transactionsOnce(): Monitor {
  const applied = new Map<string, number>();
  const changed = new Map<string, number>();
  return {
    watches: ['revision-made', 'txn-applied'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'revision-made') {
        const { cause, revision } = observation;
        const before = changed.get(cause) ?? revision;
        changed.set(cause, revision);
        if (before !== revision) return `"${cause}" took effect twice: in revisions ${before} and ${revision}`;
      }
      if (observation?.type === 'txn-applied') {
        const { requestId, recovered, logIndex = 0 } = observation;
        const first = applied.get(requestId);
        if (first === undefined) applied.set(requestId, logIndex);
        // On one node an entry is found again by a restart only, in a replicated log by every replica.
        else if (first !== logIndex || (logIndex === 0 && !recovered)) {
          return `transaction "${requestId}" was applied twice`;
        }
      }
      return undefined;
    },
  };
}

/** What a client was told of its transaction is what the store did, also after the store has crashed. */
export function acknowledgedSurvives(): Monitor {
  const applied = new Map<string, { revision: number; succeeded: boolean }>();
  let openedAt = 0;
  let told = 0;
  return {
    watches: ['txn-applied', 'txn-acknowledged', 'store-opened'],
    observe(record) {
      const observation = leaseObservation(record);
      switch (observation?.type) {
        case 'txn-applied':
          applied.set(observation.requestId, observation);
          return undefined;
        case 'txn-acknowledged': {
          const { requestId, revision, succeeded } = observation;
          told = Math.max(told, revision);
          const effect = applied.get(requestId);
          if (effect === undefined) return `"${requestId}" was acknowledged, but the store never told of it`;
          const isSame = effect.revision === revision && effect.succeeded === succeeded;
          return isSame
            ? undefined
            : `"${requestId}" was acknowledged at ${revision}, but applied at ${effect.revision}`;
        }
        case 'store-opened':
          openedAt = observation.revision;
          return openedAt < told ? `revision ${told} was acknowledged, but the store opened at ${openedAt}` : undefined;
        default:
          return undefined;
      }
    },
  };
}

/** A read reflects everything that anybody had been told before it was asked, and nothing but what the store made. */
export function readsLinearizable(): Monitor {
  const store = new ObservedStore();
  const asked = new Map<string, { key: string; told: number }>();
  let told = 0;
  return {
    watches: [...OF_STORE, 'txn-acknowledged', 'read-asked', 'read-answered'],
    observe(record) {
      store.observe(record);
      const observation = leaseObservation(record);
      if (observation?.type === 'txn-acknowledged') told = Math.max(told, observation.revision);
      const { type } = record.observation;
      const id = `${record.node} ${String(record.observation['id'])}`;
      if (type === 'read-asked') asked.set(id, { key: String(record.observation['key']), told });
      if (type !== 'read-answered') return undefined;
      const revision = Number(record.observation['revision']);
      const question = asked.get(id);
      if (question === undefined) return `read ${id} was answered, but never asked`;
      if (revision < question.told) {
        return `read ${id} saw revision ${revision}, but ${question.told} had been acknowledged before it was asked`;
      }
      told = Math.max(told, revision);
      const expected = store.lastChange(question.key, revision);
      const got = Number(record.observation['modRevision']);
      return got === expected
        ? undefined
        : `read ${id} at ${revision} saw ${question.key} as of ${got}; it was last changed at ${expected}`;
    },
  };
}

/** Writes that carry a fencing token take effect in the order of the tokens, in the store and at the sink. */
export function olderTokensRefused(): Monitor {
  let highestInStore = 0;
  let highestAtSink = 0;
  let known = 0;
  return {
    watches: ['revision-made', 'sink-took'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'revision-made' && observation.revision > known) {
        known = observation.revision;
        const token = tokenOfGuarded(observation.cause) ?? highestInStore;
        if (token < highestInStore) return `a write of token ${token} took effect after one of token ${highestInStore}`;
        highestInStore = token;
      }
      if (record.observation.type === 'sink-took') {
        const token = Number(record.observation['token']);
        if (token < highestAtSink) return `the sink took token ${token} after token ${highestAtSink}`;
        highestAtSink = token;
      }
      return undefined;
    },
  };
}
