import type { Monitor } from '../../sim/properties/property.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import { factOf } from './facts.js';

interface Commit {
  readonly token: number;
  readonly revision: number;
}

/**
 * No split brain: once a planner has committed something, none with a lower token does. Commits are told late, so they are
 * judged by the store's revisions, not by when they were told.
 */
export function deposedPlannersCommitNothing(): Monitor {
  // Rising in revision, and so rising in token as well.
  const commits: Commit[] = [];
  return {
    observe(record) {
      const commit = commitIn(record);
      if (commit === undefined) return undefined;
      const at = commits.findLastIndex(({ revision }) => revision <= commit.revision);
      const same = commits[at];
      if (same?.revision === commit.revision && same.token === commit.token) return undefined;
      commits.splice(at + 1, 0, commit);
      return findOutOfOrder(commits[at], commit) ?? findOutOfOrder(commit, commits[at + 2]);
    },
  };
}

/** A tick in the ledger names the planner that recorded it, so its commit is seen though the planner never learned of it. */
function commitIn(record: ObservedRecord): Commit | undefined {
  const tick = factOf(record, 'tick-recorded');
  if (tick !== undefined) return { token: tick.plannerToken, revision: tick.revision };
  const fact = factOf(record, 'plan-committed') ?? factOf(record, 'execution-reaped');
  return fact === undefined ? undefined : { token: fact.token, revision: fact.revision };
}

function findOutOfOrder(earlier: Commit | undefined, later: Commit | undefined): string | undefined {
  if (earlier === undefined || later === undefined || earlier.token <= later.token) return undefined;
  const told = ({ token, revision }: Commit): string => `token ${token} committed revision ${revision}`;
  return `the planner of ${told(earlier)}, and then the deposed one of ${told(later)}`;
}

/** An election is won by one: no token is held by two nodes. */
export function mandatesExclusive(): Monitor {
  const holders = new Map<number, string>();
  return {
    observe(record) {
      const fact = factOf(record, 'planner-active');
      if (fact === undefined) return undefined;
      const holder = holders.get(fact.token);
      holders.set(fact.token, holder ?? record.node);
      if (holder === undefined || holder === record.node) return undefined;
      return `${holder} and ${record.node} both hold the planner's token ${fact.token}`;
    },
  };
}
