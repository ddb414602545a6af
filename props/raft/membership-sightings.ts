import type { RaftConfigured } from '../../protocols/raft/index.js';
import type { Lookout, Shared } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/scenario.js';
import { ObservedLeaders, watching } from './observed-log.js';

// What ought to happen in some run in which the group changes.

/** Looks at each configuration of a member together with the one that it had before in the same life; `leader` is the member if it leads. */
function betweenConfigurations(
  shared: Shared,
  isSeen: (before: RaftConfigured, after: RaftConfigured, leader: string | undefined) => boolean,
): Lookout {
  const inForce = new Map<string, RaftConfigured>();
  const leaders = shared.the(ObservedLeaders);
  return watching(['raft-recovered', 'raft-configured'], (observation, { node }) => {
    if (observation.type === 'raft-recovered') {
      inForce.delete(node);
      return false;
    }
    const before = inForce.get(node);
    inForce.set(node, observation);
    return before !== undefined && isSeen(before, observation, leaders.termOf(node) !== undefined ? node : undefined);
  });
}

export function voterAdded(_setup: Setup, shared: Shared): Lookout {
  return betweenConfigurations(shared, (before, after) => after.voters.some((voter) => !before.voters.includes(voter)));
}

export function voterRemoved(_setup: Setup, shared: Shared): Lookout {
  return betweenConfigurations(shared, (before, after) => before.voters.some((voter) => !after.voters.includes(voter)));
}

export function learnerPromoted(_setup: Setup, shared: Shared): Lookout {
  return betweenConfigurations(shared, (before, after) => before.learners.some((node) => after.voters.includes(node)));
}

export function configurationWasJoint(_setup: Setup, shared: Shared): Lookout {
  return betweenConfigurations(shared, (_before, after) => after.outgoing.length > 0);
}

/** A leader led a change that ended its own vote. */
export function leaderRemoved(_setup: Setup, shared: Shared): Lookout {
  return betweenConfigurations(
    shared,
    (_before, { voters, outgoing }, leader) =>
      leader !== undefined && !voters.includes(leader) && !outgoing.includes(leader),
  );
}

/** The entry of a configuration was removed from a log, and the one before came into force again. */
export function configurationTakenBack(_setup: Setup, shared: Shared): Lookout {
  return betweenConfigurations(shared, (before, after) => after.index < before.index);
}
