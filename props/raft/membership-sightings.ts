import type { RaftConfigured } from '../../protocols/raft/index.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Lookout } from '../../sim/properties/property.js';
import { raftObservation } from './observed-log.js';

// What ought to happen in some run in which the group changes.

/** Looks at each configuration of a member together with the one that it had before in the same life. */
function betweenConfigurations(
  isSeen: (before: RaftConfigured, after: RaftConfigured, leads: boolean) => boolean,
): Lookout {
  const inForce = new Map<string, RaftConfigured>();
  const leading = new Set<string>();
  const observe = (record: ObservedRecord): boolean => {
    const observation = raftObservation(record);
    const { node } = record;
    if (observation?.type === 'raft-became-leader') leading.add(node);
    if (observation?.type === 'raft-became-follower') leading.delete(node);
    if (observation?.type === 'raft-recovered') {
      leading.delete(node);
      inForce.delete(node);
    }
    if (observation?.type !== 'raft-configured') return false;
    const before = inForce.get(node);
    inForce.set(node, observation);
    return before !== undefined && isSeen(before, observation, leading.has(node));
  };
  return { observe };
}

export function voterAdded(): Lookout {
  return betweenConfigurations((before, after) => after.voters.some((voter) => !before.voters.includes(voter)));
}

export function voterRemoved(): Lookout {
  return betweenConfigurations((before, after) => before.voters.some((voter) => !after.voters.includes(voter)));
}

export function learnerPromoted(): Lookout {
  return betweenConfigurations((before, after) => before.learners.some((node) => after.voters.includes(node)));
}

export function configurationWasJoint(): Lookout {
  return betweenConfigurations((_before, after) => after.outgoing.length > 0);
}

/** A leader led a change that ended its own vote. */
export function leaderRemoved(): Lookout {
  let node = '';
  const removed = betweenConfigurations(
    (_before, after, leads) => leads && !after.voters.includes(node) && !after.outgoing.includes(node),
  );
  return {
    observe(record) {
      node = record.node;
      return removed.observe?.(record) === true;
    },
  };
}

/** The entry of a configuration was removed from a log, and the one before came into force again. */
export function configurationTakenBack(): Lookout {
  return betweenConfigurations((before, after) => after.index < before.index);
}
