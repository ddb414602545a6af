import type { Context } from '../../../runtime/context.js';
import { assert } from '../../../runtime/assert.js';
import type { StoreObservation } from '../observations.js';
import type { LeaseCheckpoint } from '../store/index.js';
import { checkpoint, execute } from './commands.js';
import { checkpointAfter, leaseClockMs, rearm, setDeadline } from './deadlines.js';
import type { ServerMessage } from './server-messages.js';
import type { LeaseServer } from './state.js';

type ServerContext = Context<ServerMessage>;

/** Leases noted in one entry of the log, at most. */
const CHECKPOINT_LEASES_MAX = 1000;

/**
 * After a start every lease has what it had left when that was last noted. What passed since then, and while the store was down, is not
 * counted: a lease may end late, but never early.
 */
export function restartDeadlines(context: ServerContext, server: LeaseServer): void {
  for (const [leaseId, lease] of server.store.leases) setDeadline(context, server, leaseId, lease.remainingMs);
  const leases = timesLeft(context, server).map(({ leaseId, leftMs }) => ({ leaseId, remainingMs: leftMs }));
  observe(context, { type: 'lease-times-restored', leases, atMs: context.nowMs() });
}

/** What the clock wants done before anything else: so nobody meets a lease after its end only because a timer is late. */
export function mindLeases(context: ServerContext, server: LeaseServer): void {
  checkpointDue(context, server);
  expireDue(context, server);
}

function expireDue(context: ServerContext, server: LeaseServer): void {
  const nowMs = leaseClockMs(context);
  if (server.ringsAtMs === undefined || nowMs < server.ringsAtMs) return;
  const due = [...server.deadlines].filter(([, deadlineMs]) => deadlineMs <= nowMs).map(([leaseId]) => leaseId);
  for (const leaseId of due) execute(context, server, { kind: 'lease-expire', leaseId });
  rearm(context, server);
}

/** The timer of the earliest deadline; where it rings a little early, or for a lease kept meanwhile, it is set again. */
export function deadlineRings(context: ServerContext, server: LeaseServer): void {
  mindLeases(context, server);
  rearm(context, server);
}

/** The timer of the checkpoints; where it rings a little early it is set again. */
export function checkpointRings(context: ServerContext, server: LeaseServer): void {
  mindLeases(context, server);
  if (server.checkpointAtMs === undefined || context.hasTimer('checkpoint')) return;
  checkpointAfter(context, server, server.checkpointAtMs - leaseClockMs(context));
}

/** Looks twice in the time that may be forgotten, and notes what is not noted for half of it. */
function checkpointDue(context: ServerContext, server: LeaseServer): void {
  if (server.checkpointAtMs === undefined || leaseClockMs(context) < server.checkpointAtMs) return;
  const halfMs = server.options.checkpointEveryMs / 2;
  noteTimesLeft(context, server, halfMs);
  server.checkpointAtMs = undefined;
  const isNeeded = [...server.store.leases.values()].some(({ ttlMs }) => ttlMs > server.options.checkpointEveryMs);
  if (isNeeded) checkpointAfter(context, server, halfMs);
  else context.cancelTimer('checkpoint');
}

/** Notes what the leases have left of which at least so much has passed since it was last noted. */
export function noteTimesLeft(context: ServerContext, server: LeaseServer, leastMs: number): void {
  const passed: LeaseCheckpoint['leases'][number][] = [];
  for (const { leaseId, notedMs, leftMs } of timesLeft(context, server)) {
    // What is over ends by its own command.
    if (leftMs > 0 && notedMs - leftMs >= leastMs) passed.push({ leaseId, remainingMs: leftMs });
  }
  for (let from = 0; from < passed.length; from += CHECKPOINT_LEASES_MAX) {
    checkpoint(context, server, passed.slice(from, from + CHECKPOINT_LEASES_MAX));
  }
}

function timesLeft(
  context: ServerContext,
  server: LeaseServer,
): { leaseId: string; notedMs: number; leftMs: number }[] {
  const nowMs = leaseClockMs(context);
  return [...server.store.leases].map(([leaseId, lease]) => {
    const deadlineMs = server.deadlines.get(leaseId);
    assert(deadlineMs !== undefined, 'a living lease has a deadline');
    return { leaseId, notedMs: lease.remainingMs, leftMs: Math.max(0, Math.ceil(deadlineMs - nowMs)) };
  });
}

/** Whole milliseconds that a lease has left; undefined where it does not live. */
export function timeLeftMs(context: ServerContext, server: LeaseServer, leaseId: string): number | undefined {
  const deadlineMs = server.deadlines.get(leaseId);
  return deadlineMs === undefined ? undefined : Math.max(0, Math.ceil(deadlineMs - leaseClockMs(context)));
}

/** Gives a lease its full time again. False where it does not live. */
export function keepAlive(context: ServerContext, server: LeaseServer, leaseId: string): boolean {
  const lease = server.store.leases.get(leaseId);
  if (lease === undefined) return false;
  assert(server.deadlines.has(leaseId), 'a living lease has a deadline');
  setDeadline(context, server, leaseId, lease.ttlMs);
  observe(context, { type: 'lease-kept', leaseId, ttlMs: lease.ttlMs, atMs: context.nowMs() });
  // What was noted is less than what is promised now; a restart must not fall back on it.
  if (lease.remainingMs < lease.ttlMs) checkpoint(context, server, [{ leaseId, remainingMs: lease.ttlMs }]);
  return true;
}

function observe(context: ServerContext, observation: StoreObservation): void {
  context.observe(observation);
}
