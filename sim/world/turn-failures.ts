import type { TurnFailure } from '../run.js';

/** Turns that throw are kept for people: so many of a run, and of each node in a window. */
export const FAILURES_KEPT = 20;

/** Whether it is a bug whatever the scenario tolerates of its actors. */
export function isGrave({ actor, isAssertion }: TurnFailure): boolean {
  return isAssertion || actor === '';
}

/**
 * Whether one more failure is to be kept beside those of the same window. By node, so that it does not matter who lives in the same thread; and the
 * first that nothing tolerates is never the one too many.
 */
export function isKept(failure: TurnFailure, kept: readonly TurnFailure[]): boolean {
  const ofNode = kept.filter(({ node }) => node === failure.node);
  return ofNode.length < FAILURES_KEPT || (isGrave(failure) && !ofNode.some(isGrave));
}
