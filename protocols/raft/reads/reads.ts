import type { NodeId } from '../../../runtime/address.js';
import type { ReplyTo } from '../../../runtime/context.js';
import type { Plain } from '../../../runtime/data.js';
import { mayAsk, refusalOfUnknown } from '../identity/identity.js';
import { hasCommittedInTerm } from '../replication/commit.js';
import type { RaftMessageOf } from '../messages.js';
import { isQuorum } from '../configuration/configuration.js';
import { heartbeatToAll } from '../replication/sending.js';
import { extendLease, holdsLease, noteRoundSent } from './lease.js';
import { memberAddress, sendingMember, type RaftTurn, type WaitingRead } from '../state.js';

/**
 * Linearizable reads without log entries (§8; thesis, §6.4, "ReadIndex"): the leader notes its commit index, makes sure by a round of
 * heartbeats that it still leads, and the member that was asked answers once it has applied that far.
 *
 * One round is under way at a time; reads that come meanwhile share the next. The round's number travels with every append, so a lost
 * one is made good by the next heartbeat.
 */
export function onRead(turn: RaftTurn, message: RaftMessageOf<'read'>): void {
  const { context, state } = turn;
  const read: WaitingRead = { replyTo: context.replyTo(), query: message.query };
  if (state.role === 'leader') return queueRead(turn, read);
  if (!mayAsk(state.identity)) {
    return context.answer(read.replyTo, { type: 'read-failed', error: 'unavailable', ...refusalOfUnknown(state.self) });
  }
  if (state.leader === '') return failRead(turn, read, `${state.self} knows no leader`);
  if (state.forwardedCount >= state.parameters.maxWaiting)
    return failRead(turn, read, `${state.self} forwards too much`);
  state.forwardedCount++;
  context.ask(
    memberAddress(state, state.leader),
    { type: 'read-index' },
    {
      timeoutMs: state.parameters.forwardTimeoutMs,
      tag: { kind: 'read', replyTo: { ...read.replyTo }, query: message.query },
    },
  );
}

export function onReadIndex(turn: RaftTurn): void {
  const { context, state } = turn;
  if (sendingMember(context, state) === '') return;
  const read: WaitingRead = { replyTo: context.replyTo() };
  if (state.role === 'leader') queueRead(turn, read);
  else failRead(turn, read, `${state.self} does not lead`);
}

/** The leader's answer for a read that we forwarded. */
export function onReadIndexConfirmed(turn: RaftTurn, message: RaftMessageOf<'read-index-confirmed'>): void {
  const { context, state } = turn;
  const tag = context.answerTag as unknown as { readonly replyTo: ReplyTo; readonly query: Plain } | null;
  if (tag === null) return;
  state.forwardedCount--;
  answerWhenApplied(turn, { replyTo: tag.replyTo, query: tag.query }, message.index);
}

function queueRead(turn: RaftTurn, read: WaitingRead): void {
  const { state } = turn;
  const { reads } = state;
  if (holdsLease(turn)) return answerWhenApplied(turn, read, state.commit);
  if (reads.queued.length >= state.parameters.maxWaiting)
    return failRead(turn, read, `${state.self} has too many reads waiting`);
  reads.queued.push(read);
  beginRound(turn);
}

/** Begins a round for the queued reads, unless one is under way or the leader does not know yet what is committed (§8). */
export function beginRound(turn: RaftTurn): void {
  const { state } = turn;
  const { reads } = state;
  if (reads.confirming.length > 0 || reads.queued.length === 0 || !hasCommittedInTerm(state)) return;
  reads.confirming = reads.queued;
  reads.queued = [];
  reads.confirmingIndex = state.commit;
  reads.round++;
  reads.confirmingRound = reads.round;
  noteRoundSent(turn);
  heartbeatToAll(turn);
  confirmRound(turn);
}

/** Completes the round under way if a majority, ourselves included, has answered it. */
export function confirmRound(turn: RaftTurn): void {
  const { state } = turn;
  const { reads } = state;
  extendLease(turn);
  if (reads.confirming.length === 0) return;
  const hasAnswered = (node: NodeId): boolean =>
    node === state.self || (state.progress.get(node)?.round ?? 0) >= reads.confirmingRound;
  if (!isQuorum(state.configuration, hasAnswered)) return;
  const confirmed = reads.confirming;
  reads.confirming = [];
  for (const read of confirmed) answerWhenApplied(turn, read, reads.confirmingIndex);
  beginRound(turn);
}

function answerWhenApplied(turn: RaftTurn, read: WaitingRead, index: number): void {
  const { context, state } = turn;
  if (read.query === undefined) return context.answer(read.replyTo, { type: 'read-index-confirmed', index });
  if (state.applied >= index) return answerRead(turn, read);
  const { awaitingApply } = state.reads;
  if (awaitingApply.length >= state.parameters.maxWaiting) return failRead(turn, read, `${state.self} lags behind`);
  awaitingApply.push({ index, read });
}

/** After something was applied: the reads that waited for it. */
export function answerAppliedReads(turn: RaftTurn): void {
  const { state } = turn;
  const { awaitingApply } = state.reads;
  if (awaitingApply.length === 0) return;
  const still = awaitingApply.filter(({ index, read }) => {
    if (state.applied < index) return true;
    answerRead(turn, read);
    return false;
  });
  awaitingApply.splice(0, awaitingApply.length, ...still);
}

function answerRead({ context, state, machine }: RaftTurn, read: WaitingRead): void {
  const result = machine.query(state.replica.machine, read.query ?? null);
  context.answer(read.replyTo, { type: 'read-done', index: state.applied, result });
}

function failRead({ context }: RaftTurn, read: WaitingRead, detail: string): void {
  context.answer(read.replyTo, { type: 'read-failed', error: 'unavailable', detail });
}

/** Leadership is over: what it has not confirmed, it cannot confirm any more. */
export function failReads(turn: RaftTurn, detail: string): void {
  const { reads } = turn.state;
  for (const read of reads.confirming) failRead(turn, read, detail);
  for (const read of reads.queued) failRead(turn, read, detail);
  reads.confirming = [];
  reads.queued = [];
}
