import { isNodeId, type NodeId } from '../../runtime/address.js';
import type { PlainObject } from '../../runtime/data.js';

/** Parameters of a member. All times are milliseconds on the node's monotonic clock. */
export interface RaftParameters extends PlainObject {
  /**
   * The voters with whom the group began, the same at all nodes for ever, also at those that are added later: the log goes on from there. 1
   * to 15 node ids; each runs a raft actor at the same actor path. A node that is not among them waits to be added.
   */
  readonly members: readonly NodeId[];
  /** A follower that heard of no leader for a time drawn from here stands for election. */
  readonly electionTimeoutMs: { readonly min: number; readonly max: number };
  readonly heartbeatMs: number;
  /** A member raises its term only when a quorum would vote for it (thesis, §9.6). Members of either setting work together. */
  readonly preVote: boolean;
  /** Who hears a leader refuses votes to others, within the least election time-out (thesis, §4.2.3). Lease reads rest on it. */
  readonly leaderStickiness: boolean;
  /** A leader that hears no quorum for the greatest election time-out makes way (thesis, §6.2): it can commit nothing. */
  readonly checkQuorum: boolean;
  /** A leader whose disk has completed nothing of what it wrote for the greatest election time-out makes way: it can answer nobody. */
  readonly checkDisk: boolean;
  /** Who is to lead if it can: integers by member, the same at all members; 0 where absent. Safety does not rest on them. */
  readonly priorities: { readonly [member: NodeId]: number };
  /**
   * The leader answers reads from its own state as long as its lease lasts (thesis, §6.4.1), where no clock's rate is further than this from
   * true time, in parts per million. Null, the default: every read is confirmed by a quorum, and safety rests on no clock. The same at all
   * members, like `electionTimeoutMs.min`.
   */
  readonly leaseReads: { readonly maxDriftPpm: number } | null;
  /** How long a forwarded proposal or read waits for the leader's answer. */
  readonly forwardTimeoutMs: number;
  /** Entries in one append, at most. */
  readonly maxEntriesPerAppend: number;
  /** Estimated bytes of entries in one append, at most; one entry always fits. */
  readonly maxBytesPerAppend: number;
  /** Appends on their way to one follower, at most. */
  readonly maxAppendsInFlight: number;
  /** Estimated bytes of entries on their way to one follower: when they are as many, it gets no more. */
  readonly maxBytesInFlight: number;
  /** A snapshot is taken when so many entries were applied since the last (§7). */
  readonly compactAfterEntries: number;
  /** Entries that stay in the log before a snapshot's end, for followers that are a little behind; 0 for none. */
  readonly keepEntries: number;
  /** Bytes of a snapshot in one message. */
  readonly snapshotChunkBytes: number;
  /** A larger snapshot of another member is not taken; nor is more of the log kept for those that are being sent one. */
  readonly maxSnapshotBytes: number;
  /** Proposals and reads that wait here, at most of each; more are refused as unavailable. */
  readonly maxWaiting: number;
  /**
   * Estimated bytes of requests in the leader's log that are not committed yet, and of those that a member forwards: beyond it more are refused.
   * Where there are none, one is taken whatever its size.
   */
  readonly maxUncommittedBytes: number;
  /** Estimated bytes of one command, at most. */
  readonly maxCommandBytes: number;
}

export const RAFT_DEFAULTS: Omit<RaftParameters, 'members'> = Object.freeze({
  electionTimeoutMs: Object.freeze({ min: 1000, max: 2000 }),
  heartbeatMs: 100,
  preVote: true,
  leaderStickiness: true,
  checkQuorum: true,
  checkDisk: true,
  leaseReads: null,
  priorities: Object.freeze({}),
  forwardTimeoutMs: 3000,
  maxEntriesPerAppend: 64,
  maxBytesPerAppend: 256 * 1024,
  maxAppendsInFlight: 8,
  maxBytesInFlight: 1024 * 1024,
  compactAfterEntries: 10_000,
  keepEntries: 2000,
  snapshotChunkBytes: 64 * 1024,
  maxSnapshotBytes: 256 * 1024 * 1024,
  maxWaiting: 10_000,
  maxUncommittedBytes: 64 * 1024 * 1024,
  maxCommandBytes: 1024 * 1024,
});

export const MEMBERS_MAX = 15;

/** Parameters with defaults filled in; throws a RangeError that names what is wrong and what would be right. */
export function raftParameters(
  given: Partial<RaftParameters> & { readonly members: readonly NodeId[] },
): RaftParameters {
  const parameters: RaftParameters = { ...RAFT_DEFAULTS, ...given } as RaftParameters;
  const fault = findFault(parameters);
  if (fault !== undefined) throw new RangeError(`raft parameters: ${fault}`);
  return parameters;
}

function findFault(parameters: RaftParameters): string | undefined {
  const { members, electionTimeoutMs, heartbeatMs } = parameters;
  if (members.length < 1 || members.length > MEMBERS_MAX) {
    return `members: ${members.length} given; name 1 to ${MEMBERS_MAX} nodes, best 3 or 5`;
  }
  if (new Set(members).size !== members.length) return 'members: a node is named twice; name each once';
  const badId = members.find((member) => !isNodeId(member));
  if (badId !== undefined) return `members: ${JSON.stringify(badId)} is no node id; use letters, digits, . _ -`;
  if (!(heartbeatMs >= 1)) return `heartbeatMs: ${heartbeatMs}; it must be at least 1`;
  const { min, max } = electionTimeoutMs;
  if (!(min >= 2 * heartbeatMs)) return `electionTimeoutMs.min: ${min}; it must be at least twice heartbeatMs`;
  if (!(max > min)) return `electionTimeoutMs.max: ${max}; it must exceed min, or votes split for ever`;
  const { keepEntries, leaseReads, leaderStickiness } = parameters;
  if (leaseReads !== null) {
    const { maxDriftPpm } = leaseReads;
    const isDrift = Number.isSafeInteger(maxDriftPpm) && maxDriftPpm >= 0 && maxDriftPpm <= DRIFT_MAX_PPM;
    if (!isDrift) return `leaseReads.maxDriftPpm: ${maxDriftPpm}; it must be an integer of 0 to ${DRIFT_MAX_PPM}`;
    if (!leaderStickiness) return 'leaseReads: they rest on leaderStickiness; set it to true';
  }
  if (!Number.isSafeInteger(keepEntries) || keepEntries < 0) return `keepEntries: ${keepEntries}; it must be 0 or more`;
  for (const [member, priority] of Object.entries(parameters.priorities)) {
    if (!Number.isSafeInteger(priority)) return `priorities: ${member} has ${priority}; use an integer`;
  }
  for (const limit of LIMITS) {
    const value = parameters[limit];
    if (!Number.isSafeInteger(value) || value < 1) return `${limit}: ${value}; it must be a positive integer`;
  }
  return undefined;
}

const DRIFT_MAX_PPM = 100_000;

const LIMITS = Object.freeze([
  'forwardTimeoutMs',
  'maxEntriesPerAppend',
  'maxBytesPerAppend',
  'maxAppendsInFlight',
  'maxBytesInFlight',
  'compactAfterEntries',
  'snapshotChunkBytes',
  'maxSnapshotBytes',
  'maxWaiting',
  'maxUncommittedBytes',
  'maxCommandBytes',
] as const);
