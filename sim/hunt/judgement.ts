import type { Scenario } from '../scenario.js';
import type { Reduction } from './reduction.js';
import type { SeedRange } from './seed-range.js';

const SOMETIMES_AFTER_SEEDS = 100;

/** How the hunt of one scenario ended. */
export type Ending = 'finished' | 'stopped-at-failure' | 'interrupted' | 'time-budget';

/** What a scenario claims of a hunt as a whole. */
export interface Sometimes {
  readonly names: readonly string[];
  /** It is asked for from this many seeds on. */
  readonly afterSeeds: number;
}

export function sometimesOf({ properties, sometimesAfterSeeds }: Scenario): Sometimes {
  const afterSeeds = Math.max(1, sometimesAfterSeeds ?? SOMETIMES_AFTER_SEEDS);
  return { names: Object.keys(properties.sometimes ?? {}), afterSeeds };
}

/** @param isOutOfTime the seeds that are missing are so because the time was over. */
export function endingOf(reduction: Reduction, { last }: SeedRange, isOutOfTime: boolean): Ending {
  if (!reduction.isComplete) return isOutOfTime ? 'time-budget' : 'interrupted';
  return reduction.lastWanted < last ? 'stopped-at-failure' : 'finished';
}

/** Each `sometimes` that all these seeds never reached; none where there were too few seeds to ask for it. */
export function missingOf({ names, afterSeeds }: Sometimes, reduction: Reduction, ending: Ending): readonly string[] {
  const isAsked = ending === 'finished' || ending === 'time-budget';
  if (!isAsked || reduction.totals.seeds < afterSeeds) return [];
  return names.filter((name) => (reduction.reached[name] ?? 0) === 0);
}
