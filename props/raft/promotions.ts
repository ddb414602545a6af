import type { Monitor, Shared } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/scenario.js';
import type { RaftObservation } from '../../protocols/raft/index.js';
import { ObservedLeaders, watching } from './observed-log.js';

const PROMOTION_MIN_PERCENT = 90;

/** etcd's rule, as the README of raft states it: a leader promotes a learner only when that holds nine tenths of the leader's log. */
export function promotedHadCaughtUp(_setup: Setup, shared: Shared): Monitor {
  /** By member the last index that it ever held durably. */
  const ends = new Map<string, number>();
  const learnersAt = new Map<string, readonly string[]>();
  const leaders = shared.the(ObservedLeaders);
  return watching(
    ['raft-recovered', 'raft-appended', 'raft-snapshot-installed', 'raft-configured'],
    (observation, record) => {
      const { node } = record;
      const end = endOf(observation);
      if (end > (ends.get(node) ?? 0)) ends.set(node, end);
      if (observation.type !== 'raft-configured') return undefined;
      const { index, voters, learners } = observation;
      const before = learnersAt.get(node) ?? [];
      learnersAt.set(node, learners);
      if (leaders.termOf(node) === undefined) return undefined;
      const promoted = voters.filter((voter) => before.includes(voter));
      const lagging = promoted.find((voter) => 100 * (ends.get(voter) ?? 0) < PROMOTION_MIN_PERCENT * (index - 1));
      if (lagging === undefined) return undefined;
      return `${node} promoted ${lagging}, which holds the log up to ${ends.get(lagging) ?? 0}, at entry ${index}`;
    },
  );
}

function endOf(observation: RaftObservation): number {
  switch (observation.type) {
    case 'raft-appended':
      return observation.fromIndex + observation.terms.length - 1;
    case 'raft-recovered':
      return observation.lastIndex;
    case 'raft-snapshot-installed':
      return observation.index;
    default:
      return 0;
  }
}
