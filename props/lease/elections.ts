import type { ObservedRecord } from '../../runtime/observation.js';
import type { Monitor } from '../../sim/properties/property.js';
import { ObservedLeases, OF_LEASES } from './leases.js';
import { tokenOfProclaim } from './lock-worker.js';
import { leaseObservation } from './observed-store.js';

interface Holder {
  readonly node: string;
  readonly token: number;
  readonly leaseId: string;
}

/**
 * At any time at most one holder of an election: one whom its member has told so, who has neither resigned nor been deposed, and whose
 * lease lives at the store. Nothing is asked of clocks: the store's own word counts, and it comes before whatever follows from it.
 * A member whose lease somebody else revoked while it was being elected does not know yet, and does not count as a holder: its
 * guarded writes fail. One whose lease has expired must know.
 */
export function leaseExclusivity(): Monitor {
  const leases = new ObservedLeases();
  const holders = new Map<string, Holder>();
  return {
    watches: [...OF_LEASES, 'deposed', 'resigned', 'elected'],
    observe(record) {
      leases.observe(record);
      const observation = leaseObservation(record);
      switch (observation?.type) {
        case 'lease-expired':
        case 'lease-revoked':
          for (const [election, { leaseId }] of holders) if (leaseId === observation.leaseId) holders.delete(election);
          return undefined;
        case 'deposed':
        case 'resigned':
          if (holders.get(observation.election)?.token === observation.token) holders.delete(observation.election);
          return undefined;
        case 'elected': {
          const { election, token, leaseId } = observation;
          if (leases.revoked.has(leaseId)) return undefined;
          if (!leases.live.has(leaseId))
            return `${record.node} was elected to "${election}" on ${leaseId}, which has expired`;
          const other = holders.get(election);
          holders.set(election, { node: record.node, token, leaseId });
          return other === undefined
            ? undefined
            : `${record.node} holds "${election}" with token ${token} while ${other.node} holds it with ${other.token}`;
        }
        default:
          return undefined;
      }
    },
  };
}

/** Where the store stood when the winner looked, the winner's key was there, the one that it had put, and the oldest. */
export function ownerAtTheStore(): Monitor {
  const keys = new ObservedKeys();
  return {
    watches: ['revision-made', 'elected'],
    observe(record) {
      keys.observe(record);
      const observation = leaseObservation(record);
      if (observation?.type !== 'elected') return undefined;
      const { election, token, key, checkedRevision } = observation;
      const prefix = key.slice(0, key.indexOf('/', key.indexOf('/') + 1) + 1);
      const standing = keys.under(prefix, checkedRevision);
      if (standing.get(key) !== token) {
        return `${record.node} was elected to "${election}" with token ${token}; at ${checkedRevision} there was no such key`;
      }
      for (const [other, created] of standing) {
        if (created < token)
          return `${record.node} was elected to "${election}" though ${other} of ${created} was there`;
      }
      return undefined;
    },
  };
}

/** Keys of elections and their lives, by revisions. */
class ObservedKeys {
  private readonly lives = new Map<string, { created: number; deleted: number }[]>();
  private known = 0;

  observe(record: ObservedRecord): void {
    const observation = leaseObservation(record);
    if (observation?.type !== 'revision-made' || observation.revision <= this.known) return;
    this.known = observation.revision;
    for (const { kind, key, createRevision, modRevision } of observation.events) {
      if (!key.startsWith('election/')) continue;
      const lives = this.lives.get(key) ?? [];
      this.lives.set(key, lives);
      const last = lives.at(-1);
      if (kind === 'delete' && last !== undefined) last.deleted = modRevision;
      else if (kind === 'put' && last?.created !== createRevision)
        lives.push({ created: createRevision, deleted: Infinity });
    }
  }

  /** Create revisions of the keys under a prefix as they were at a revision. */
  under(prefix: string, revision: number): Map<string, number> {
    const found = new Map<string, number>();
    for (const [key, lives] of this.lives) {
      if (!key.startsWith(prefix)) continue;
      for (const { created, deleted } of lives) if (created <= revision && deleted > revision) found.set(key, created);
    }
    return found;
  }
}

/**
 * Who observes an election is told of leaders in the order of their tokens, of each and of what it proclaims once, and only of such as led:
 * when the observer was told, the store had their key and none older.
 */
export function observersSeeLeaders(): Monitor {
  const keys = new ObservedKeys();
  const last = new Map<string, { readonly token: number; readonly revision: number }>();
  return {
    watches: ['revision-made', 'leader-observed'],
    observe(record) {
      keys.observe(record);
      const observation = leaseObservation(record);
      if (observation?.type !== 'leader-observed') return undefined;
      const { election, token, key, revision, seenRevision, observer: name } = observation;
      const before = last.get(name) ?? { token: 0, revision: 0 };
      last.set(name, { token, revision });
      const isLater = token > before.token || (token === before.token && revision > before.revision);
      if (!isLater) return `${name} saw ${token} of ${revision} lead after ${before.token} of ${before.revision}`;
      const prefix = key.slice(0, key.indexOf('/', key.indexOf('/') + 1) + 1);
      const standing = keys.under(prefix, seenRevision);
      const isLeader = standing.get(key) === token && [...standing.values()].every((created) => created >= token);
      return isLeader ? undefined : `${name} saw ${token} lead "${election}" at ${seenRevision}, which it did not`;
    },
  };
}

/** What a leader proclaims changes the key that it was elected by, and makes none: whoever has resigned or was deposed stays out. */
export function proclaimsUnderOwnKey(): Monitor {
  return {
    watches: ['revision-made'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type !== 'revision-made') return undefined;
      const token = tokenOfProclaim(observation.cause);
      if (token === undefined) return undefined;
      for (const { key, createRevision } of observation.events) {
        if (createRevision !== token)
          return `"${observation.cause}" put ${key} of ${createRevision} at ${observation.revision}`;
      }
      return undefined;
    },
  };
}

/** Who leads, as read: the one that leads at the revision that the answer names, and not one of before the reader asked. */
export function leaderReadsTrue(): Monitor {
  const keys = new ObservedKeys();
  return {
    watches: ['revision-made', 'leader-read'],
    observe(record) {
      keys.observe(record);
      const { observation, node } = record;
      if (observation.type !== 'leader-read') return undefined;
      const [token, known, revision] = [observation['token'], observation['known'], observation['revision']].map(
        Number,
      );
      const standing = keys.under(`election/${String(observation['lock'])}/`, revision ?? 0);
      const oldest = Math.min(...standing.values());
      const leads = standing.size === 0 ? 0 : oldest;
      if (token !== leads) return `${node} read that ${token} leads at ${revision}, where ${leads} did`;
      return revision !== undefined && known !== undefined && revision < known
        ? `${node} read of ${revision} who leads after it had seen ${known} lead`
        : undefined;
    },
  };
}

/** Later elections have greater tokens, but for those that somebody had already ended by revoking their lease. */
export function tokensGrow(): Monitor {
  const leases = new ObservedLeases();
  const last = new Map<string, number>();
  return {
    watches: [...OF_LEASES, 'elected'],
    observe(record) {
      const observation = leaseObservation(record);
      leases.observe(record);
      if (observation?.type !== 'elected' || leases.revoked.has(observation.leaseId)) return undefined;
      const { election, token } = observation;
      const before = last.get(election) ?? 0;
      last.set(election, Math.max(before, token));
      return token > before ? undefined : `"${election}" was won with token ${token} after token ${before}`;
    },
  };
}

/** The key of a candidate is ended by itself or with its lease, by nobody else. */
export function candidatesEndThemselves(): Monitor {
  const putBy = new Map<string, string>();
  let known = 0;
  return {
    watches: ['revision-made'],
    observe(record) {
      const observation = leaseObservation(record);
      if (observation?.type !== 'revision-made' || observation.revision <= known) return undefined;
      known = observation.revision;
      for (const { kind, key, leaseId, version } of observation.events) {
        if (!key.startsWith('election/')) continue;
        const client = clientOf(observation.cause);
        // What is put later is the leader's word, under any name.
        if (kind === 'put' && version === 1) putBy.set(key, client);
        else if (kind === 'put') continue;
        else if (client !== putBy.get(key) && observation.cause !== leaseId) {
          return `"${observation.cause}" ended ${key}, which ${putBy.get(key) ?? 'nobody'} had put`;
        }
      }
      return undefined;
    },
  };
}

function clientOf(requestId: string): string {
  return requestId.slice(0, requestId.lastIndexOf('#'));
}
