import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { ReplyTo } from '../../../runtime/context.js';
import type { Plain } from '../../../runtime/data.js';
import { Digest } from '../log/digest.js';
import { entryAt, lastIndex, prefixHashAt, requestBytesAt, termAt, type LogEntry } from '../log/log.js';
import type { RaftMessageOf } from '../messages.js';
import { observeRaft } from '../observations.js';
import { configurationIndex } from '../configuration/active.js';
import { committedIndex } from '../configuration/configuration.js';
import { compactWhenDue } from '../snapshots/compaction.js';
import {
  admitToSession,
  noteInSession,
  registerSession,
  type Applied,
  type Refusal,
  type SessionOperation,
} from '../sessions/sessions.js';
import type { RaftState, RaftTurn } from '../state.js';

/**
 * How many requests a replica remembers to recognise a repetition. Part of the replicated state's meaning, hence no parameter:
 * all members must forget at the same entry.
 */
export const REQUEST_WINDOW = 10_000;

/**
 * Leader: commits what a majority holds durably. Only entries of the leader's own term are committed by counting; earlier ones are
 * committed with them (§5.4.2, Figure 8). The leader is one voter among others and counts up to its own durable index.
 */
export function advanceCommit(turn: RaftTurn): boolean {
  const { state } = turn;
  assert(state.role === 'leader', `a ${state.role} does not decide what is committed`);
  // All is: what comes are answers to heartbeats.
  if (state.commit === lastIndex(state.log)) return false;
  const reachedBy = (node: NodeId): number => (node === state.self ? state.durableIndex : matchOf(state, node));
  const index = committedIndex(state.configuration, reachedBy);
  assert(
    // What the members before the last change hold may not be on a majority of the new ones yet.
    index >= state.commit || !hasCommittedInTerm(state) || configurationIndex(state) > state.commit,
    `a majority holds the log up to ${index} only, but ${state.commit} was committed in this term`,
  );
  if (index <= state.commit || termAt(state.log, index) !== state.term) return false;
  commitUpTo(turn, index);
  return true;
}

function matchOf(state: RaftState, node: NodeId): number {
  return state.progress.get(node)?.counted ?? 0;
}

/** Whether the leader has committed an entry of its own term, and thereby knows all that was committed before (§8). */
export function hasCommittedInTerm(state: RaftState): boolean {
  return termAt(state.log, state.commit) === state.term;
}

/** The log up to `index` is committed: applies it (§5.3). */
export function commitUpTo(turn: RaftTurn, index: number): void {
  const { context, state } = turn;
  if (index <= state.commit) return;
  assert(index <= lastIndex(state.log), `commit ${index} is beyond the end of the log ${lastIndex(state.log)}`);
  state.commit = index;
  observeRaft(context, { type: 'raft-committed', index, term: state.term, hash: prefixHashAt(state.log, index) });
  applyCommitted(turn);
}

function applyCommitted(turn: RaftTurn): void {
  const { context, state } = turn;
  const notices: Plain[] = [];
  const answers: { readonly replyTo: ReplyTo; readonly answer: RaftMessageOf<'proposed' | 'propose-failed'> }[] = [];
  while (state.applied < state.commit) {
    const index = state.applied + 1;
    const entry = entryAt(state.log, index);
    const outcome = applyEntry(turn, entry, index, notices);
    state.applied = index;
    if (state.role === 'leader') state.uncommittedBytes -= requestBytesAt(state.log, index);
    const { requestId } = entry;
    const waiting = state.proposals.get(requestId);
    if (waiting === undefined) continue;
    state.proposals.delete(requestId);
    const answer = answerOf(requestId, outcome);
    for (const replyTo of waiting) answers.push({ replyTo, answer });
  }
  const { role, uncommittedBytes } = state;
  assert(
    role !== 'leader' || state.commit < lastIndex(state.log) || uncommittedBytes === 0,
    'all bytes are accounted for',
  );
  observeRaft(context, { type: 'raft-applied', index: state.applied, stateHash: state.replica.stateHash });
  for (const subscriber of state.subscribers) {
    context.send(subscriber, { type: 'raft-applied', index: state.applied, notices });
  }
  // After the notices: who asked on this node knows what its proposal changed when it learns that it is done.
  for (const { replyTo, answer } of answers) context.answer(replyTo, answer);
  compactWhenDue(turn);
}

/** What became of a request, as the answer to who made it. */
export function answerOf(
  requestId: string,
  outcome: Applied | Refusal,
): RaftMessageOf<'proposed'> | RaftMessageOf<'propose-failed'> {
  if ('error' in outcome) return { type: 'propose-failed', requestId, ...outcome };
  return { type: 'proposed', requestId, ...outcome };
}

/**
 * Applies one entry to the replica. A request that was applied before has no second effect and gets its first result: clients may
 * repeat a request until they know its fate (§8). In a session that holds as long as the session; without one, the table forgets the oldest
 * beyond `REQUEST_WINDOW`.
 */
function applyEntry(turn: RaftTurn, entry: LogEntry, index: number, notices: Plain[]): Applied | Refusal {
  const { replica } = turn.state;
  const { requestId, session } = entry;
  if (requestId === '') return { index, result: null };
  if (session?.kind === 'propose') return applyInSession(turn, entry, session, index, notices);
  const first = replica.requests.get(requestId);
  if (first !== undefined) return first;
  const outcome = { index, result: effectOf(turn, entry, index, notices) };
  replica.requests.set(requestId, outcome);
  if (replica.requests.size > REQUEST_WINDOW) forgetOldest(replica.requests);
  const digest = new Digest(replica.stateHash);
  digest.text(requestId);
  digest.plain(outcome.result);
  // A replica that has forgotten what the others remember would treat a repetition otherwise, whenever one comes.
  digest.integer(replica.requests.size);
  replica.stateHash = digest.value();
  return outcome;
}

/** What comes of a repetition is digested too: it rests on the table of sessions, on which all replicas must agree. */
function applyInSession(
  turn: RaftTurn,
  entry: LogEntry,
  proposal: Extract<SessionOperation, { kind: 'propose' }>,
  index: number,
  notices: Plain[],
): Applied | Refusal {
  const { replica, sessionEntries } = turn.state;
  const admitted = admitToSession(replica.sessions, proposal, index);
  if (sessionEntries.get(proposal.id) === index) sessionEntries.delete(proposal.id);
  const digest = new Digest(replica.stateHash);
  digest.text(entry.requestId);
  digest.integer(replica.sessions.open.size);
  if ('session' in admitted) {
    const outcome = { index, result: effectOf(turn, entry, index, notices) };
    noteInSession(admitted.session, proposal.number, outcome);
    digest.plain(outcome.result);
    replica.stateHash = digest.value();
    return outcome;
  }
  if ('first' in admitted) digest.integer(admitted.first.index);
  else digest.text(admitted.refusal.error);
  replica.stateHash = digest.value();
  return 'first' in admitted ? admitted.first : admitted.refusal;
}

function effectOf({ state, machine }: RaftTurn, entry: LogEntry, index: number, notices: Plain[]): Plain {
  const { replica } = state;
  if (entry.configuration !== undefined) return entry.configuration;
  if (entry.session?.kind === 'register') {
    registerSession(replica.sessions, index, entry.session.idleEntries);
    return index;
  }
  const { result, notice } = machine.apply(replica.machine, entry.command, index);
  if (notice !== undefined) notices.push(notice);
  return result;
}

function forgetOldest(requests: Map<string, unknown>): void {
  for (const requestId of requests.keys()) {
    requests.delete(requestId);
    return;
  }
}
