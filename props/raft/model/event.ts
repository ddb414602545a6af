/** A message of the stream: entries are a count, and what a type has no use for is 0, "0" or false. */
export interface TraceMessage {
  readonly type: string;
  readonly term: number;
  readonly from: string;
  readonly to: string;
  readonly entries: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly vote: string;
  readonly reject: boolean;
  readonly rejectHint: number;
  /** Ours, beside what etcd's tracer writes: the others do not know the disk of who answers, so the answer counts for nothing. */
  readonly unknown?: true;
}

/** One event of the stream that etcd's TLA+ trace specification reads, field by field. */
export interface TraceEvent {
  readonly name: string;
  readonly nid: string;
  /** `vote` is "0" for nobody. */
  readonly state: { readonly term: number; readonly vote: string; readonly commit: number };
  readonly role: string;
  /** Index of the last entry. */
  readonly log: number;
  /** The voters, and those of the outgoing half of a joint configuration. */
  readonly conf: readonly [readonly string[], readonly string[]];
  readonly msg?: TraceMessage;
  readonly prop?: { readonly match?: number; readonly next?: number; readonly cc?: TraceChange };
}

/** A change of the configuration: how it differs from the one in force, and what it comes to. */
export interface TraceChange {
  readonly changes: readonly { readonly nid: string; readonly action: string }[];
  readonly newconf: readonly string[];
  /** Ours, beside what etcd's tracer writes: the outgoing half of a joint configuration, and who does not vote. */
  readonly outgoing: readonly string[];
  readonly learners: readonly string[];
}

/** No vote, in the stream. */
export const NOBODY = '0';
