import { messages, t, type MessageOf } from '../../runtime/schema.js';
import { configurationType } from './configuration/configuration.js';
import { sessionOperationType } from './sessions/sessions.js';
import { snapshotHeadType } from './snapshots/types.js';

const entryType = t.object({
  term: t.int,
  requestId: t.string,
  command: t.plain,
  configuration: t.optional(configurationType),
  session: t.optional(sessionOperationType),
});

/** The round of an answer to a message of an earlier term: it counts in none, as its sender may lead again and count anew. */
export const NO_ROUND = -1;

/**
 * What raft actors say to each other: the RPCs of Figure 2 as one-way messages. Who speaks is the sender's node; a message of any actor but
 * a raft actor at the same path is dropped. Its node need not be a member as far as the receiver knows: what makes it one may be on its way.
 */
const peerMessages = {
  /** §5.2. The sender stands for election in `term`; its log ends with (`lastIndex`, `lastTerm`). `transfer`: the leader told it to (thesis, §3.10). */
  'request-vote': { term: t.int, lastIndex: t.int, lastTerm: t.int, transfer: t.bool },
  vote: { term: t.int, granted: t.bool },
  /** Thesis, §9.6. Would the receiver vote for the sender in `term`, which the sender has not begun yet? */
  'request-pre-vote': { term: t.int, lastIndex: t.int, lastTerm: t.int },
  /** `term`: the one that was asked about if granted; the receiver's own else. */
  'pre-vote': { term: t.int, granted: t.bool },
  /**
   * §5.3. `entries` follow the entry (`prevIndex`, `prevTerm`); none for a heartbeat. `commit` is the leader's. `round` counts the
   * leader's rounds of heartbeats and comes back in the answer: it confirms reads (§8), and shows that who sent it is still there.
   */
  'append-entries': {
    term: t.int,
    prevIndex: t.int,
    prevTerm: t.int,
    entries: t.array(entryType),
    commit: t.int,
    round: t.int,
  },
  /** The sender's log equals the leader's up to `index`, and that is durable. `unknown`, here and below: its disk is not known yet, so it must not count. */
  'append-accepted': { term: t.int, index: t.int, round: t.int, unknown: t.optional(t.bool) },
  /**
   * The sender has no entry (`prevIndex`, prevTerm), or `term` is higher than the leader's. The fast back-up of §5.3: the logs can
   * agree at (`hintIndex`, `hintTerm`) at the latest.
   */
  'append-rejected': {
    term: t.int,
    prevIndex: t.int,
    hintIndex: t.int,
    hintTerm: t.int,
    round: t.int,
    unknown: t.optional(t.bool),
  },
  /**
   * §7. The bytes of a snapshot from `offset` on, for a follower that lacks entries which the leader no longer has. `round` as in
   * `append-entries`, in whose place it is.
   */
  'install-snapshot': { term: t.int, head: snapshotHeadType, offset: t.int, data: t.bytes, round: t.int },
  /** The sender has the snapshot `session` up to `offset`. All of it is answered by `append-accepted`. */
  'snapshot-received': { term: t.int, session: t.string, offset: t.int, round: t.int, unknown: t.optional(t.bool) },
  /** Thesis, §3.10. The leader of `term` wants the receiver to stand for election at once. */
  'timeout-now': { term: t.int },
  /** A member asks the leader up to where it must have applied before it may answer a read (§8). */
  'read-index': {},
  'read-index-confirmed': { index: t.int },
  /** The sender has the disk `disk`, which it names when it is empty: see `identity/`. */
  introduce: { disk: t.string },
  /** The disk that the sender knows, durably, under the receiver's name. */
  introduced: { disk: t.string },
};

/** What clients and neighbours ask of a raft actor. Each is an `ask` to any member. */
const clientMessages = {
  /**
   * Proposes a command. Answer: `proposed` or `propose-failed`. A repetition with the same `requestId` (unique for ever) takes effect
   * once and is answered with the first result. Members forward it to the leader they know, once; with `direct` a member takes it only if it leads itself.
   * `session`: the proposal `number` of the session `id`, whose client has the answers of all numbers up to `acknowledged`; its `requestId` is
   * `sessionRequestId`, and it takes effect once however late it is repeated (thesis, §6.3). See `client-session.ts`.
   */
  propose: {
    requestId: t.string,
    command: t.plain,
    session: t.optional(t.object({ id: t.int, number: t.int, acknowledged: t.int })),
    direct: t.optional(t.bool),
  },
  /**
   * Begins a session; answered like `propose`, with the session's id as the result. It ends when `idleEntries` entries (1 to 1,000,000, default
   * 10,000) were applied without one of its own, when 10,000 others were used later and one more begins, or when its client leaves more
   * than 1,000 answers unacknowledged.
   */
  'register-session': { requestId: t.string, idleEntries: t.optional(t.int), direct: t.optional(t.bool) },
  /**
   * Changes the configuration; answered like `propose`, with the new configuration as the result once it is committed. `simple`: at most one
   * voter comes or goes. `joint`: any change, in force together with the old one until `leave`; `joint-auto` leaves by itself. `auto`:
   * simple where that does, else `joint-auto`. `unavailable` as long as another change is under way.
   */
  'change-configuration': {
    requestId: t.string,
    changes: t.array(t.object({ change: t.oneOf('add-voter', 'add-learner', 'remove'), node: t.string })),
    transition: t.oneOf('auto', 'simple', 'joint', 'joint-auto', 'leave'),
    direct: t.optional(t.bool),
  },
  /** A linearizable query of the state machine. Answer: `read-done` or `read-failed`. */
  read: { query: t.plain },
  /**
   * Hands leadership to a voter (thesis, §3.10), '' for the one whose log has most. Only a leader does that, and it is not forwarded.
   * Answer: `leadership-transferred` or `transfer-failed`.
   */
  'transfer-leadership': { to: t.string },
  /** Only on the own node: from now on `raft-status` and `raft-applied` are sent to the asker. */
  subscribe: {},
};

const answers = {
  proposed: { requestId: t.string, index: t.int, result: t.plain },
  /**
   * `unavailable` and `invalid`: this attempt certainly did not happen. `unknown`: it may have happened, or may yet. `reason`, where a program may
   * want to know:
   * - `session-expired`: the session has ended. `invalid`: no attempt of this proposal took effect or will; `unknown`: one may have.
   * - `answer-dropped`: its client has acknowledged the answer of this proposal, so it is kept no more.
   * - `over-quota`: more bytes are not committed, or on their way to the leader, than `maxUncommittedBytes` allows.
   * - `learner-lags`: a learner is to vote that has not caught up, is not heard, or has a disk that the others do not know.
   * - `disk-unknown`: the others do not know the disk of this member, and may never; another member can do it.
   */
  'propose-failed': {
    requestId: t.string,
    error: t.oneOf('unavailable', 'unknown', 'invalid'),
    reason: t.optional(t.oneOf('session-expired', 'answer-dropped', 'over-quota', 'learner-lags', 'disk-unknown')),
    detail: t.string,
  },
  /** The answer reflects everything up to `index`, and at least all that had been acknowledged when the read was asked. */
  'read-done': { index: t.int, result: t.plain },
  /** `reason` as in `propose-failed`. */
  'read-failed': { error: t.oneOf('unavailable'), reason: t.optional(t.oneOf('disk-unknown')), detail: t.string },
  'leadership-transferred': { to: t.string },
  /** `unavailable` and `invalid`: nothing came of it. `unknown`: the member may yet be elected. */
  'transfer-failed': { error: t.oneOf('unavailable', 'unknown', 'invalid'), detail: t.string },
};

const timers = {
  'election-due': {},
  'votes-due': {},
  'heartbeat-due': {},
  'introductions-due': {},
};

/** Everything that a raft actor understands. */
export const raftMessages = messages('raft', { ...peerMessages, ...clientMessages, ...answers, ...timers });
export type RaftMessage = MessageOf<typeof raftMessages>;
export type RaftMessageOf<T extends RaftMessage['type']> = Extract<RaftMessage, { type: T }>;

/** The fields of what a raft actor tells those that asked it, to be understood by their actors. */
export const raftAnswerFields = Object.freeze({
  ...answers,
  /** `index` has been applied; `notices` are those of the machine since the last such message, in log order. */
  'raft-applied': { index: t.int, notices: t.array(t.plain) },
  /** The machine is as of `index` and did not come there by entries; `summary` is what `machine.summary` says of it, or null. */
  'raft-restored': { index: t.int, summary: t.plain },
  /** `leader` '' where none is known; `inContact` are the members that the leader has heard from lately, [] elsewhere. */
  'raft-status': {
    role: t.oneOf('follower', 'pre-candidate', 'candidate', 'leader'),
    term: t.int,
    leader: t.string,
    inContact: t.array(t.string),
  },
});
export const raftAnswers = messages('raft-answer', raftAnswerFields);
export type RaftAnswer = MessageOf<typeof raftAnswers>;
