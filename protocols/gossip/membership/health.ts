import { assert } from '../../../runtime/assert.js';
import { observe } from '../observations.js';
import type { MembershipContext, MembershipState } from './state.js';

/**
 * Lifeguard's local health multiplier (Dadgar, Phillips, Currey: *Lifeguard: Local Health Awareness for More Accurate Failure Detection*, DSN 2018,
 * section IV-A): a member that misses answers which it ought to get suspects itself first, and gives the others more time. 0 is healthy; the score
 * counts from 0 to `healthMax - 1`, as in memberlist.
 */
export function adjustedHealth(score: number, delta: number, healthMax: number): number {
  return Math.max(0, Math.min(healthMax - 1, score + delta));
}

/** A time as a member of this health allows it. */
export function scaledByHealth(timeMs: number, score: number): number {
  return timeMs * (score + 1);
}

/** What changes a score: an answered probe for the better; a failed one, and having to refute, for the worse. */
export function noteHealth(context: MembershipContext, state: MembershipState, delta: number): void {
  const score = adjustedHealth(state.health, delta, state.options.healthMax);
  assert(score >= 0 && score < state.options.healthMax, 'a score stays in its range');
  if (score === state.health) return;
  state.health = score;
  observe(context, { type: 'health-changed', score });
}
