import type { Lookout, Shared } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/scenario.js';
import { ObservedLeaders, ObservedLogs, raftObservation, watching } from './observed-log.js';

// What ought to happen in some run of a hunt, or the properties beside it would say nothing.

/** A second leader was elected. */
export function leaderChanged(): Lookout {
  let leaders = 0;
  return watching(['raft-became-leader'], () => ++leaders > 1);
}

/** A member removed entries that conflicted with a later leader's. */
export function conflictTruncated(): Lookout {
  return watching(['raft-truncated'], () => true);
}

/** Two members stood in one term. */
export function voteSplit(): Lookout {
  const candidates = new Map<number, string>();
  return watching(['raft-became-candidate'], (observation, record) => {
    const other = candidates.get(observation.term);
    candidates.set(observation.term, record.node);
    return other !== undefined && other !== record.node;
  });
}

/** A term ended without a leader: somebody stood in a later one. */
export function termWithoutLeader(): Lookout {
  const led = new Set<number>();
  let candidateTerm = 0;
  return watching(['raft-became-leader', 'raft-became-candidate'], (observation) => {
    if (observation.type === 'raft-became-leader') led.add(observation.term);
    if (observation.type !== 'raft-became-candidate' || observation.term <= candidateTerm) return false;
    const before = candidateTerm;
    candidateTerm = observation.term;
    return before > 0 && !led.has(before);
  });
}

/** A member asked for pre-votes and followed again without raising its term. */
export function preVoteSparedTerm(): Lookout {
  return watching(['raft-became-follower'], ({ from }) => from === 'pre-candidate');
}

/** A leader handed its leadership to another member. */
export function leadershipTransferred(): Lookout {
  return { watches: ['client-transferred'], observe: () => true };
}

/** A leader crashed before entries of its log were committed. */
export function leaderCrashedWithUncommitted(_setup: Setup, shared: Shared): Lookout {
  const logs = shared.the(ObservedLogs);
  const leaders = shared.the(ObservedLeaders);
  /** By leader: up to where it knows its log as committed since it leads. */
  const commits = new Map<string, number>();
  return {
    watches: ['raft-became-leader', 'raft-committed', 'node-crashed'],
    observe(record) {
      const { node } = record;
      const observation = raftObservation(record);
      if (observation === undefined) {
        return leaders.termOf(node) !== undefined && logs.of(node).terms.length - 1 > (commits.get(node) ?? 0);
      }
      if (observation.type === 'raft-became-leader') commits.set(node, 0);
      else if (observation.type === 'raft-committed') commits.set(node, observation.index);
      return false;
    },
  };
}

/** A leader committed an entry of an earlier term along with one of its own (§5.4.2). */
export function earlierTermCommittedIndirectly(_setup: Setup, shared: Shared): Lookout {
  const logs = shared.the(ObservedLogs);
  const commits = new Map<string, number>();
  const leaders = shared.the(ObservedLeaders);
  return watching(['raft-recovered', 'raft-committed'], (observation, { node }) => {
    if (observation.type === 'raft-recovered') {
      commits.delete(node);
      return false;
    }
    const from = commits.get(node) ?? 0;
    commits.set(node, observation.index);
    if (leaders.termOf(node) !== observation.term) return false;
    const { terms } = logs.of(node);
    // Entries with requestId '' are no-ops; a second entry of an earlier term is a client's.
    return terms.slice(from + 1, observation.index).some((term) => term > 0 && term < observation.term);
  });
}

/** A member came back from a crash with entries in its log. */
export function logRecovered(): Lookout {
  return watching(['raft-recovered'], ({ lastIndex }) => lastIndex > 0);
}

/** A client repeated a request. */
export function requestRepeated(): Lookout {
  return {
    watches: ['client-completed'],
    observe: ({ observation }) => Number(observation['attempts']) > 1,
  };
}

/** A client learned that its session had ended. */
export function sessionExpired(): Lookout {
  return { watches: ['client-session-expired'], observe: () => true };
}

/** A member learned that it had lost its disk. */
export function diskDisowned(): Lookout {
  return watching(['raft-disk-disowned'], () => true);
}

/** Messages came twice. */
export function messagesDuplicated(): Lookout {
  return { end: ({ faults }) => (faults['duplicate'] ?? 0) > 0 };
}

/** A leader stepped down alive. */
export function leaderSteppedDown(): Lookout {
  return watching(['raft-became-follower'], ({ from }) => from === 'leader');
}

/** A follower got a snapshot in place of entries that its leader no longer had. */
export function snapshotInstalled(): Lookout {
  return watching(['raft-snapshot-installed'], () => true);
}
