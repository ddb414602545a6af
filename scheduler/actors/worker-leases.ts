import { observed } from '../observations.js';
import { askCoordinator, tellCoordinator } from '../store/client.js';
import { leaseStage, untilNextStageMs } from './lease-stage.js';
import type { WorkerContext, WorkerLease, WorkerState } from './worker-state.js';

/** Attached to questions about leases. */
interface LeaseTag {
  readonly lease: 'grant' | 'keep';
  readonly ttlMs: number;
  readonly leaseId: string;
  /** Monotonic time of the question. */
  readonly askedMs: number;
}

/** The lease under which a task of this TTL may be claimed now; asks for one where there is none. */
export function leaseFor(context: WorkerContext, state: WorkerState, ttlMs: number): WorkerLease | undefined {
  const lease = state.leases.get(ttlMs);
  if (lease === undefined) {
    const grantRequestId = `${context.uniqueId()}#1`;
    state.leases.set(ttlMs, { ttlMs, leaseId: '', confirmedMs: 0, stage: 'lost', grantRequestId });
    askForGrant(context, state, ttlMs);
    return undefined;
  }
  return lease.stage === 'held' || lease.stage === 'warned' ? lease : undefined;
}

/** Whether an attempt that was claimed under `leaseId` may still go on. Looks at the clock: timers may be late. */
export function isLeaseAlive(context: WorkerContext, state: WorkerState, ttlMs: number, leaseId: string): boolean {
  const lease = state.leases.get(ttlMs);
  if (lease === undefined || lease.leaseId !== leaseId) return false;
  return leaseStage(context.nowMs(), lease.confirmedMs, ttlMs) !== 'lost';
}

/** The timer of a lease: renew it, or notice that it is lost. Answers the id of a lease that was lost. */
export function leaseDue(context: WorkerContext, state: WorkerState, ttlMs: number): string | undefined {
  const lease = state.leases.get(ttlMs);
  if (lease === undefined) return undefined;
  if (lease.leaseId === '') {
    askForGrant(context, state, ttlMs);
    return undefined;
  }
  enterStage(context, lease);
  if (lease.stage === 'lost') return loseLease(state, lease);
  const { leaseId } = lease;
  const tag: LeaseTag = { lease: 'keep', ttlMs, leaseId, askedMs: context.nowMs() };
  if (!context.faultPoint('worker.skip-renewal')) {
    askCoordinator(context, { type: 'lease-keep-alive', leaseId }, renewalTimeoutMs(ttlMs), { ...tag });
  }
  setLeaseTimer(context, lease);
  return undefined;
}

/** Takes a grant. Answers whether it is one that was waited for. */
export function leaseGranted(context: WorkerContext, state: WorkerState, leaseId: string): boolean {
  const tag = leaseTagOf(context.answerTag);
  const lease = tag === undefined ? undefined : state.leases.get(tag.ttlMs);
  if (tag?.lease !== 'grant' || lease === undefined || lease.leaseId !== '') return false;
  lease.leaseId = leaseId;
  confirm(context, lease, tag.askedMs);
  return lease.stage !== 'lost';
}

/**
 * Takes a renewal. One that comes when the lease has run out on this worker's clock is too late, although the store may say that it lives:
 * attempts have been given up because of that, and under a living lease nobody would ever reap them. Answers the id of such a lease.
 */
export function leaseKept(context: WorkerContext, state: WorkerState, leaseId: string): string | undefined {
  const tag = leaseTagOf(context.answerTag);
  const lease = tag === undefined ? undefined : state.leases.get(tag.ttlMs);
  if (tag?.lease !== 'keep' || lease === undefined || lease.leaseId !== leaseId) return undefined;
  if (leaseStage(context.nowMs(), lease.confirmedMs, lease.ttlMs) === 'lost') return loseLease(state, lease);
  confirm(context, lease, tag.askedMs);
  return undefined;
}

/**
 * A question about a lease failed. Answers the id of a lease that is known to be gone; anything else is asked again when its
 * timer comes.
 */
export function leaseFailed(
  context: WorkerContext,
  state: WorkerState,
  tag: LeaseTag,
  isGone: boolean,
): string | undefined {
  const lease = state.leases.get(tag.ttlMs);
  if (lease === undefined || lease.leaseId !== tag.leaseId) return undefined;
  if (lease.leaseId !== '' && isGone) return loseLease(state, lease);
  return undefined;
}

/** Gives all leases back, so that others need not wait for their end. */
export function revokeAll(context: WorkerContext, state: WorkerState): void {
  for (const { leaseId } of state.leases.values()) {
    if (leaseId === '') continue;
    tellCoordinator(context, { type: 'lease-revoke', requestId: `${context.uniqueId()}#1`, leaseId });
  }
}

/** The lease is no longer counted on, whoever may think that it lives. The next claim asks for another. */
export function dropLease(state: WorkerState, leaseId: string): void {
  for (const lease of state.leases.values()) if (lease.leaseId === leaseId) loseLease(state, lease);
}

export function leaseTagOf(tag: unknown): LeaseTag | undefined {
  const isLeaseTag = typeof tag === 'object' && tag !== null && 'lease' in tag;
  return isLeaseTag ? (tag as LeaseTag) : undefined;
}

function askForGrant(context: WorkerContext, state: WorkerState, ttlMs: number): void {
  const lease = state.leases.get(ttlMs);
  if (lease === undefined) return;
  const tag: LeaseTag = { lease: 'grant', ttlMs, leaseId: '', askedMs: context.nowMs() };
  const timeoutMs = state.options.store.askTimeoutMs;
  const request = { type: 'lease-grant', requestId: lease.grantRequestId, ttlMs } as const;
  askCoordinator(context, request, timeoutMs, { ...tag });
  context.setTimer(`lease/${ttlMs}`, timeoutMs, { type: 'lease-due', ttlMs });
}

function confirm(context: WorkerContext, lease: WorkerLease, askedMs: number): void {
  lease.confirmedMs = Math.max(lease.confirmedMs, askedMs);
  enterStage(context, lease);
  setLeaseTimer(context, lease);
}

/** Renewed at a third of the TTL; while renewals fail, again and again until the lease is lost. */
function setLeaseTimer(context: WorkerContext, lease: WorkerLease): void {
  const { ttlMs, confirmedMs } = lease;
  const nowMs = context.nowMs();
  const renewInMs = lease.stage === 'held' ? Math.floor(ttlMs / 3) - (nowMs - confirmedMs) : Math.floor(ttlMs / 12);
  const delayMs = Math.max(1, Math.min(renewInMs, untilNextStageMs(nowMs, confirmedMs, ttlMs)));
  const jitterMs = context.random('lease').between(0, Math.floor(ttlMs / 50));
  context.setTimer(`lease/${ttlMs}`, delayMs + jitterMs, { type: 'lease-due', ttlMs });
}

function enterStage(context: WorkerContext, lease: WorkerLease): void {
  const stage = leaseStage(context.nowMs(), lease.confirmedMs, lease.ttlMs);
  if (stage === lease.stage) return;
  lease.stage = stage;
  context.observe(observed.leaseStage(lease.leaseId, stage));
}

function loseLease(state: WorkerState, lease: WorkerLease): string {
  state.leases.delete(lease.ttlMs);
  return lease.leaseId;
}

function renewalTimeoutMs(ttlMs: number): number {
  return Math.max(1, Math.floor(ttlMs / 2));
}
