import type { Lookout } from '../../sim/properties/property.js';
import { ObservedLogs, raftObservation } from './observed-log.js';

// What ought to happen in some run of a hunt, or the properties beside it would say nothing.

/** A second leader was elected. */
export function leaderChanged(): Lookout {
  let leaders = 0;
  return { observe: (record) => raftObservation(record)?.type === 'raft-became-leader' && ++leaders > 1 };
}

/** A member removed entries that conflicted with a later leader's. */
export function conflictTruncated(): Lookout {
  return { observe: (record) => raftObservation(record)?.type === 'raft-truncated' };
}

/** Two members stood in one term. */
export function voteSplit(): Lookout {
  const candidates = new Map<number, string>();
  return {
    observe(record) {
      const observation = raftObservation(record);
      if (observation?.type !== 'raft-became-candidate') return false;
      const other = candidates.get(observation.term);
      candidates.set(observation.term, record.node);
      return other !== undefined && other !== record.node;
    },
  };
}

/** A term ended without a leader: somebody stood in a later one. */
export function termWithoutLeader(): Lookout {
  const led = new Set<number>();
  let candidateTerm = 0;
  return {
    observe(record) {
      const observation = raftObservation(record);
      if (observation?.type === 'raft-became-leader') led.add(observation.term);
      if (observation?.type !== 'raft-became-candidate' || observation.term <= candidateTerm) return false;
      const before = candidateTerm;
      candidateTerm = observation.term;
      return before > 0 && !led.has(before);
    },
  };
}

/** A member asked for pre-votes and followed again without raising its term. */
export function preVoteSparedTerm(): Lookout {
  return {
    observe(record) {
      const observation = raftObservation(record);
      return observation?.type === 'raft-became-follower' && observation.from === 'pre-candidate';
    },
  };
}

/** A leader handed its leadership to another member. */
export function leadershipTransferred(): Lookout {
  return { observe: ({ observation }) => observation.type === 'client-transferred' };
}

/** A leader crashed before entries of its log were committed. */
export function leaderCrashedWithUncommitted(): Lookout {
  const logs = new ObservedLogs();
  const leading = new Map<string, number>();
  return {
    observe(record) {
      const { node } = record;
      if (record.observation.type === 'node-crashed') {
        const commit = leading.get(node);
        return commit !== undefined && logs.of(node).terms.length - 1 > commit;
      }
      const observation = raftObservation(record);
      if (observation === undefined) return false;
      logs.observe(node, observation);
      if (observation.type === 'raft-became-leader') leading.set(node, 0);
      else if (observation.type === 'raft-committed' && leading.has(node)) leading.set(node, observation.index);
      else if (observation.type === 'raft-became-follower' || observation.type === 'raft-recovered')
        leading.delete(node);
      return false;
    },
  };
}

/** A leader committed an entry of an earlier term along with one of its own (§5.4.2). */
export function earlierTermCommittedIndirectly(): Lookout {
  const logs = new ObservedLogs();
  const commits = new Map<string, number>();
  const leading = new Map<string, number>();
  return {
    observe(record) {
      const observation = raftObservation(record);
      if (observation === undefined) return false;
      const { node } = record;
      logs.observe(node, observation);
      if (observation.type === 'raft-became-leader') leading.set(node, observation.term);
      if (observation.type === 'raft-became-follower' || observation.type === 'raft-recovered') leading.delete(node);
      if (observation.type === 'raft-recovered') commits.delete(node);
      if (observation.type !== 'raft-committed') return false;
      const from = commits.get(node) ?? 0;
      commits.set(node, observation.index);
      if (leading.get(node) !== observation.term) return false;
      const { terms } = logs.of(node);
      // Entries with requestId '' are no-ops; a second entry of an earlier term is a client's.
      return terms.slice(from + 1, observation.index).some((term) => term > 0 && term < observation.term);
    },
  };
}

/** A member came back from a crash with entries in its log. */
export function logRecovered(): Lookout {
  return {
    observe(record) {
      const observation = raftObservation(record);
      return observation?.type === 'raft-recovered' && observation.lastIndex > 0;
    },
  };
}

/** A client repeated a request. */
export function requestRepeated(): Lookout {
  return {
    observe: ({ observation }) => observation.type === 'client-completed' && Number(observation['attempts']) > 1,
  };
}

/** Messages came twice. */
export function messagesDuplicated(): Lookout {
  return { end: ({ faults }) => (faults['duplicate'] ?? 0) > 0 };
}

/** A leader stepped down alive. */
export function leaderSteppedDown(): Lookout {
  return {
    observe(record) {
      const observation = raftObservation(record);
      return observation?.type === 'raft-became-follower' && observation.from === 'leader';
    },
  };
}

/** A follower got a snapshot in place of entries that its leader no longer had. */
export function snapshotInstalled(): Lookout {
  return { observe: (record) => raftObservation(record)?.type === 'raft-snapshot-installed' };
}
