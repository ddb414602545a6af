import type { NodeId } from '../../../runtime/address.js';
import { isQuorum } from '../configuration/configuration.js';
import { hasCommittedInTerm } from '../replication/commit.js';
import type { RaftTurn } from '../state.js';

/**
 * The leader's lease (thesis, §6.4.1): who has heard a leader votes for nobody within the least election time-out (`leaderStickiness`), so
 * from when a round of heartbeats was sent that a quorum has answered, nobody else can have been elected for that long. Reads need no
 * round of their own meanwhile. It rests on clocks: their rates may differ from true time by `maxDriftPpm` at most, and the lease is
 * shorter by what that can amount to between two of them.
 */
export function noteRoundSent({ context, state }: RaftTurn): void {
  const { leaseReads, electionTimeoutMs } = state.parameters;
  if (leaseReads === null) return;
  const { roundsSent } = state.reads;
  const nowMs = context.nowMs();
  while (nowMs - (roundsSent[0]?.sentMs ?? nowMs) > electionTimeoutMs.max) roundsSent.shift();
  roundsSent.push({ round: state.reads.round, sentMs: nowMs });
}

/** An answer has come: the lease runs from the last round that a quorum has answered. */
export function extendLease({ state }: RaftTurn): void {
  const { leaseReads, electionTimeoutMs } = state.parameters;
  if (leaseReads === null) return;
  const { reads } = state;
  const answered = reads.roundsSent.findLastIndex(({ round }) =>
    isQuorum(
      state.configuration,
      (node: NodeId) => node === state.self || (state.progress.get(node)?.round ?? 0) >= round,
    ),
  );
  const sentMs = reads.roundsSent[answered]?.sentMs;
  if (sentMs === undefined) return;
  const lengthMs = (electionTimeoutMs.min * (1_000_000 - 2 * leaseReads.maxDriftPpm)) / 1_000_000;
  reads.leaseUntilMs = sentMs + lengthMs;
  reads.roundsSent.splice(0, answered);
}

/**
 * Whether a read may be answered from our state now. Not once we have asked for an election in our place: that one needs to wait for
 * nobody, and may come late.
 */
export function holdsLease({ context, state }: RaftTurn): boolean {
  if (state.parameters.leaseReads === null || state.reads.isLeaseBarred) return false;
  return context.nowMs() < state.reads.leaseUntilMs && hasCommittedInTerm(state);
}

/** A new life does not know what the last one promised: it behaves as if it had heard a leader just now. */
export function keepPromiseOfLastLife({ context, state }: RaftTurn): void {
  if (state.parameters.leaseReads !== null && state.wasRecovered) state.leaderHeardMs = context.nowMs();
}
