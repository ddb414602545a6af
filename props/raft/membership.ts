import type { Monitor, Observer, Shared } from '../../sim/properties/property.js';
import { configurationOf, type Configuration } from '../../protocols/raft/index.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Setup } from '../../sim/scenario.js';
import { ObservedLeaders, ObservedLogs, raftObservation, UNKNOWN_HASH, watching } from './observed-log.js';

// What majorities and configurations promise, judged from observations alone. Each member tells its configuration when it starts.

/** Whether these are a majority, in a joint configuration one of each half. Not by the code that is judged. */
function isQuorum({ voters, outgoing }: Configuration, holds: (node: string) => boolean): boolean {
  return [voters, outgoing].every((half) => half.length === 0 || 2 * half.filter(holds).length > half.length);
}

/** What a configuration can become in one step and need fewer: one voter less, or the end of what is joint. */
function nextOf({ voters, outgoing, ...rest }: Configuration): Configuration[] {
  if (outgoing.length > 0) return [{ ...rest, voters, outgoing: [] }];
  return voters.map((gone) => ({ ...rest, voters: voters.filter((voter) => voter !== gone), outgoing }));
}

function isVoterIn({ voters, outgoing }: Configuration, node: string): boolean {
  return voters.includes(node) || outgoing.includes(node);
}

interface Placed {
  readonly index: number;
  readonly configuration: Configuration;
}

const OF_LEADERSHIP = ['raft-became-leader', 'raft-became-follower', 'raft-recovered'] as const;

/** By member the configuration in force there. */
class ObservedConfigurations implements Observer {
  readonly watches = ['raft-configured'];
  private readonly inForce = new Map<string, Placed>();
  private readonly seen = new Map<string, Configuration>();

  of(node: string): Placed | undefined {
    return this.inForce.get(node);
  }

  /** Every configuration that was in force at some member. */
  all(): Iterable<Configuration> {
    return this.seen.values();
  }

  observe(record: ObservedRecord): void {
    const observation = raftObservation(record);
    if (observation?.type !== 'raft-configured') return;
    const { index, voters, outgoing, learners } = observation;
    const configuration = { ...configurationOf(voters), outgoing, learners };
    this.inForce.set(record.node, { index, configuration });
    this.seen.set(described(configuration), configuration);
  }
}

/**
 * §5.3, thesis chapter 4: what a member knows as committed is in the logs of a quorum, durably. The leader's own configuration says of
 * which; a follower learns it later, when the configuration that decided may be in force nowhere any more, so any that was will do.
 */
export function committedIsOnMajority(_setup: Setup, shared: Shared): Monitor {
  const logs = shared.the(ObservedLogs);
  const configurations = shared.the(ObservedConfigurations);
  const leaders = shared.the(ObservedLeaders);
  return watching(['raft-committed'], ({ index, hash, term }, { node }) => {
    const holds = (member: string): boolean => {
      const held = logs.of(member).hashes[index];
      return held === hash || held === UNKNOWN_HASH;
    };
    const own = configurations.of(node)?.configuration;
    if (own === undefined || isQuorum(own, holds)) return undefined;
    if (leaders.termOf(node) === undefined) {
      if ([...configurations.all()].some((other) => isQuorum(other, holds))) return undefined;
      // A leader whose disk lags may have decided by the next configuration, which is not told of before it is there. `follows-model` sees it.
      const leader = leaders.ofTerm(term);
      const isToldOf = leader !== undefined && holds(leader);
      if (!isToldOf && nextOf(own).some((next) => isQuorum(next, holds))) return undefined;
    }
    const holders = [...own.voters, ...own.outgoing].filter(holds);
    return `${node} knows the log up to ${index} as committed, but of ${described(own)} only ${holders.join(', ') || 'nobody'} holds it`;
  });
}

function described({ voters, outgoing }: Configuration): string {
  return outgoing.length === 0 ? voters.join(', ') : `${voters.join(', ')} with ${outgoing.join(', ')}`;
}

/**
 * §5.2: who leads has been elected: a quorum of its configuration, itself included where it votes, gave it their votes of that term. Who stands votes, as far
 * as is committed.
 */
export function leaderWasElected(_setup: Setup, shared: Shared): Monitor {
  const configurations = shared.the(ObservedConfigurations);
  const votes = new Map<string, Set<string>>();
  const commits = new Map<string, number>();
  const give = (candidate: string, term: number, voter: string): void => {
    const key = `${candidate}/${term}`;
    votes.set(key, (votes.get(key) ?? new Set()).add(voter));
  };
  return watching(
    ['raft-became-candidate', 'raft-vote-received', 'raft-became-leader', 'raft-recovered', 'raft-committed'],
    (observation, record) => {
      const { node } = record;
      if (observation.type === 'raft-became-candidate') give(node, observation.term, node);
      if (observation.type === 'raft-vote-received') give(node, observation.term, observation.voter);
      if (observation.type === 'raft-recovered') commits.delete(node);
      if (observation.type === 'raft-committed') commits.set(node, observation.index);
      const placed = configurations.of(node);
      const own = placed?.configuration;
      if (observation.type === 'raft-became-candidate' && placed !== undefined) {
        // A change that is not committed may be taken back, and who has it may be the only one that can be elected.
        const votes = isVoterIn(placed.configuration, node) || placed.index > (commits.get(node) ?? 0);
        if (!votes) return `${node} stands for election in term ${observation.term}, and is no voter`;
      }
      if (observation.type !== 'raft-became-leader' || own === undefined) return undefined;
      const given = votes.get(`${node}/${observation.term}`);
      if (isQuorum(own, (voter) => given?.has(voter) === true)) return undefined;
      const voters = [...(given ?? [])].join(', ');
      return `${node} leads term ${observation.term} with the votes of ${voters} only, of ${described(own)}`;
    },
  );
}

/**
 * Thesis §4.1, §4.3, and the rule of 2015: a leader begins a change when the one before, and an entry of its own term, is committed; and
 * what follows a configuration shares a quorum with it: one voter more or less, or by way of a joint one.
 */
export function configurationsChangeSafely(_setup: Setup, shared: Shared): Monitor {
  const configurations = shared.the(ObservedConfigurations);
  /** By member the configuration that it had when it told of one last. */
  const told = new Map<string, Placed>();
  /** By leader the index of the no-op of its term. */
  const noOps = new Map<string, number>();
  const commits = new Map<string, number>();
  return watching([...OF_LEADERSHIP, 'raft-configured', 'raft-committed'], (observation, { node }) => {
    const { type } = observation;
    if (type === 'raft-became-leader') noOps.set(node, observation.lastIndex + 1);
    if (type === 'raft-became-follower' || type === 'raft-recovered') noOps.delete(node);
    if (type === 'raft-recovered') commits.delete(node);
    if (type === 'raft-committed') commits.set(node, observation.index);
    const noOp = noOps.get(node);
    const after = configurations.of(node);
    if (type !== 'raft-configured' || after === undefined) return undefined;
    const before = told.get(node);
    told.set(node, after);
    if (noOp === undefined || before === undefined) return undefined;
    const commit = commits.get(node) ?? 0;
    if (commit < noOp) return `${node} changed the configuration before it had committed an entry of its term`;
    if (commit < before.index)
      return `${node} changed the configuration while that of entry ${before.index} was not committed`;
    if (shareQuorums(before.configuration, after.configuration)) return undefined;
    return `${node} let ${described(after.configuration)} follow ${described(before.configuration)}`;
  });
}

/** §7: a snapshot brings the configuration of its last entry: one that somebody had at the same entry before. */
export function snapshotsKeepConfigurations(): Monitor {
  const known = new Set<string>();
  const installed = new Set<string>();
  return watching(['raft-configured', 'raft-snapshot-installed'], (observation, record) => {
    const { node } = record;
    if (observation.type === 'raft-snapshot-installed') {
      installed.add(node);
      return undefined;
    }
    const { index, voters, outgoing, learners } = observation;
    const placed = `${index}: ${voters.join(' ')} / ${outgoing.join(' ')} / ${learners.join(' ')}`;
    if (installed.delete(node) && !known.has(placed)) return `${node} got a configuration that nobody had: ${placed}`;
    known.add(placed);
    return undefined;
  });
}

function shareQuorums(before: Configuration, after: Configuration): boolean {
  if (before.outgoing.length > 0) return after.outgoing.length === 0 && same(after.voters, before.voters);
  if (after.outgoing.length > 0) return same(after.outgoing, before.voters);
  const staying = before.voters.filter((voter) => after.voters.includes(voter)).length;
  return before.voters.length + after.voters.length - 2 * staying <= 1;
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((node, i) => node === other[i]);
}
