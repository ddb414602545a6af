import type { Observation } from '../../runtime/observation.js';

/**
 * What a raft actor observes. Election Safety, Leader Append-Only, Log Matching, Leader Completeness and State Machine Safety
 * (Figure 3) can be judged from these alone. Like every observation they leave the node once what they rest on is durable:
 * what was observed survives a crash. What was durable but not yet observed at a crash appears in `raft-recovered`.
 */
export type RaftObservation =
  | RaftRecovered
  | RaftRoleChanged
  | RaftVoted
  | RaftVoteReceived
  | RaftBecameLeader
  | RaftAppended
  | RaftTruncated
  | RaftCommitted
  | RaftApplied
  | RaftConfigured
  | RaftCompacted
  | RaftSnapshotInstalled
  | RaftDiskNoted
  | RaftDiskKnown
  | RaftDiskDisowned;

/** The member came back with this log. `terms` and `hashes` are those of the last entries (at most 128), the last one at `lastIndex`. */
export type RaftRecovered = {
  readonly type: 'raft-recovered';
  readonly term: number;
  readonly votedFor: string;
  readonly lastIndex: number;
  readonly terms: readonly number[];
  readonly hashes: readonly number[];
};

/** `from` is the role that it had before. A leader that steps down becomes a follower. */
export type RaftRoleChanged = {
  readonly type: 'raft-became-follower' | 'raft-became-pre-candidate' | 'raft-became-candidate';
  readonly term: number;
  readonly from: string;
};

/** The member's vote of `term`, once durable; its own included. */
export type RaftVoted = { readonly type: 'raft-voted'; readonly term: number; readonly candidate: string };

/** A candidate counts the vote of another member, given in `term`: that vote can never be taken back. */
export type RaftVoteReceived = { readonly type: 'raft-vote-received'; readonly term: number; readonly voter: string };

/** `lastIndex` is the last index before the no-op of its term. */
export type RaftBecameLeader = {
  readonly type: 'raft-became-leader';
  readonly term: number;
  readonly lastIndex: number;
};

/** Entries `fromIndex` .. were appended; `hashes[i]` digests the log up to and with the entry `fromIndex + i`. */
export type RaftAppended = {
  readonly type: 'raft-appended';
  readonly fromIndex: number;
  readonly terms: readonly number[];
  readonly hashes: readonly number[];
};

/** The entries with `index >= fromIndex` were removed, because another leader's differ. */
export type RaftTruncated = { readonly type: 'raft-truncated'; readonly fromIndex: number };

/** The member learned, in `term`, that the log up to `index` is committed; `hash` digests that prefix. */
export type RaftCommitted = {
  readonly type: 'raft-committed';
  readonly index: number;
  readonly term: number;
  readonly hash: number;
};

/** The state machine has taken the log up to `index`; `stateHash` digests every command applied and every result. */
export type RaftApplied = { readonly type: 'raft-applied'; readonly index: number; readonly stateHash: number };

/**
 * Who belongs to the group from now on, as far as this member's log tells: after every start, and when an entry with a configuration came
 * into its log or was removed from it. `index`: the entry; 0 for the configuration that the group began with.
 */
export type RaftConfigured = {
  readonly type: 'raft-configured';
  readonly index: number;
  readonly term: number;
  readonly voters: readonly string[];
  readonly outgoing: readonly string[];
  readonly learners: readonly string[];
};

/** A snapshot was taken of what was applied up to `index`; the log begins at `firstIndex` from now on. */
export type RaftCompacted = { readonly type: 'raft-compacted'; readonly index: number; readonly firstIndex: number };

/**
 * A leader's snapshot has taken the place of the log, which goes on after the entry (`index`, `entryTerm`); `hash` digests the log up to there,
 * `stateHash` what was applied.
 */
export type RaftSnapshotInstalled = {
  readonly type: 'raft-snapshot-installed';
  readonly index: number;
  readonly entryTerm: number;
  readonly hash: number;
  readonly stateHash: number;
};

/** The member knows `member` by this disk from now on, and says so to it. */
export type RaftDiskNoted = { readonly type: 'raft-disk-noted'; readonly member: string; readonly disk: string };

/** Enough others know the member's disk, so it may vote and count. */
export type RaftDiskKnown = { readonly type: 'raft-disk-known'; readonly disk: string };

/** The member has lost its disk: `by` knows another under its name. From now on it neither votes nor counts; remove it, and add one under a new name. */
export type RaftDiskDisowned = {
  readonly type: 'raft-disk-disowned';
  readonly disk: string;
  readonly knownDisk: string;
  readonly by: string;
};

/** Only raft's own observations are made through here, so that their shapes are those above. */
export function observeRaft(context: { observe(observation: Observation): void }, observation: RaftObservation): void {
  context.observe(observation);
}
