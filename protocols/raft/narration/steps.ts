import type { NodeId } from '../../../runtime/address.js';

/** What a member does, named as in the event stream that etcd's TLA+ trace specification reads. */
export type RaftStepName =
  | 'InitState'
  | 'BecomeFollower'
  | 'BecomeCandidate'
  | 'BecomeLeader'
  | 'Replicate'
  | 'ChangeConf'
  | 'ApplyConfChange'
  | 'Commit'
  | 'Ready'
  | `${'Send' | 'Receive'}${RaftStepMessageName}`;

type RaftStepMessageName =
  'RequestVoteRequest' | 'RequestVoteResponse' | 'AppendEntriesRequest' | 'AppendEntriesResponse';

/** A message as that stream shows it: the entries are a count. What a type has no use for is 0 or false. */
export type RaftStepMessage = {
  readonly type: 'MsgVote' | 'MsgVoteResp' | 'MsgApp' | 'MsgAppResp' | 'MsgSnap';
  readonly term: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly entries: number;
  readonly logTerm: number;
  readonly index: number;
  /** Up to where the receiver learns that the log is committed; never beyond the entries that come with it. */
  readonly commit: number;
  readonly reject: boolean;
  readonly rejectHint: number;
  /** The disk of who answers is not known, so the answer counts for nothing. */
  readonly unknown: boolean;
};

/**
 * One step of a member, as it stands in memory: after it for changes of state, before it for entries that are appended, and at the
 * moment of it for messages. `Ready` tells instead the term, the vote and the log that are durable now.
 */
export type RaftStep = {
  readonly type: 'raft-step';
  readonly step: RaftStepName;
  readonly term: number;
  /** '' for nobody. */
  readonly votedFor: NodeId;
  readonly commit: number;
  /** A pre-candidate is a follower still: it has changed nothing that others rely on. */
  readonly role: 'follower' | 'candidate' | 'leader';
  readonly lastIndex: number;
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly message?: RaftStepMessage;
  /** Of an append that is sent: what is known of its receiver. */
  readonly match?: number;
  readonly next?: number;
  /** Of an entry that changes the configuration, and where a configuration has come into force. */
  readonly configuration?: {
    readonly voters: readonly NodeId[];
    readonly outgoing: readonly NodeId[];
    readonly learners: readonly NodeId[];
  };
};

/** What a member keeps in mind to tell its steps; only where somebody follows it. */
export interface Narration {
  /** The term that has been told. */
  term: number;
  /** The LSN of what was written since the last turn began. */
  writtenLsn: number | undefined;
  /** Written and not durable yet, by rising LSN: what a crash leaves of each. */
  readonly unsynced: {
    readonly lsn: number;
    readonly term: number;
    readonly votedFor: NodeId;
    readonly index: number;
  }[];
  /** An append was the last thing that was observed: a configuration that comes into force next came with it. */
  hasAppended: boolean;
  /** What a leader and a candidate have said to themselves and not heard yet, since it was not durable. */
  readonly toSelf: RaftStepMessage[];
}
