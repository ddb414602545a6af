/**
 * How sure a worker can be that its lease still lives, judged on its own monotonic clock from when it last *asked* for a renewal
 * that was granted: the store counts from a later moment, so the worker always gives up first.
 *
 * - `held`: renewed lately.
 * - `warned`: half of it is gone without a renewal; it is said aloud.
 * - `draining`: three quarters are gone; nothing new is claimed under it.
 * - `lost`: it may have ended; what runs under it is pre-empted, and nothing may be reported.
 */
export const LEASE_STAGES = ['held', 'warned', 'draining', 'lost'] as const;
export type LeaseStage = (typeof LEASE_STAGES)[number];

export function leaseStage(nowMs: number, confirmedMs: number, ttlMs: number): LeaseStage {
  const elapsedMs = nowMs - confirmedMs;
  if (elapsedMs * 2 < ttlMs) return 'held';
  if (elapsedMs * 4 < ttlMs * 3) return 'warned';
  return elapsedMs < ttlMs ? 'draining' : 'lost';
}

/** When the stage changes next if no renewal comes: milliseconds from now, at least 1. */
export function untilNextStageMs(nowMs: number, confirmedMs: number, ttlMs: number): number {
  const elapsedMs = nowMs - confirmedMs;
  const boundaries = [ttlMs / 2, (ttlMs * 3) / 4, ttlMs];
  const next = boundaries.find((boundaryMs) => boundaryMs > elapsedMs) ?? elapsedMs;
  return Math.max(1, Math.ceil(next - elapsedMs));
}
