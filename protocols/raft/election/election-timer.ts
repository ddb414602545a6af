import type { RaftTurn } from '../state.js';

export const ELECTION_TIMER = 'election';
export const HEARTBEAT_TIMER = 'heartbeat';
export const REQUEST_VOTES_TIMER = 'request-votes';

/**
 * The election is due a random time from now, drawn anew each time (§5.2). The timer itself is left alone: when it fires early, it is
 * set for the rest, so that a heartbeat costs no timer. Who is not of the highest priority waits for the whole range more, so that
 * one that is stands first.
 */
export function postponeElection({ context, state }: RaftTurn): void {
  const { min, max } = state.parameters.electionTimeoutMs;
  const drawnMs = context.random('election').between(min, max);
  state.electionDueMs = context.nowMs() + drawnMs + (state.hasTopPriority ? 0 : max - min);
}

/** Times are fractions of a ms and timers whole µs: a rest below that must not fire at once, again and again. */
const LEAST_DELAY_MS = 0.001;

export function armElectionTimer({ context, state }: RaftTurn): void {
  const delayMs = Math.max(LEAST_DELAY_MS, state.electionDueMs - context.nowMs());
  context.setTimer(ELECTION_TIMER, delayMs, { type: 'election-due' });
}
