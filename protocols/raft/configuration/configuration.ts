import type { NodeId } from '../../../runtime/address.js';
import { t } from '../../../runtime/schema.js';
import { quorumIndex, quorumOf, voteOfMajority, type VoteResult } from './majority.js';

/** A configuration in messages, entries and snapshots. */
export const configurationType = t.object({
  voters: t.array(t.string),
  outgoing: t.array(t.string),
  learners: t.array(t.string),
  learnersNext: t.array(t.string),
  autoLeave: t.bool,
});

/**
 * Who belongs to the group (thesis, chapter 4). Plain data; each list is sorted and names nobody twice.
 *
 * Invariants: learners vote nowhere, so they are in neither `voters` nor `outgoing`; `learnersNext` are outgoing and no incoming voters, and
 * become learners when the joint configuration ends; only a joint configuration has `outgoing`, `learnersNext` or `autoLeave`.
 */
export type Configuration = {
  /** The voters; in a joint configuration those of the new one. */
  readonly voters: readonly NodeId[];
  /** Joint: the voters of the old one. Decisions need a majority of each. Empty otherwise. */
  readonly outgoing: readonly NodeId[];
  /** They get the log, and neither vote nor count. */
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  /** The leader ends the joint configuration by itself once it is committed. */
  readonly autoLeave: boolean;
};

export function configurationOf(voters: readonly NodeId[]): Configuration {
  return { voters: [...voters].sort(), outgoing: [], learners: [], learnersNext: [], autoLeave: false };
}

export function isJoint({ outgoing }: Configuration): boolean {
  return outgoing.length > 0;
}

export function isVoter({ voters, outgoing }: Configuration, node: NodeId): boolean {
  return voters.includes(node) || outgoing.includes(node);
}

/** Everybody who gets the log, sorted. */
export function membersOf({ voters, outgoing, learners, learnersNext }: Configuration): readonly NodeId[] {
  if (outgoing.length === 0 && learners.length === 0) return voters;
  return [...new Set([...voters, ...outgoing, ...learners, ...learnersNext])].sort();
}

/** The highest index that a majority, in a joint configuration one of each half, has reached (thesis, §4.3). */
export function committedIndex({ voters, outgoing }: Configuration, reachedBy: (node: NodeId) => number): number {
  const incoming = quorumIndex(voters.map(reachedBy));
  return outgoing.length === 0 ? incoming : Math.min(incoming, quorumIndex(outgoing.map(reachedBy)));
}

/** A joint configuration decides what both halves decide: one half that is lost loses all. */
export function voteResult({ voters, outgoing }: Configuration, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const incoming = voteOfMajority(voters, votes);
  const before = voteOfMajority(outgoing, votes);
  if (incoming === before) return incoming;
  if (incoming === 'lost' || before === 'lost') return 'lost';
  return 'pending';
}

/** Whether those of whom `holds` is true are a majority, in a joint configuration one of each half. */
export function isQuorum({ voters, outgoing }: Configuration, holds: (node: NodeId) => boolean): boolean {
  return holdsMajority(voters, holds) && (outgoing.length === 0 || holdsMajority(outgoing, holds));
}

function holdsMajority(half: readonly NodeId[], holds: (node: NodeId) => boolean): boolean {
  let count = 0;
  for (const voter of half) if (holds(voter)) count++;
  return count >= quorumOf(half.length);
}
