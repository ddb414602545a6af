import { raftSafety } from '../../../props/raft/index.js';
import { simulate } from '../../../props/vitest.js';
import type { Store } from '../../lease/index.js';
import type { RaftState } from '../state.js';
import { scenario, type Monitor } from '../../../sim/index.js';
import { COORDINATOR_ACTOR } from '../../coordinator/index.js';
import { RAFT_ACTOR } from '../raft.js';
import { raftCoordinator } from './coordinator.js';
import { coordinatorUser, LEASE_TTL_MS } from './coordinator-user.fixture.js';
import type { CoordinatorState } from './state.js';

const FAULT_MS = 12_000;
const HEAL_MS = 12_000;

/** Every watcher sees the same revisions, in order, none left out and none twice, from the first one on. */
function watchesHold(): Monitor {
  const next = new Map<string, number>();
  const events = new Map<number, string>();
  return {
    observe({ node, incarnation, observation }) {
      if (observation.type !== 'saw') return undefined;
      const revision = Number(observation['revision']);
      const watcher = `${node} (life ${incarnation})`;
      const expected = next.get(watcher) ?? 1;
      next.set(watcher, revision + 1);
      if (revision !== expected) return `${watcher} saw revision ${revision} instead of ${expected}`;
      const seen = String(observation['events']);
      const first = events.get(revision) ?? seen;
      events.set(revision, first);
      return first === seen ? undefined : `${watcher} saw other events of revision ${revision}: ${seen}, not ${first}`;
    },
  };
}

/** Guarded writes take effect in the order of their tokens, and each token is won once. */
function tokensOrder(): Monitor {
  const writes: { readonly revision: number; readonly token: number }[] = [];
  const winners = new Map<number, string>();
  return {
    observe({ node, observation }) {
      if (observation.type === 'elected') {
        const token = Number(observation['token']);
        const other = winners.get(token);
        winners.set(token, node);
        if (other !== undefined && other !== node) return `${other} and ${node} both won token ${token}`;
      }
      if (observation.type !== 'guarded' || observation['succeeded'] !== true) return undefined;
      const write = { revision: Number(observation['revision']), token: Number(observation['token']) };
      const wrong = writes.find(
        (other) => other.revision < write.revision !== other.token < write.token && other.token !== write.token,
      );
      writes.push(write);
      return wrong === undefined
        ? undefined
        : `token ${write.token} wrote at ${write.revision}, token ${wrong.token} at ${wrong.revision}`;
    },
  };
}

/** A lease that was kept alive lives for its whole time from when that was asked. */
function leasesLive(): Monitor {
  // An observation can wait for a disk, so its own time is later than what it tells of.
  const originUs = new Map<string, number>();
  const askedUs = new Map<string, number>();
  const reliedUntilUs = new Map<string, number>();
  const deletedUs = new Map<string, number>();
  const early = (leaseId: string): string | undefined => {
    const relied = reliedUntilUs.get(leaseId) ?? 0;
    const deleted = deletedUs.get(leaseId) ?? Infinity;
    return deleted < relied ? `${leaseId} ended ${(relied - deleted) / 1000} ms before its time` : undefined;
  };
  return {
    observe({ node, atUs, observation }) {
      const ownMs = Number(observation['atMs']);
      if (observation.type === 'user-started') originUs.set(node, atUs - ownMs * 1000);
      const leaseId = String(observation['leaseId']);
      const ask = `${leaseId} ${String(observation['number'])}`;
      if (observation.type === 'keep-asked') askedUs.set(ask, (originUs.get(node) ?? 0) + ownMs * 1000);
      if (observation.type === 'kept') {
        const untilUs = (askedUs.get(ask) ?? 0) + LEASE_TTL_MS * 1000;
        reliedUntilUs.set(leaseId, Math.max(untilUs, reliedUntilUs.get(leaseId) ?? 0));
        return early(leaseId);
      }
      if (observation.type !== 'saw') return undefined;
      for (const key of observation['deleted'] as readonly string[]) {
        const ended = key.slice('leased/'.length);
        if (!deletedUs.has(ended)) deletedUs.set(ended, atUs);
        const fault = early(ended);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  };
}

/** A read reflects every write that anybody knew of when it was asked. */
function readsFresh(): Monitor {
  const known: { readonly atUs: number; readonly revision: number }[] = [];
  const least = new Map<string, number>();
  const originUs = new Map<string, number>();
  const knownAt = (askedUs: number): number => known.findLast(({ atUs }) => atUs <= askedUs)?.revision ?? 0;
  return {
    observe({ node, incarnation, atUs, observation }) {
      const id = `${node}/${incarnation}/${String(observation['id'])}`;
      const ownUs = Number(observation['atMs']) * 1000;
      const revision = Number(observation['revision']);
      if (observation.type === 'user-started') originUs.set(node, atUs - ownUs);
      if (observation.type === 'read-asked') least.set(id, knownAt((originUs.get(node) ?? 0) + ownUs));
      if (observation.type !== 'written' && observation.type !== 'read-done') return undefined;
      if (revision > (known.at(-1)?.revision ?? 0)) known.push({ atUs, revision });
      if (observation.type !== 'read-done' || revision >= (least.get(id) ?? 0)) return undefined;
      return `${node} read ${revision}, but ${least.get(id)} was known`;
    },
  };
}

/** After healing: guarded writes succeed, leases that lapsed are gone, every watcher and every view is up to date. */
function progress(): Monitor {
  let lastGuardedUs = 0;
  const saw = new Map<string, number>();
  const alive = new Map<string, number>();
  return {
    observe({ node, atUs, observation }) {
      if (observation.type === 'guarded' && observation['succeeded'] === true) lastGuardedUs = atUs;
      if (observation.type === 'saw') saw.set(node, Number(observation['revision']));
      if (observation.type === 'members') alive.set(node, Number(observation['alive']));
      return undefined;
    },
    end(end) {
      if (lastGuardedUs < (FAULT_MS + HEAL_MS - 2000) * 1000)
        return 'no guarded write succeeded in the last two seconds';
      for (const node of end.core) {
        const raft = end.state(node, RAFT_ACTOR) as RaftState;
        const store = raft.replica.machine as Store;
        if (store.leases.size > 0) return `${node} still has ${store.leases.size} leases`;
        if ((saw.get(node) ?? 0) < store.revision - 20)
          return `the watcher of ${node} is at ${saw.get(node)} of ${store.revision}`;
        const { alive: view } = end.state(node, COORDINATOR_ACTOR) as CoordinatorState;
        // A member whose disk rotted has ended for good: only those that are up are owed.
        const isWhole = end.core.every((member) => view.includes(member)) && alive.get(node) === view.length;
        if (!isWhole) return `${node} sees ${view.join(', ')} only`;
      }
      return undefined;
    },
  };
}

const params = { electionTimeoutMs: { min: 150, max: 300 }, heartbeatMs: 30, compactAfterEntries: 25, keepEntries: 3 };
const members = ['n1', 'n2', 'n3'];

simulate(
  'transactions, watches, leases and elections hold on the replicated store under faults',
  scenario({
    name: 'raft-coordinator',
    programs: {
      member: (node) => [
        ...raftCoordinator.memberActors(node, { members, stores: [] }, params),
        { name: 'user', definition: coordinatorUser, params: null },
      ],
    },
    setup: () => ({
      nodes: members.map((id) => ({ id, program: 'member', params: null, role: 'server' as const })),
      workload: [],
    }),
    faultMs: FAULT_MS,
    healMs: HEAL_MS,
    faults: { reactTo: ['elected', 'raft-became-leader', 'kept', 'deposed'] },
    properties: {
      always: {
        ...raftSafety,
        'watches-hold': watchesHold,
        'tokens-order': tokensOrder,
        'leases-live': leasesLive,
        'reads-fresh': readsFresh,
      },
      eventually: { progress },
      sometimes: {
        'second-token': () => {
          let count = 0;
          return { observe: ({ observation }) => observation.type === 'elected' && ++count > 1 };
        },
        deposed: () => ({ observe: ({ observation }) => observation.type === 'deposed' }),
        'guard-refused': () => ({
          observe: ({ observation }) => observation.type === 'guarded' && observation['succeeded'] === false,
        }),
        'lease-lapsed': () => ({
          observe: ({ observation }) =>
            observation.type === 'saw' &&
            (observation['deleted'] as readonly string[]).some((key) => key.startsWith('leased/')),
        }),
        'member-missed': () => ({
          observe: ({ observation }) => observation.type === 'members' && observation['alive'] === 2,
        }),
      },
    },
    sometimesAfterSeeds: 50,
  }),
  { seeds: 60 },
);
