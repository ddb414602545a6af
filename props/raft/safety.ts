import type { Monitor, Shared } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/scenario.js';
import { ObservedLeaders, ObservedLogs, UNKNOWN_HASH, watching } from './observed-log.js';

// The five properties of Figure 3 of the Raft paper, and what they rest on, judged from observations alone.

/** Election Safety (§5.2): at most one leader can be elected in a given term. */
export function electionSafety(): Monitor {
  const leaders = new Map<number, string>();
  return watching(['raft-became-leader'], ({ term }, record) => {
    const leader = `${record.node} (life ${record.incarnation})`;
    const other = leaders.get(term);
    leaders.set(term, leader);
    return other === undefined ? undefined : `term ${term} has two leaders: ${other} and ${leader}`;
  });
}

/** Leader Append-Only (§5.3): a leader never overwrites or deletes entries in its log; it only appends. */
export function leaderAppendOnly(): Monitor {
  const leading = new Map<string, { readonly term: number; lastIndex: number }>();
  return watching(
    [
      'raft-became-leader',
      'raft-became-follower',
      'raft-became-candidate',
      'raft-recovered',
      'raft-truncated',
      'raft-appended',
    ],
    (observation, record) => {
      const { node } = record;
      const leadership = leading.get(node);
      switch (observation.type) {
        case 'raft-became-leader':
          leading.set(node, { term: observation.term, lastIndex: observation.lastIndex });
          return undefined;
        case 'raft-became-follower':
        case 'raft-became-candidate':
        case 'raft-recovered':
          leading.delete(node);
          return undefined;
        case 'raft-truncated':
          if (leadership === undefined) return undefined;
          return `${node}, leader of term ${leadership.term}, removed its entries from ${observation.fromIndex} on`;
        case 'raft-appended': {
          if (leadership === undefined) return undefined;
          const expected = leadership.lastIndex + 1;
          leadership.lastIndex = observation.fromIndex + observation.terms.length - 1;
          if (observation.fromIndex === expected) return undefined;
          return `${node}, leader of term ${leadership.term}, appended at ${observation.fromIndex} instead of ${expected}`;
        }
      }
    },
  );
}

/**
 * Log Matching (§5.3): if two logs contain an entry with the same index and term, then the logs are identical in all entries up to
 * the given index. The prefix hash of an entry digests all of them.
 */
export function logMatching(): Monitor {
  const hashesOfTerm = new Map<number, Map<number, number>>();
  const differs = (index: number, term: number, hash: number): boolean => {
    let hashes = hashesOfTerm.get(term);
    if (hashes === undefined) hashesOfTerm.set(term, (hashes = new Map()));
    const known = hashes.get(index);
    if (known === undefined) hashes.set(index, hash);
    return known !== undefined && known !== hash;
  };
  return watching(['raft-appended', 'raft-recovered'], (observation, record) => {
    const { terms, hashes } = observation;
    const fromIndex =
      observation.type === 'raft-appended' ? observation.fromIndex : observation.lastIndex - terms.length + 1;
    for (let i = 0; i < terms.length; i++) {
      const index = fromIndex + i;
      const term = terms[i] ?? 0;
      if (differs(index, term, hashes[i] ?? UNKNOWN_HASH)) {
        return `${record.node} has an entry (index ${index}, term ${term}) before which its log differs from another's with the same entry`;
      }
    }
    return undefined;
  });
}

/**
 * Leader Completeness (§5.4): if an entry is committed in a given term, it is present in the logs of the leaders of all higher
 * terms. Judged whichever of the two becomes known first, since a leader's own disk can make it speak late.
 */
export function leaderCompleteness(_setup: Setup, shared: Shared): Monitor {
  const logs = shared.the(ObservedLogs);
  /** By the term in which it was learned: the last committed index and its prefix hash. */
  const commits = new Map<number, { index: number; hash: number; node: string }>();
  const leaders = new Map<number, { readonly node: string; readonly hashes: readonly number[] }>();
  const missing = (term: number, commitTerm: number): string | undefined => {
    const leader = leaders.get(term);
    const commit = commits.get(commitTerm);
    if (leader === undefined || commit === undefined) return undefined;
    const hash = leader.hashes[commit.index];
    if (hash === commit.hash || hash === UNKNOWN_HASH) return undefined;
    return `${leader.node} leads term ${term} without the log up to ${commit.index} that ${commit.node} knew as committed in term ${commitTerm}`;
  };
  return watching(['raft-became-leader', 'raft-committed'], (observation, record) => {
    if (observation.type === 'raft-became-leader') {
      const { term, lastIndex } = observation;
      leaders.set(term, { node: record.node, hashes: logs.of(record.node).hashes.slice(0, lastIndex + 1) });
      for (const commitTerm of commits.keys()) {
        const message = commitTerm < term ? missing(term, commitTerm) : undefined;
        if (message !== undefined) return message;
      }
    } else {
      const { index, term, hash } = observation;
      if (index <= (commits.get(term)?.index ?? 0)) return undefined;
      commits.set(term, { index, hash, node: record.node });
      for (const leaderTerm of leaders.keys()) {
        const message = leaderTerm > term ? missing(leaderTerm, term) : undefined;
        if (message !== undefined) return message;
      }
    }
    return undefined;
  });
}

/** By index the first hash that was told, and by whom. */
class FirstHashes {
  private readonly hashes: (number | undefined)[] = [];
  private readonly nodes: string[] = [];

  /** Who told another hash first, or undefined. */
  nodeThatDiffers(index: number, hash: number, node: string): string | undefined {
    const first = this.hashes[index];
    if (first !== undefined) return first === hash ? undefined : this.nodes[index];
    while (this.hashes.length < index) {
      this.hashes.push(undefined);
      this.nodes.push('');
    }
    this.hashes[index] = hash;
    this.nodes[index] = node;
    return undefined;
  }
}

/**
 * State Machine Safety (§5.4.3): if a member has applied an entry at an index, no other member ever applies a different one there.
 * Beyond the paper: they also come to the same state, and what is committed is the same log everywhere.
 */
export function stateMachineSafety(): Monitor {
  const committed = new FirstHashes();
  const applied = new FirstHashes();
  const check = (known: FirstHashes, what: string, index: number, hash: number, node: string): string | undefined => {
    const other = known.nodeThatDiffers(index, hash, node);
    return other === undefined ? undefined : `${node} and ${other} ${what} up to index ${index}`;
  };
  return watching(['raft-committed', 'raft-snapshot-installed', 'raft-applied'], (observation, record) => {
    const { node } = record;
    if (observation.type === 'raft-committed') {
      return check(committed, 'committed different logs', observation.index, observation.hash, node);
    }
    if (observation.type === 'raft-snapshot-installed') {
      const { index, hash, stateHash } = observation;
      const log = check(committed, 'have different logs in snapshots', index, hash, node);
      return log ?? check(applied, 'have different states', index, stateHash, node);
    }
    return check(applied, 'have different states', observation.index, observation.stateHash, node);
  });
}

/** What tells the term of the member itself: that of a vote received is the message's. */
const OF_OWN_TERMS = [
  ...['raft-recovered', 'raft-voted', 'raft-became-leader', 'raft-committed', 'raft-configured'],
  ...['raft-became-follower', 'raft-became-pre-candidate', 'raft-became-candidate'],
] as const;

/** §5.1, §5.2: the term of a member never falls, over all its lives; in a term it votes for one candidate at most. */
export function votesAndTermsHold(): Monitor {
  const terms = new Map<string, number>();
  const votes = new Map<string, string>();
  return watching(OF_OWN_TERMS, (observation, record) => {
    const { node } = record;
    const { term } = observation;
    const before = terms.get(node) ?? 0;
    terms.set(node, term);
    if (term < before) return `${node} went back from term ${before} to ${term}`;
    if (observation.type !== 'raft-voted') return undefined;
    const earlier = votes.get(`${node}/${term}`);
    votes.set(`${node}/${term}`, observation.candidate);
    if (earlier === undefined || earlier === observation.candidate) return undefined;
    return `${node} voted for ${earlier} and for ${observation.candidate} in term ${term}`;
  });
}

/** §5.2: a term begins with a member that stands for election in it; nobody else raises a term (thesis, §9.6). */
export function termsBeginWithCandidates(): Monitor {
  const begun = new Set<number>([0]);
  return watching([...OF_OWN_TERMS, 'raft-vote-received'], (observation, record) => {
    const { type, term } = observation;
    if (type === 'raft-became-candidate' || type === 'raft-recovered') begun.add(term);
    return begun.has(term) ? undefined : `${record.node} is in term ${term}, in which nobody has stood for election`;
  });
}

/**
 * §5.1 ("persistent state", written before answering): a vote that a candidate has received was durable before, and survives the
 * voter's crash. A member observes its vote once it is durable, so that comes before the vote reaches anybody.
 */
export function receivedVotesAreDurable(): Monitor {
  const given = new Map<string, string>();
  const received = new Map<string, { readonly term: number; readonly candidate: string }>();
  return watching(['raft-voted', 'raft-vote-received', 'raft-recovered'], (observation, record) => {
    const { node } = record;
    switch (observation.type) {
      case 'raft-voted':
        given.set(`${node}/${observation.term}`, observation.candidate);
        return undefined;
      case 'raft-vote-received': {
        const { term, voter } = observation;
        if (term > (received.get(voter)?.term ?? 0)) received.set(voter, { term, candidate: node });
        const candidate = given.get(`${voter}/${term}`);
        if (candidate === node) return undefined;
        return `${node} received the vote of ${voter} in term ${term}, whose durable vote is for ${candidate ?? 'nobody'}`;
      }
      case 'raft-recovered': {
        const { term, votedFor } = observation;
        if (votedFor !== '') given.set(`${node}/${term}`, votedFor);
        const vote = received.get(node);
        if (vote === undefined || term > vote.term) return undefined;
        if (term === vote.term && votedFor === vote.candidate) return undefined;
        return `${node} gave ${vote.candidate} its vote in term ${vote.term} and came back in term ${term} with a vote for ${votedFor || 'nobody'}`;
      }
    }
  });
}

/** §5.4.2: a leader concludes that an entry is committed from entries of its own term only. */
export function leaderCommitsOwnTerm(_setup: Setup, shared: Shared): Monitor {
  const logs = shared.the(ObservedLogs);
  const leaders = shared.the(ObservedLeaders);
  return watching(['raft-committed'], (observation, { node }) => {
    if (leaders.termOf(node) !== observation.term) return undefined;
    const term = logs.of(node).terms[observation.index];
    if (term === observation.term) return undefined;
    return `${node}, leader of term ${observation.term}, committed up to ${observation.index}, an entry of term ${term}`;
  });
}
