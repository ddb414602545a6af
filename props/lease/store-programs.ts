import type { Program } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Coordinator } from '../../protocols/coordinator/index.js';
import { fencingSink, SINK_ACTOR } from './sink.js';
import { usersOfStore, type StoreUse } from './workload.js';

/** What each node of a cluster with a lease store is told. */
export type StoreNodeParams = StoreUse & {
  readonly members: readonly string[];
  /** Absent where the scenario knows it without being told. */
  readonly stores?: readonly string[];
  readonly coordinator: Plain;
};

/** The programs of a cluster whose members use a lease store, one node or several: `store`, `member`, and `sink` for what they write under their tokens. */
export function storePrograms(
  coordinator: Coordinator,
  theStores: readonly string[] = [],
): Readonly<Record<string, Program>> {
  return Object.freeze({
    store(node, params) {
      const { stores = theStores, members, coordinator: options } = params as StoreNodeParams;
      return coordinator.storeActors(node, { members, stores }, options);
    },
    member(node, params) {
      const { stores = theStores, members, coordinator: options, ...use } = params as StoreNodeParams;
      return [...coordinator.memberActors(node, { members, stores }, options), ...usersOfStore(node, members, use)];
    },
    sink: () => [{ name: SINK_ACTOR, definition: fencingSink, params: null }],
  });
}
