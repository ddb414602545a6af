import type { ReplyTo } from '../../../runtime/context.js';
import type { Plain } from '../../../runtime/data.js';
import type { CoordinatorAnswer, CoordinatorError } from '../../coordinator/index.js';
import type { Outcome, StoreCommand, StoreQuery } from './replicated-store.js';
import { raftAddress, type CoordinatorTurn, type Purpose } from './state.js';

/** Proposes a command to raft. `requestId` makes a repetition harmless; with `direct` it is not forwarded to another leader. */
export function propose(
  { context, state }: CoordinatorTurn,
  requestId: string,
  command: StoreCommand,
  purpose: Purpose,
  direct = false,
): void {
  context.ask(
    raftAddress(context),
    { type: 'propose', requestId, command: command as unknown as Plain, direct },
    { timeoutMs: state.proposeTimeoutMs, tag: purpose as unknown as Plain },
  );
}

/** Asks for a linearizable answer of the store. */
export function query({ context, state }: CoordinatorTurn, storeQuery: StoreQuery, purpose: Purpose): void {
  context.ask(
    raftAddress(context),
    { type: 'read', query: storeQuery as unknown as Plain },
    { timeoutMs: state.proposeTimeoutMs, tag: purpose as unknown as Plain },
  );
}

export function purposeOfAnswer({ context }: CoordinatorTurn): Purpose | undefined {
  return (context.answerTag as unknown as Purpose | null) ?? undefined;
}

export function answerClient({ context }: CoordinatorTurn, replyTo: ReplyTo, answer: CoordinatorAnswer): void {
  context.answer(replyTo, answer);
}

export function failClient(
  turn: CoordinatorTurn,
  replyTo: ReplyTo,
  requestId: string,
  error: CoordinatorError,
  detail: string,
): void {
  answerClient(turn, replyTo, { type: 'failed', requestId, error, detail });
}

/** The outcome of a command, as the answer to who asked for it. */
export function answerOf(requestId: string, outcome: Outcome): CoordinatorAnswer {
  switch (outcome.kind) {
    case 'txn-done': {
      const { succeeded, revision, results } = outcome;
      return { type: 'txn-done', requestId, succeeded, revision, results };
    }
    case 'lease-granted':
      return { type: 'lease-granted', requestId, leaseId: outcome.leaseId, ttlMs: outcome.ttlMs };
    case 'lease-ended':
      return { type: 'lease-revoked', leaseId: outcome.leaseId };
    case 'compacted':
      return { type: 'failed', requestId, error: 'invalid', detail: 'no client asks for compaction' };
    case 'failed':
      return { type: 'failed', requestId, error: outcome.error, detail: outcome.detail };
  }
}
