import type { NodeId } from '../../../runtime/address.js';

/** How many of `voters` make a majority: any two majorities share a voter. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The highest index that a majority has reached, given the index that each voter has reached; Infinity without voters, who have
 * nothing to say. For up to a dozen voters counting is faster than sorting, and allocates nothing.
 */
export function quorumIndex(reached: readonly number[]): number {
  if (reached.length === 0) return Infinity;
  const quorum = quorumOf(reached.length);
  let highest = 0;
  for (const candidate of reached) {
    if (candidate <= highest) continue;
    let count = 0;
    for (const index of reached) if (index >= candidate) count++;
    if (count >= quorum) highest = candidate;
  }
  return highest;
}

/** What has come of an election or a question so far. `lost`: those who have not answered can no longer change it. */
export type VoteResult = 'won' | 'pending' | 'lost';

/** `votes` has true for a yes, false for a no, and nothing for who has not answered. Without voters there is nobody against it: won. */
export function voteOfMajority(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  let yes = 0;
  let missing = 0;
  for (const voter of voters) {
    const vote = votes.get(voter);
    if (vote === undefined) missing++;
    else if (vote) yes++;
  }
  const quorum = quorumOf(voters.length);
  if (voters.length === 0 || yes >= quorum) return 'won';
  return yes + missing >= quorum ? 'pending' : 'lost';
}
