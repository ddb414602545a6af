/** How many of `voters` make a majority: any two majorities share a voter. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The highest index that a majority has reached, given the index that each voter has reached. For up to a dozen voters
 * counting is faster than sorting, and allocates nothing.
 */
export function quorumIndex(reached: readonly number[]): number {
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
