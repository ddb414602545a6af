import type { Minimiser, Trial, TrialResult } from './minimiser.js';

/**
 * Carries a search out in this thread, to its end.
 * @returns whether the original failed as it should have.
 */
export function runSearch(minimiser: Minimiser, run: (trial: Trial) => TrialResult): boolean {
  const search = minimiser.search();
  let step = search.next();
  while (step.done !== true) step = search.next(run(step.value));
  return step.value;
}
