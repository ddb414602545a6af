import type { TraceEvent, TraceMessage } from './event.js';
import { NOBODY } from './event.js';
import { demand } from './refusal.js';

/** By position, the term of each entry: index and term name an entry (Log Matching, §5.3). Never changed in place. */
export type Log = readonly number[];

/** What a crash leaves (Figure 2, "persistent state"). */
export interface Kept {
  readonly term: number;
  readonly vote: string;
  readonly log: Log;
}

/** What a member owes the one whose request it has taken. */
export interface Answer {
  readonly type: string;
  readonly to: string;
  readonly term: number;
  readonly reject: boolean;
  readonly index: number;
}

export interface ModelNode {
  readonly id: string;
  term: number;
  vote: string;
  role: 'StateFollower' | 'StateCandidate' | 'StateLeader';
  log: Log;
  commit: number;
  conf: readonly [readonly string[], readonly string[]];
  /** Candidate: who voted for it in its term. */
  votes: Set<string>;
  /** Leader: up to where each member is known to hold its log. */
  match: Map<string, number>;
  /** Survives a crash for certain. */
  durable: Kept;
  /** What it came to since, oldest first: a crash may leave any of it. */
  unsynced: Kept[];
  /** What was, or may have been, on disks that it lost: what it said in earlier lives rests on that. */
  lost: readonly Kept[];
  /** It has voted, stood or said what it holds: others may rely on what was on its disk then. */
  hasSpoken: boolean;
  /** It had spoken, and came back with an empty disk: it must not again. */
  isDisowned: boolean;
  answer: Answer | undefined;
  /** As it was when a message had made it a follower, before it took the rest of that message up: its next event may tell. */
  steppedDown: Shown | undefined;
  /** Follower: as it was when it had taken the entries of the last append, before it learned from it what is committed. */
  appended: Shown | undefined;
}

/** What every event shows of its member. */
export type Shown = Pick<ModelNode, 'term' | 'vote' | 'role' | 'log' | 'commit' | 'conf'>;

/** All members, and the messages between them. A message may be lost, doubled and reordered, so none is ever taken away. */
export interface ModelState {
  readonly nodes: Map<string, ModelNode>;
  /** By what the stream shows of it: the terms of the entries that a message brings. */
  readonly sent: Map<string, Log>;
  readonly leaders: Map<number, string>;
  /** The configurations of the group: the one that it began with, and those of entries, which index and term name. */
  readonly configurations: InForce[];
  /** The committed log, and by position in which term each entry was first known as committed. */
  committed: Log;
  readonly committedIn: number[];
  highestTerm: number;
}

export function initialModel(): ModelState {
  return {
    nodes: new Map(),
    sent: new Map(),
    leaders: new Map(),
    configurations: [],
    committed: [],
    committedIn: [],
    highestTerm: 0,
  };
}

export function keptOf({ term, vote, log }: ModelNode): Kept {
  return { term, vote, log };
}

export function termAt(log: Log, index: number): number {
  return index === 0 ? 0 : (log[index - 1] ?? -1);
}

/** @throws Refusal where the event does not show the member as the model has it. */
export function demandShown(node: Shown, event: TraceEvent): void {
  const { state, role, log, conf } = event;
  demand(state.term === node.term, () => `it shows term ${state.term} where ${node.term} follows (§5.1)`);
  demand(state.vote === node.vote, () => `it shows a vote for ${state.vote} where ${node.vote} follows (§5.2)`);
  demand(state.commit === node.commit, () => `it shows commit ${state.commit} where ${node.commit} follows (§5.3)`);
  demand(role === node.role, () => `it shows ${role} where ${node.role} follows (§5.2)`);
  demand(log === node.log.length, () => `it shows a log of ${log} entries where ${node.log.length} follow (§5.3)`);
  demandConfiguration(node, conf);
}

export function demandConfiguration(node: Pick<Shown, 'conf'>, conf: TraceEvent['conf']): void {
  const [voters, outgoing] = node.conf;
  demand(
    isSame(conf[0], voters) && isSame(conf[1], outgoing),
    () => `it shows the voters ${describe(conf)} where ${describe(node.conf)} follow (thesis, §4.1)`,
  );
}

export function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((member, i) => member === others[i]);
}

function describe([incoming, outgoing]: TraceEvent['conf']): string {
  return outgoing.length === 0 ? incoming.join(' ') : `${incoming.join(' ')} and ${outgoing.join(' ')}`;
}

/** A configuration, and the entry that made it. `members` are all who get the log. */
export interface InForce {
  readonly index: number;
  readonly term: number;
  readonly conf: TraceEvent['conf'];
  readonly members: ReadonlySet<string>;
}

/** The last configuration in a log, committed or not (thesis, §4.1). */
export function inForce(model: ModelState, log: Log): InForce {
  let found: InForce | undefined;
  for (const candidate of model.configurations) {
    const isLater = found === undefined || candidate.index > found.index;
    if (isLater && termAt(log, candidate.index) === candidate.term) found = candidate;
  }
  demand(found !== undefined, () => 'no member has started');
  return found;
}

/** Whether those of whom `holds` is true are a majority, in a joint configuration one of each half (thesis, §4.3). */
export function isQuorum(conf: TraceEvent['conf'], holds: (member: string) => boolean): boolean {
  return conf.every((half) => half.length === 0 || 2 * half.filter(holds).length > half.length);
}

/** Any message with a later term makes its receiver a follower of that term, who has not voted in it (§5.1). */
export function learnTerm(model: ModelState, node: ModelNode, term: number): void {
  if (term <= node.term) return;
  node.term = term;
  node.vote = NOBODY;
  model.highestTerm = Math.max(model.highestTerm, term);
  becomeFollower(node);
}

export function becomeFollower(node: ModelNode): void {
  const wasFollower = node.role === 'StateFollower';
  node.role = 'StateFollower';
  node.votes = new Set();
  node.match = new Map();
  if (!wasFollower) node.steppedDown = { ...node };
}

/** It says what others may rely on. @throws Refusal where it had before, and lost the disk that this was on. */
export function speak(node: ModelNode): void {
  demand(!node.isDisowned, () => 'it lost its disk, and what it had promised with it: it neither votes nor counts');
  node.hasSpoken = true;
}

/** What has become known as committed is the same log for all (State Machine Safety, §5.4.3). */
export function settle(model: ModelState, node: ModelNode, commit: number): void {
  demand(commit <= node.log.length, () => `commit ${commit} is beyond the end of the log, ${node.log.length} (§5.3)`);
  const known = Math.min(commit, model.committed.length);
  for (let index = node.commit + 1; index <= known; index++) {
    const theirs = termAt(model.committed, index);
    const own = termAt(node.log, index);
    demand(own === theirs, () => `it commits entry ${index} of term ${own}; that of term ${theirs} is (§5.4.3)`);
  }
  if (commit > model.committed.length) {
    model.committed = node.log.slice(0, commit);
    while (model.committedIn.length < commit) model.committedIn.push(node.term);
  }
  node.commit = commit;
}

export function keyOf(message: TraceMessage): string {
  const { type, term, from, to, entries, logTerm, index, commit, reject, rejectHint, unknown = false } = message;
  return `${type} ${term} ${from} ${to} ${entries} ${logTerm} ${index} ${commit} ${reject} ${rejectHint} ${unknown}`;
}

/** @throws Refusal where the message does not speak for its sender. */
export function send(model: ModelState, node: ModelNode, message: TraceMessage, entries: Log = []): void {
  demand(message.from === node.id, () => `the message is from ${message.from}`);
  demand(message.term === node.term, () => `its message has term ${message.term}; its own is ${node.term} (§5.1)`);
  model.sent.set(keyOf(message), entries);
}

/** @throws Refusal where nobody sent the message, or its sender could not stand by it after a crash. */
export function receive(model: ModelState, node: ModelNode, message: TraceMessage): Log {
  demand(message.to === node.id, () => `the message is for ${message.to}`);
  const entries = model.sent.get(keyOf(message));
  demand(entries !== undefined, () => `${message.from} never sent this ${message.type} of term ${message.term}`);
  const sender = model.nodes.get(message.from);
  demand(sender !== undefined && promisesOf(sender).some((kept) => standsBy(kept, message)), () => {
    return `what ${message.from} says in this ${message.type} was not durable when it left (§5.1)`;
  });
  return entries;
}

/** What a member's word can rest on: what is on its disk, and what was on those that it lost. */
export function promisesOf({ durable, lost }: ModelNode): readonly Kept[] {
  return [durable, ...lost];
}

/** Persistent state is written before an answer leaves. Appends may go before the entries are durable, but not before the term is. */
function standsBy({ term, vote, log }: Kept, message: TraceMessage): boolean {
  if (term !== message.term) return term > message.term;
  if (message.type === 'MsgVote') return vote === message.from;
  if (message.type === 'MsgVoteResp') return message.reject || vote === message.to;
  if (message.type === 'MsgAppResp') return message.reject || log.length >= message.index;
  return true;
}
