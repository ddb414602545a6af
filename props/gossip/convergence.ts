import type { NodeId } from '../../runtime/address.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';
import {
  MEMBERSHIP_ACTOR,
  type GossipCoordinatorState,
  type MembershipState,
  type Register,
} from '../../protocols/gossip/index.js';
import { plainEqual } from '../../protocols/lease/index.js';
import type { EndOfRun, Monitor } from '../../sim/index.js';
import { ForgottenKeys } from './forgotten-keys.js';
import { observed } from './observed.js';
import { describeVersion, isNewer } from './registers.js';
import { ELECTION } from './replica-user.js';

// What is owed after healing. A node outside the core that still runs, behind broken links, may accuse, write and stand for election until the last
// moment; so where there is one, nothing is claimed. Where the rest is down, everything is.

function membershipOf(end: EndOfRun, node: NodeId): MembershipState | undefined {
  return end.state(node, MEMBERSHIP_ACTOR) as MembershipState | undefined;
}

function coordinatorOf(end: EndOfRun, node: NodeId): GossipCoordinatorState | undefined {
  return end.state(node, COORDINATOR_ACTOR) as GossipCoordinatorState | undefined;
}

function outsiders(end: EndOfRun): readonly NodeId[] {
  return end.nodes.filter((node) => !end.core.includes(node));
}

export function isClaimed(end: EndOfRun): boolean {
  return outsiders(end).every((node) => membershipOf(end, node) === undefined);
}

/** Of membership more is claimed: whoever has left accuses nobody, so it may go on. */
function isMembershipClaimed(end: EndOfRun): boolean {
  return outsiders(end).every((node) => membershipOf(end, node)?.hasLeft ?? true);
}

/** The first fault that a judge of each core node finds. */
function forEachOfCore(
  end: EndOfRun,
  judge: (node: NodeId) => string | undefined,
  isJudged: (end: EndOfRun) => boolean = isClaimed,
): string | undefined {
  if (!isJudged(end)) return undefined;
  for (const node of end.core) {
    const fault = judge(node);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Every core node sees every other core node alive. */
export function coreSeesCoreAlive(): Monitor {
  return {
    end: (end) =>
      forEachOfCore(
        end,
        (node) => {
          const seen = membershipOf(end, node)?.members;
          const missing = end.core.find((other) => other !== node && seen?.get(other)?.status !== 'alive');
          if (missing === undefined) return undefined;
          const { status = 'unknown', incarnation = 0 } = seen?.get(missing) ?? {};
          return `${node} sees ${missing} ${status} at ${incarnation}; it lives at ${membershipOf(end, missing)?.incarnation ?? 0}`;
        },
        isMembershipClaimed,
      ),
  };
}

/** No core node sees a node that was left down, or has left the group, as one that is there: it is dead, has left, or is forgotten. */
export function coreSeesDownDead(): Monitor {
  return {
    end: (end) =>
      forEachOfCore(
        end,
        (node) => {
          const seen = membershipOf(end, node)?.members;
          const present = outsiders(end).find((other) => ['alive', 'suspect'].includes(seen?.get(other)?.status ?? ''));
          if (present === undefined) return undefined;
          const truth = membershipOf(end, present) === undefined ? 'is down' : 'has left';
          return `${node} sees ${present} ${seen?.get(present)?.status ?? ''}; it ${truth}`;
        },
        isMembershipClaimed,
      ),
  };
}

/** No core node declares another dead once what was suspected before healing has been refuted or has run out. */
export function accurateAfter(atMs: number): () => Monitor {
  return () => {
    const declared: { readonly by: NodeId; readonly member: NodeId; readonly atMs: number }[] = [];
    return {
      observe(record) {
        const seen = observed(record);
        if (seen.type === 'member-dead' && record.atUs >= atMs * 1000) {
          declared.push({ by: record.node, member: seen.member, atMs: record.atUs / 1000 });
        }
        return undefined;
      },
      end(end) {
        if (!isMembershipClaimed(end)) return undefined;
        const wrong = declared.find(({ by, member }) => end.core.includes(by) && end.core.includes(member));
        return wrong === undefined
          ? undefined
          : `${wrong.by} declared ${wrong.member} dead at ${wrong.atMs} ms; it lives`;
      },
    };
  };
}

function registersOf(end: EndOfRun, node: NodeId): ReadonlyMap<string, Register> {
  const held = coordinatorOf(end, node)?.replica.held;
  return new Map([...(held ?? [])].map(([key, { register }]) => [key, register]));
}

/** Nothing, or a tombstone, where some node has forgotten the tombstone. */
function mayBeAbsent(forgotten: ForgottenKeys, end: EndOfRun, key: string, held: Register | undefined): boolean {
  return (held === undefined || held.deleted) && forgotten.has(key, end);
}

/** All core nodes hold the same registers, tombstones included but for those whose time is over. */
export function registersConverge(): Monitor {
  const forgotten = new ForgottenKeys();
  return {
    observe(record) {
      forgotten.observe(record);
      return undefined;
    },
    end: (end) => {
      const first = end.core[0];
      if (first === undefined) return undefined;
      const expected = registersOf(end, first);
      return forEachOfCore(end, (node) => {
        const held = registersOf(end, node);
        for (const key of new Set([...expected.keys(), ...held.keys()])) {
          const [mine, theirs] = [expected.get(key), held.get(key)];
          if (mayBeAbsent(forgotten, end, key, mine) && mayBeAbsent(forgotten, end, key, theirs)) continue;
          if (plainEqual(expected.get(key) ?? null, held.get(key) ?? null)) continue;
          return `register ${key} differs: ${JSON.stringify(expected.get(key)) ?? 'nothing'} at ${first}, ${JSON.stringify(held.get(key)) ?? 'nothing'} at ${node}`;
        }
        return undefined;
      });
    },
  };
}

/** What core nodes hold is at least as new as every write that one of them acknowledged: none is lost but to a newer one. */
export function writesSurvive(): Monitor {
  const forgotten = new ForgottenKeys();
  const newest = new Map<string, Map<NodeId, { readonly counter: number; readonly writer: NodeId }>>();
  return {
    observe(record) {
      forgotten.observe(record);
      const seen = observed(record);
      if (seen.type !== 'register-written') return undefined;
      const byNode = newest.get(seen.key) ?? new Map<NodeId, { counter: number; writer: NodeId }>();
      newest.set(seen.key, byNode.set(record.node, { counter: seen.counter, writer: seen.writer }));
      return undefined;
    },
    end: (end) =>
      forEachOfCore(end, (node) => {
        const held = registersOf(end, node);
        for (const [key, byNode] of newest) {
          for (const writer of end.core) {
            const write = byNode.get(writer);
            const mine = held.get(key);
            if (mine === undefined && forgotten.has(key, end)) continue;
            if (write === undefined || (mine !== undefined && !isNewer(write, mine))) continue;
            return `${node} holds version ${mine === undefined ? 'none' : describeVersion(mine)} of ${key}; ${describeVersion(write)} was acknowledged`;
          }
        }
        return undefined;
      }),
  };
}

/** Exactly one core node holds the office, and all know which. */
export function oneLeads(): Monitor {
  return {
    end: (end) => {
      if (!isClaimed(end)) return undefined;
      const leading = end.core.filter((node) => (coordinatorOf(end, node)?.stands.get(ELECTION)?.token ?? 0) > 0);
      return leading.length === 1 ? undefined : `${leading.length} core nodes lead: ${leading.join(', ')}`;
    },
  };
}

/** Leases that nobody renews have ended everywhere, and took their keys with them; also those whose owner is down. */
export function leasesEnd(): Monitor {
  return {
    end: (end) =>
      forEachOfCore(end, (node) => {
        for (const { key, deleted, leaseId } of registersOf(end, node).values()) {
          if (deleted) continue;
          if (leaseId !== '') return `${node} still holds ${key}, attached to lease ${leaseId}`;
          if (key.startsWith('!lease/')) return `${node} still holds ${key}, which nobody renews`;
        }
        return undefined;
      }),
  };
}
