import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { stateHash, type Store } from '../../protocols/lease/index.js';
import { RAFT_ACTOR, type RaftState } from '../../protocols/raft/index.js';
import { leaseObservation } from '../lease/observed-store.js';

/** Replicas that have applied the same entries are the same, to the last bit. */
export function replicasAreEqual(): Monitor {
  return {
    end(end: EndOfRun) {
      const first = new Map<number, { readonly node: string; readonly hash: string }>();
      for (const node of end.nodes) {
        const raft = end.state(node, RAFT_ACTOR) as RaftState | undefined;
        if (raft === undefined) continue;
        const hash = stateHash(raft.replica.machine as Store);
        const other = first.get(raft.applied);
        if (other === undefined) first.set(raft.applied, { node, hash });
        else if (other.hash !== hash)
          return `${other.node} and ${node} have applied ${raft.applied} entries and differ`;
      }
      return undefined;
    },
  };
}

/** After healing every server has what anybody was told of. */
export function replicasCatchUp(): Monitor {
  let told = 0;
  return {
    watches: ['txn-acknowledged'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'txn-acknowledged') told = Math.max(told, observation.revision);
      return undefined;
    },
    end(end: EndOfRun) {
      for (const node of end.core) {
        const raft = end.state(node, RAFT_ACTOR) as RaftState | undefined;
        if (raft === undefined) continue;
        const { revision } = raft.replica.machine as Store;
        // A heartbeat may be needed to tell it of the last.
        if (revision < told - LAG_MAX) return `${node} is at revision ${revision}, but ${told} was acknowledged`;
      }
      return undefined;
    },
  };
}

const LAG_MAX = 50;
