import type { Context } from '../../../runtime/context.js';
import type { ServerMessage } from './server-messages.js';
import type { LeaseServer } from './state.js';

type ServerContext = Context<ServerMessage>;

/** Leases live by the monotonic clock, which nobody sets. */
export function leaseClockMs(context: ServerContext): number {
  return context.nowMs();
}

/** Gives a lease so much time from now on. */
export function setDeadline(context: ServerContext, server: LeaseServer, leaseId: string, remainingMs: number): void {
  // Whole milliseconds, later rather than earlier: a timer can meet them exactly.
  const deadlineMs = Math.ceil(leaseClockMs(context) + remainingMs);
  server.deadlines.set(leaseId, deadlineMs);
  if (server.ringsAtMs === undefined || deadlineMs < server.ringsAtMs) ringAt(context, server, deadlineMs);
  if (server.checkpointAtMs === undefined && remainingMs > server.options.checkpointEveryMs) {
    checkpointAfter(context, server, server.options.checkpointEveryMs / 2);
  }
}

export function forgetDeadline(server: LeaseServer, leaseId: string): void {
  server.deadlines.delete(leaseId);
}

function ringAt(context: ServerContext, server: LeaseServer, deadlineMs: number): void {
  server.ringsAtMs = deadlineMs;
  context.setTimer('expiry', Math.max(0, deadlineMs - leaseClockMs(context)), { type: 'leases-due' });
}

/** Sets the timer to the earliest deadline. */
export function rearm(context: ServerContext, server: LeaseServer): void {
  let next: number | undefined;
  for (const deadlineMs of server.deadlines.values()) {
    if (next === undefined || deadlineMs < next) next = deadlineMs;
  }
  server.ringsAtMs = undefined;
  context.cancelTimer('expiry');
  if (next !== undefined) ringAt(context, server, next);
}

export function checkpointAfter(context: ServerContext, server: LeaseServer, delayMs: number): void {
  const wholeMs = Math.max(1, Math.floor(delayMs));
  server.checkpointAtMs = leaseClockMs(context) + wholeMs;
  context.setTimer('checkpoint', wholeMs, { type: 'checkpoint-due' });
}
