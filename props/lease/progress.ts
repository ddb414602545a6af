import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';
import type { Member } from '../../protocols/lease/index.js';
import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import { LEADER_WATCHER } from './leader-watcher.js';
import { leaseObservation } from './observed-store.js';

/** Within this time before the end, something must have gone on. */
const RECENT_MS = 4000;
const OBSERVED_WITHIN_MS = 2000;

/** After healing somebody takes the lock again, and again. */
export function lockIsTaken(): Monitor {
  let lastUs = 0;
  return {
    watches: ['lock-held'],
    observe(record) {
      if (record.observation.type === 'lock-held') lastUs = record.atUs;
      return undefined;
    },
    end: ({ simulatedMs }: EndOfRun) =>
      simulatedMs - lastUs / 1000 <= RECENT_MS ? undefined : `nobody has taken the lock since ${lastUs / 1000} ms`,
  };
}

/** After healing guarded writes take effect and are acknowledged. */
export function transactionsSucceed(): Monitor {
  let lastUs = 0;
  return {
    watches: ['txn-acknowledged'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type === 'txn-acknowledged' && observation.succeeded) lastUs = record.atUs;
      return undefined;
    },
    end: ({ simulatedMs }: EndOfRun) =>
      simulatedMs - lastUs / 1000 <= RECENT_MS ? undefined : `no transaction has succeeded since ${lastUs / 1000} ms`,
  };
}

/** After healing every member of the core has a session, and sees the whole core alive. */
export function membersSeeEachOther(): Monitor {
  return {
    end(end: EndOfRun) {
      const members = end.core.filter((node) => end.state(node, COORDINATOR_ACTOR) !== undefined);
      for (const node of members) {
        const { session, membership } = end.state(node, COORDINATOR_ACTOR) as Member;
        if (session.phase !== 'live') return `${node} has no session`;
        const missing = members.find((other) => membership.alive?.has(other) !== true);
        if (missing !== undefined) return `${node} does not see ${missing}`;
      }
      return undefined;
    },
  };
}

/** What waits for an answer stays bounded: nothing is left for ever. */
export function requestsEnd(): Monitor {
  return {
    end(end: EndOfRun) {
      for (const node of end.core) {
        const member = end.state(node, COORDINATOR_ACTOR) as Member | undefined;
        for (const pending of member?.pending.values() ?? []) {
          if (pending.attempts > 10) return `${node} has asked ${pending.attempts} times for ${pending.id}`;
        }
      }
      return undefined;
    },
  };
}

/** No watcher was given an older revision after a newer one. */
export function watchersGoForward(): Monitor {
  return {
    watches: ['watcher-went-back'],
    observe: ({ node, observation }) =>
      observation.type === 'watcher-went-back'
        ? `${node}: "${String(observation['watchId'])}" went back to ${String(observation['revision'])}`
        : undefined,
  };
}

/** After healing who observes the lock at a member of the core is told of new holders, or of what they proclaim. */
export function observersCatchUp(): Monitor {
  const lastUs = new Map<string, number>();
  return {
    watches: ['leader-watched'],
    observe({ node, observation, atUs }) {
      if (observation.type === 'leader-watched') lastUs.set(node, atUs);
      return undefined;
    },
    end(end: EndOfRun) {
      for (const node of end.core) {
        if (end.state(node, LEADER_WATCHER) === undefined) continue;
        const sinceMs = end.simulatedMs - (lastUs.get(node) ?? 0) / 1000;
        if (sinceMs > RECENT_MS + OBSERVED_WITHIN_MS) return `${node} has seen no new leader for ${sinceMs} ms`;
      }
      return undefined;
    },
  };
}
