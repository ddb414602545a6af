import type { Context } from '../../../runtime/context.js';
import type { LeaseTimes } from './state.js';

/** What the clock of leases asks of an actor: the timers `expiry` and `checkpoint` are its own. */
export type LeaseClockContext = Pick<
  Context<{ readonly type: 'leases-due' } | { readonly type: 'checkpoint-due' }>,
  'nowMs' | 'wallMs' | 'setTimer' | 'cancelTimer' | 'hasTimer'
>;

/** Leases live by the monotonic clock, which nobody sets. */
export function leaseClockMs(context: LeaseClockContext): number {
  return context.nowMs();
}

/** Gives a lease so much time from now on. */
export function setDeadline(
  context: LeaseClockContext,
  server: LeaseTimes,
  leaseId: string,
  remainingMs: number,
): void {
  // Whole milliseconds, later rather than earlier: a timer can meet them exactly.
  const deadlineMs = Math.ceil(leaseClockMs(context) + remainingMs);
  server.deadlines.set(leaseId, deadlineMs);
  if (server.ringsAtMs === undefined || deadlineMs < server.ringsAtMs) ringAt(context, server, deadlineMs);
  if (server.checkpointAtMs === undefined && remainingMs > server.options.checkpointEveryMs) {
    checkpointAfter(context, server, server.options.checkpointEveryMs / 2);
  }
}

export function forgetDeadline(server: LeaseTimes, leaseId: string): void {
  server.deadlines.delete(leaseId);
}

function ringAt(context: LeaseClockContext, server: LeaseTimes, deadlineMs: number): void {
  server.ringsAtMs = deadlineMs;
  context.setTimer('expiry', Math.max(0, deadlineMs - leaseClockMs(context)), { type: 'leases-due' });
}

/** Sets the timer to the earliest deadline. */
export function rearm(context: LeaseClockContext, server: LeaseTimes): void {
  let next: number | undefined;
  for (const deadlineMs of server.deadlines.values()) {
    if (next === undefined || deadlineMs < next) next = deadlineMs;
  }
  server.ringsAtMs = undefined;
  context.cancelTimer('expiry');
  if (next !== undefined) ringAt(context, server, next);
}

export function checkpointAfter(context: LeaseClockContext, server: LeaseTimes, delayMs: number): void {
  const wholeMs = Math.max(1, Math.floor(delayMs));
  server.checkpointAtMs = leaseClockMs(context) + wholeMs;
  context.setTimer('checkpoint', wholeMs, { type: 'checkpoint-due' });
}
