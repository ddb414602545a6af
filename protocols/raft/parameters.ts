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
  /** Who is to lead if it can: integers by member, the same at all members; 0 where absent. Safety does not rest on them. */
  readonly priorities: { readonly [member: NodeId]: number };
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
  /** Proposals and reads that wait here, at most of each; more are refused as unavailable. */
  readonly maxWaiting: number;
  /** Estimated bytes of one command, at most. */
  readonly maxCommandBytes: number;
}

export const RAFT_DEFAULTS: Omit<RaftParameters, 'members'> = Object.freeze({
  electionTimeoutMs: Object.freeze({ min: 1000, max: 2000 }),
  heartbeatMs: 100,
  preVote: true,
  leaderStickiness: true,
  priorities: Object.freeze({}),
  forwardTimeoutMs: 3000,
  maxEntriesPerAppend: 64,
  maxBytesPerAppend: 256 * 1024,
  maxAppendsInFlight: 8,
  maxBytesInFlight: 1024 * 1024,
  maxWaiting: 10_000,
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
  for (const [member, priority] of Object.entries(parameters.priorities)) {
    if (!Number.isSafeInteger(priority)) return `priorities: ${member} has ${priority}; use an integer`;
  }
  for (const limit of LIMITS) {
    const value = parameters[limit];
    if (!Number.isSafeInteger(value) || value < 1) return `${limit}: ${value}; it must be a positive integer`;
  }
  return undefined;
}

const LIMITS = Object.freeze([
  'forwardTimeoutMs',
  'maxEntriesPerAppend',
  'maxBytesPerAppend',
  'maxAppendsInFlight',
  'maxBytesInFlight',
  'maxWaiting',
  'maxCommandBytes',
] as const);
