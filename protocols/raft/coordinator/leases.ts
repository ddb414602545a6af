import type { ReplyTo } from '../../../runtime/context.js';
import { answerClient, failClient, propose, query } from './asking.js';
import type { StoreNotice, StoreSummary } from './replicated-store.js';
import { coordinatorAddress, type CoordinatorMessageOf, type CoordinatorTurn } from './state.js';

const LEASES_TIMER = 'leases';
/** Timers are whole µs: a rest below that must not fire at once, again and again. */
const LEAST_DELAY_MS = 0.001;

/**
 * Leases end by an entry of the log, so all replicas agree on when; the clock that decides to propose it is the leader's monotonic
 * one. A new leader knows nothing of what was left and gives every lease its whole time to live again: a lease may live longer
 * than asked, never shorter.
 */
export function restartLeases(turn: CoordinatorTurn): void {
  const { context, state } = turn;
  for (const lease of state.leases.values()) {
    lease.dueMs = context.nowMs() + lease.ttlMs;
    lease.isEnding = false;
  }
  armLeases(turn);
}

export function stopLeases({ context, state }: CoordinatorTurn): void {
  state.leasesDueMs = Infinity;
  context.cancelTimer(LEASES_TIMER);
}

/** A lease was granted or has ended, by the log. */
export function noteLeases(turn: CoordinatorTurn, notice: StoreNotice): void {
  const { context, state } = turn;
  if (notice.ended !== '') state.leases.delete(notice.ended);
  if (notice.granted === null) return;
  const { leaseId, ttlMs } = notice.granted;
  const dueMs = context.nowMs() + ttlMs;
  state.leases.set(leaseId, { ttlMs, dueMs, isEnding: false });
  if (dueMs < state.leasesDueMs) armLeases(turn);
}

/** The leases that there are, after a snapshot: one that is new here has its whole time. */
export function restoreLeases(turn: CoordinatorTurn, leases: StoreSummary['leases']): void {
  const { context, state } = turn;
  const present = new Set(leases.map(({ leaseId }) => leaseId));
  for (const leaseId of [...state.leases.keys()]) if (!present.has(leaseId)) state.leases.delete(leaseId);
  for (const { leaseId, ttlMs } of leases) {
    if (state.leases.has(leaseId)) continue;
    state.leases.set(leaseId, { ttlMs, dueMs: context.nowMs() + ttlMs, isEnding: false });
  }
  armLeases(turn);
}

/** Sets the timer for the lease that is due first. One that is kept alive makes it fire early, and it is set anew. */
function armLeases({ context, state }: CoordinatorTurn): void {
  if (state.role !== 'leader') return;
  let firstDueMs = Infinity;
  for (const { dueMs, isEnding } of state.leases.values()) if (!isEnding && dueMs < firstDueMs) firstDueMs = dueMs;
  state.leasesDueMs = firstDueMs;
  if (firstDueMs === Infinity) return context.cancelTimer(LEASES_TIMER);
  context.setTimer(LEASES_TIMER, Math.max(LEAST_DELAY_MS, firstDueMs - context.nowMs()), { type: 'leases-due' });
}

export function onLeasesDue(turn: CoordinatorTurn): void {
  const { context, state } = turn;
  if (context.sender !== context.self || state.role !== 'leader') return;
  for (const [leaseId, lease] of state.leases) {
    if (lease.isEnding || lease.dueMs > context.nowMs()) continue;
    lease.isEnding = true;
    // Not forwarded: another leader has its own deadlines, and may have told the holder that the lease lives.
    const command = { kind: 'lease-expire', leaseId } as const;
    propose(turn, context.uniqueId(), command, { for: 'lease-expire', leaseId }, true);
  }
  armLeases(turn);
}

/** The proposal to end a lease failed, or its fate is not known: tried again as long as the lease is there. */
export function retryExpiry(turn: CoordinatorTurn, leaseId: string): void {
  const lease = turn.state.leases.get(leaseId);
  if (lease === undefined || turn.state.role !== 'leader') return;
  lease.isEnding = false;
  armLeases(turn);
}

/** A client wants its lease to live on: the coordinator beside the leader decides. */
export function onLeaseKeepAlive(turn: CoordinatorTurn, message: CoordinatorMessageOf<'lease-keep-alive'>): void {
  const { context, state } = turn;
  const { leaseId } = message;
  const replyTo = context.replyTo();
  if (state.leader === '') return failClient(turn, replyTo, '', 'unavailable', 'no leader is known');
  const purpose = { for: 'keep-lease-elsewhere', replyTo: { ...replyTo }, leaseId } as const;
  context.ask(
    coordinatorAddress(state.leader),
    { type: 'keep-lease', leaseId },
    { timeoutMs: state.proposeTimeoutMs, tag: purpose },
  );
}

/**
 * Beside the leader. Before it says yes it makes sure, by a linearizable read, that it still leads: every end of the lease that an
 * earlier leader proposed and that will ever be committed has then been applied here.
 */
export function onKeepLease(turn: CoordinatorTurn, message: CoordinatorMessageOf<'keep-lease'>): void {
  const { context } = turn;
  const { leaseId } = message;
  query(turn, { kind: 'lease', leaseId }, { for: 'keep-lease', replyTo: context.replyTo(), leaseId });
}

export function keepLease(turn: CoordinatorTurn, replyTo: ReplyTo, leaseId: string, isThere: boolean): void {
  const { context, state } = turn;
  const lease = state.leases.get(leaseId);
  if (state.role !== 'leader' || lease?.isEnding === true) return refuseLease(turn, replyTo, leaseId, 'unavailable');
  if (!isThere || lease === undefined) return refuseLease(turn, replyTo, leaseId, 'lease-not-found');
  lease.dueMs = context.nowMs() + lease.ttlMs;
  context.answer(replyTo, { type: 'lease-keeping', leaseId, ttlMs: lease.ttlMs, error: '' });
}

export function refuseLease(
  { context }: CoordinatorTurn,
  replyTo: ReplyTo,
  leaseId: string,
  error: 'unavailable' | 'lease-not-found',
): void {
  context.answer(replyTo, { type: 'lease-keeping', leaseId, ttlMs: 0, error });
}

/** The answer of the coordinator beside the leader goes on to the client. */
export function onLeaseKeeping(
  turn: CoordinatorTurn,
  replyTo: ReplyTo,
  message: CoordinatorMessageOf<'lease-keeping'>,
): void {
  const { leaseId, ttlMs, error } = message;
  if (error === '') return answerClient(turn, replyTo, { type: 'lease-kept', leaseId, ttlMs });
  failClient(turn, replyTo, '', error, `lease ${leaseId} was not kept alive`);
}
