import type { Lookout, Monitor } from '../../sim/properties/property.js';
import { leaseObservation, ObservedStore, OF_STORE } from './observed-store.js';
import { TREE_PAIR, TREE_PREFIX, type TreeObservation } from './tree-client.js';

type TreeRead = Extract<TreeObservation, { type: 'tree-read' }>;

/**
 * A range read as of a revision is what the store's history says that it was then: in its order, cut where it was to be cut, with the number of all.
 * A revision that anybody was told of is not yet to come; one before a compaction that was told cannot be read.
 */
export function pastReadTruly(): Monitor {
  const store = new ObservedStore();
  const askedAfter = new Map<string, number>();
  let compacted = 0;
  return {
    watches: [...OF_STORE, 'history-compacted', 'tree-read-asked', 'tree-refused', 'tree-read'],
    observe(record) {
      store.observe(record);
      const observation = leaseObservation(record);
      if (observation?.type === 'history-compacted') compacted = Math.max(compacted, observation.revision);
      const tree = record.observation as unknown as TreeObservation;
      if (tree.type === 'tree-read-asked') askedAfter.set(tree.id, compacted);
      if (tree.type === 'tree-refused' && tree.error !== 'compacted') {
        return `a read as of revision ${tree.revision}, which had been told, was refused with "${tree.error}"`;
      }
      if (tree.type !== 'tree-read') return undefined;
      const before = askedAfter.get(tree.id) ?? 0;
      if (tree.revision > 0 && tree.revision < before) {
        return `a read as of revision ${tree.revision} was answered after compaction up to ${before}`;
      }
      return findMisread(store, tree);
    },
  };
}

function findMisread(store: ObservedStore, read: TreeRead): string | undefined {
  const revision = read.revision === 0 ? read.at : read.revision;
  const all = store
    .keysUnder(TREE_PREFIX)
    .map((key) => ({ key, modRevision: store.lastChange(key, revision) }))
    .filter(({ modRevision }) => modRevision > 0);
  if (read.newestFirst) all.sort((left, right) => right.modRevision - left.modRevision);
  const cut = read.limit > 0 ? all.slice(0, read.limit) : all;
  const expected = JSON.stringify({ found: cut, more: cut.length < all.length, count: all.length });
  const { found, more, count } = read;
  const got = JSON.stringify({ found: found.map(({ key, modRevision }) => ({ key, modRevision })), more, count });
  return got === expected ? undefined : `the tree as of revision ${revision} was read as ${got}; it was ${expected}`;
}

/** What one transaction changes is of one revision, all of it. */
export function transactionsAtomic(): Monitor {
  const [left, right] = TREE_PAIR;
  return {
    watches: ['revision-made'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type !== 'revision-made') return undefined;
      const hasLeft = observation.events.some(({ key }) => key === left);
      const hasRight = observation.events.some(({ key }) => key === right);
      return hasLeft === hasRight
        ? undefined
        : `revision ${observation.revision} changed ${hasLeft ? left : right} without its pair`;
    },
  };
}

/** A range was read as of a revision that the store had left behind. */
export function pastRead(): Lookout {
  return {
    watches: ['tree-read'],
    observe({ observation }) {
      const tree = observation as unknown as TreeObservation;
      return tree.type === 'tree-read' && tree.revision > 0 && tree.revision < tree.at && tree.found.length > 0;
    },
  };
}

/** A read was refused because what it asked for had been compacted. */
export function pastReadRefused(): Lookout {
  return { observe: ({ observation }) => observation.type === 'tree-refused' };
}
