import type { Context } from '../../../runtime/context.js';
import { assert } from '../../../runtime/assert.js';
import type { StoreObservation } from '../observations.js';
import type { LeaseCheckpoint } from '../store/index.js';
import { checkpoint, execute } from './commands.js';
import { checkpointAfter, leaseClockMs, rearm, setDeadline, type LeaseClockContext } from './deadlines.js';
import type { ServerMessage } from './server-messages.js';
import type { LeaseServer, LeaseTimes } from './state.js';

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
  const due = dueLeases(context, server);
  if (due === undefined) return;
  for (const leaseId of due) execute(context, server, { kind: 'lease-expire', leaseId });
  rearm(context, server);
}

/** The leases whose time is over; undefined before the first is due. */
export function dueLeases(context: LeaseClockContext, server: LeaseTimes): readonly string[] | undefined {
  const nowMs = leaseClockMs(context);
  if (server.ringsAtMs === undefined || nowMs < server.ringsAtMs) return undefined;
  return [...server.deadlines].filter(([, deadlineMs]) => deadlineMs <= nowMs).map(([leaseId]) => leaseId);
}

/** The timer of the earliest deadline; where it rings a little early, or for a lease kept meanwhile, it is set again. */
export function deadlineRings(context: ServerContext, server: LeaseServer): void {
  mindLeases(context, server);
  rearm(context, server);
}

/** The timer of the checkpoints. */
export function checkpointRings(context: ServerContext, server: LeaseServer): void {
  mindLeases(context, server);
  rearmCheckpoint(context, server);
}

/** Where the timer of the checkpoints rang a little early, it is set again. */
export function rearmCheckpoint(context: LeaseClockContext, server: LeaseTimes): void {
  if (server.checkpointAtMs === undefined || context.hasTimer('checkpoint')) return;
  checkpointAfter(context, server, server.checkpointAtMs - leaseClockMs(context));
}

/** Looks twice in the time that may be forgotten, and notes what is not noted for half of it. */
function checkpointDue(context: ServerContext, server: LeaseServer): void {
  if (!isCheckpointDue(context, server)) return;
  const halfMs = server.options.checkpointEveryMs / 2;
  noteTimesLeft(context, server, halfMs);
  awaitNextCheckpoint(context, server);
}

export function isCheckpointDue(context: LeaseClockContext, { checkpointAtMs }: LeaseTimes): boolean {
  return checkpointAtMs !== undefined && leaseClockMs(context) >= checkpointAtMs;
}

export function awaitNextCheckpoint(context: LeaseClockContext, server: LeaseTimes): void {
  server.checkpointAtMs = undefined;
  const isNeeded = [...server.store.leases.values()].some(({ ttlMs }) => ttlMs > server.options.checkpointEveryMs);
  if (isNeeded) checkpointAfter(context, server, server.options.checkpointEveryMs / 2);
  else context.cancelTimer('checkpoint');
}

/** Notes what the leases have left of which at least so much has passed since it was last noted. */
export function noteTimesLeft(context: ServerContext, server: LeaseServer, leastMs: number): void {
  for (const leases of timesToNote(context, server, leastMs)) checkpoint(context, server, leases);
}

/** What leases have left of which at least so much has passed since it was last noted, in entries of a bearable size. */
export function timesToNote(
  context: LeaseClockContext,
  server: LeaseTimes,
  leastMs: number,
): readonly LeaseCheckpoint['leases'][] {
  const passed: LeaseCheckpoint['leases'][number][] = [];
  for (const { leaseId, notedMs, leftMs } of timesLeft(context, server)) {
    // What is over ends by its own command.
    if (leftMs > 0 && notedMs - leftMs >= leastMs) passed.push({ leaseId, remainingMs: leftMs });
  }
  const entries: LeaseCheckpoint['leases'][] = [];
  for (let from = 0; from < passed.length; from += CHECKPOINT_LEASES_MAX) {
    entries.push(passed.slice(from, from + CHECKPOINT_LEASES_MAX));
  }
  return entries;
}

export function timesLeft(
  context: LeaseClockContext,
  server: LeaseTimes,
): { leaseId: string; notedMs: number; leftMs: number }[] {
  const nowMs = leaseClockMs(context);
  const times: { leaseId: string; notedMs: number; leftMs: number }[] = [];
  for (const [leaseId, lease] of server.store.leases) {
    if (server.ending?.has(leaseId) === true) continue;
    const deadlineMs = server.deadlines.get(leaseId);
    assert(deadlineMs !== undefined, 'a living lease has a deadline');
    times.push({ leaseId, notedMs: lease.remainingMs, leftMs: Math.max(0, Math.ceil(deadlineMs - nowMs)) });
  }
  return times;
}

/** Whole milliseconds that a lease has left; undefined where it does not live. */
export function timeLeftMs(context: LeaseClockContext, server: LeaseTimes, leaseId: string): number | undefined {
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
