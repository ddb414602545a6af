import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { isVoter, membersOf, RAFT_ACTOR, type Configuration, type RaftState } from '../../protocols/raft/index.js';
import type { Journal } from './journal.js';

/** Ids of the workload that are proposed after healing begin so. */
export const PROBE = 'probe';

const OF_OPERATIONS = Object.freeze(['client-invoked', 'client-completed', 'client-abandoned']);

export function journals(end: EndOfRun): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const node of end.core) {
    const state = end.state(node, RAFT_ACTOR) as RaftState | undefined;
    if (state !== undefined) found.set(node, (state.replica.machine as Journal).ids);
  }
  return found;
}

/** Ids that a client was told are in the journal. */
class Acknowledged {
  readonly ids = new Set<string>();

  observe(observation: { readonly type: string; readonly [field: string]: unknown }): void {
    if (observation.type === 'client-completed' && observation['kind'] === 'append') {
      this.ids.add(String(observation['id']));
    }
  }
}

/** What a client was told is done stays done: the member that has applied most has it. */
export function acknowledgedSurvives(): Monitor {
  const acknowledged = new Acknowledged();
  return {
    watches: ['client-completed'],
    observe({ observation }) {
      acknowledged.observe(observation);
      return undefined;
    },
    end(end) {
      let longest: readonly string[] = [];
      for (const ids of journals(end).values()) if (ids.length > longest.length) longest = ids;
      const present = new Set(longest);
      for (const id of acknowledged.ids) if (!present.has(id)) return `${id} was acknowledged and is lost`;
      return undefined;
    },
  };
}

function statesOf(end: EndOfRun): { readonly node: string; readonly state: RaftState }[] {
  return end.core.flatMap((node) => {
    const state = end.state(node, RAFT_ACTOR) as RaftState | undefined;
    return state === undefined ? [] : [{ node, state }];
  });
}

/** The configuration of whoever has committed most. */
function finalConfiguration(end: EndOfRun): Configuration {
  const states = statesOf(end).map(({ state }) => state);
  const [first, ...others] = states;
  if (first === undefined) return { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  return others.reduce((most, state) => (state.commit > most.commit ? state : most), first).configuration;
}

/** After healing: everything acknowledged is on every member of the core. */
export function coreConverges(): Monitor {
  const acknowledged = new Acknowledged();
  return {
    watches: ['client-completed'],
    observe({ observation }) {
      acknowledged.observe(observation);
      return undefined;
    },
    end(end) {
      const found = journals(end);
      const members = membersOf(finalConfiguration(end));
      for (const node of end.core) {
        if (!members.includes(node)) continue;
        const ids = new Set(found.get(node));
        for (const id of acknowledged.ids) if (!ids.has(id)) return `${node} lacks ${id} at the end`;
      }
      return undefined;
    },
  };
}

/**
 * After healing: every operation that a client began is completed, those proposed after healing included, or given up because its session
 * has ended and nobody can tell whether it happened.
 */
export function operationsComplete(): Monitor {
  const open = new Set<string>();
  return {
    watches: OF_OPERATIONS,
    observe({ observation }) {
      if (observation.type === 'client-invoked') open.add(String(observation['id']));
      if (observation.type === 'client-completed' || observation.type === 'client-abandoned') {
        open.delete(String(observation['id']));
      }
      return undefined;
    },
    end() {
      for (const id of open) return `${id} and ${open.size - 1} other operations were never completed`;
      return undefined;
    },
  };
}

/** The workload goes on after healing, or `operationsComplete` would not show that anything works again. */
export function askedAfterHealing(): Monitor {
  return {
    watches: [],
    observe: () => undefined,
    end: ({ setup }) =>
      setup.workload.some(({ message }) => String(message['id']).startsWith(PROBE))
        ? undefined
        : 'the workload has no operation after healing',
  };
}

/** After healing: every change of the group that was asked for is done, or was refused as one that makes no sense. */
export function changesComplete(): Monitor {
  const open = new Set<string>();
  return {
    watches: ['change-invoked', 'change-completed'],
    observe({ observation }) {
      if (observation.type === 'change-invoked') open.add(String(observation['id']));
      if (observation.type === 'change-completed') open.delete(String(observation['id']));
      return undefined;
    },
    end(end) {
      const { autoLeave, voters } = finalConfiguration(end);
      if (autoLeave) return `the joint configuration of ${voters.join(', ')} has not ended by itself`;
      for (const id of open) return `change ${id} and ${open.size - 1} others were never completed`;
      return undefined;
    },
  };
}

/** So many of the greatest time-outs an election takes at most where nothing stands in its way. */
const ELECTION_TIMEOUTS = 2;

/**
 * After healing: one voter of the core leads, and its term is the highest. What was sent long before may arrive just before the end and rightly make
 * somebody else lead, who is not elected yet: a change of the group, or a word to hand over.
 */
export function oneLeads(): Monitor {
  let newest = 0;
  let configuredMs = 0;
  return {
    watches: ['raft-configured'],
    observe({ observation, atUs }) {
      const index = Number(observation['index']);
      // Others are told of again, at a start or with a snapshot.
      if (index > newest) [newest, configuredMs] = [index, atUs / 1000];
      return undefined;
    },
    end(end) {
      const configuration = finalConfiguration(end);
      const voters = statesOf(end).filter(({ node }) => isVoter(configuration, node));
      const states = voters.map(({ state }) => state);
      const highest = Math.max(0, ...states.map(({ term }) => term));
      const leaders = states.filter(({ role, term }) => role === 'leader' && term === highest);
      if (leaders.length === 1) return undefined;
      const longestMs = Math.max(0, ...states.map(({ parameters }) => parameters.electionTimeoutMs.max));
      if (leaders.length === 0 && end.simulatedMs - configuredMs < ELECTION_TIMEOUTS * longestMs) return undefined;
      if (states.some((state) => state.role === 'candidate' && state.isTransferElection)) return undefined;
      return `${leaders.length} members lead term ${highest} at the end`;
    },
  };
}

/**
 * Linearizability of the journal. Appends return positions, counts return lengths; both are moments of one order. So an operation
 * that began after another was completed must come after it: an append at least at the position that follows, a count at least as long.
 * For this object that is also sufficient: sorting by value gives the order. The same holds for the index of the log that an answer reflects,
 * which moves also where the journal does not: with the first entry of each leader.
 */
export function linearizable(): Monitor {
  let floor = 0;
  let floorId = '';
  let floorIndex = 0;
  const floors = new Map<string, { readonly floor: number; readonly floorId: string; readonly floorIndex: number }>();
  const positions = new Map<number, string>();
  return {
    watches: OF_OPERATIONS,
    observe({ observation }) {
      if (observation.type === 'client-invoked') {
        floors.set(String(observation['id']), { floor, floorId, floorIndex });
        return undefined;
      }
      if (observation.type !== 'client-completed') return undefined;
      const id = String(observation['id']);
      const value = Number(observation['value']);
      const index = Number(observation['index'] ?? Infinity);
      const least = floors.get(id);
      const isAppend = observation['kind'] === 'append';
      const reached = isAppend ? value + 1 : value;
      if (reached > floor) {
        floor = reached;
        floorId = id;
      }
      if (index !== Infinity) floorIndex = Math.max(floorIndex, index);
      if (least !== undefined && index < least.floorIndex) {
        return `${id} reflects the log up to ${index}, though an answer had reflected it up to ${least.floorIndex} before it began`;
      }
      if (least !== undefined && value < least.floor) {
        return `${id} came to ${value}, though ${least.floorId} had come to ${least.floor} before it began`;
      }
      if (!isAppend) return undefined;
      const other = positions.get(value);
      positions.set(value, id);
      return other === undefined ? undefined : `${id} and ${other} got the same position ${value}`;
    },
  };
}
