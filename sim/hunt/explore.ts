import type { FaultPlan } from '../faults/plan.js';
import type { Placement } from '../run.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { loadScenario } from '../threads/load-scenario.js';
import { InvalidRun } from '../world/prepared-run.js';
import { PlacedRun, type GuardedResult } from './placed-run.js';
import { findScenarioFault } from './scenario-fault.js';
import { countSeeds, type SeedRange } from './seed-range.js';

export interface ExploreOptions {
  /** A count, for the seeds from 1 on, or a range. Default 100. */
  readonly seeds?: number | SeedRange;
  /** `threads` needs a scenario that is named by its module. */
  readonly placement?: Placement;
  /** Watch turns for clocks, timers, randomness, promises and I/O. Default true. */
  readonly isGuarded?: boolean;
  /** Faults for every seed, in place of what seeds draw. */
  readonly plan?: FaultPlan;
}

/** What a search through seeds came to. */
export interface Exploration {
  readonly seedsRun: number;
  /** The first seed that did not pass: with violations, or with what its guard trapped. */
  readonly failure: GuardedResult | undefined;
  /** In how many runs each `sometimes` was reached. */
  readonly reached: Readonly<Record<string, number>>;
}

/** Timers and test runners get their turn this often. */
const YIELD_EVERY_MS = 50;
const SEEDS = 100;

/**
 * Runs seed after seed in this process until one fails. A hunt on many cores, with artifacts: `orrery hunt`.
 * Rejects with `InvalidRun` or `InvalidPlan` where the scenario or the plan cannot be used.
 */
export async function explore(
  scenario: Scenario | ScenarioReference,
  options: ExploreOptions = {},
): Promise<Exploration> {
  const range = rangeOf(options.seeds ?? SEEDS);
  const placed = await placedRunOf(scenario, options);
  const params = 'module' in scenario ? { params: scenario.params } : {};
  const plan = options.plan === undefined ? {} : { plan: options.plan };
  const reached: Record<string, number> = {};
  let yieldedMs = performance.now();
  try {
    for (let seed = range.first; seed <= range.last; seed++) {
      const outcome = await placed.run({ seed, ...params, ...plan }, {});
      for (const [name, count] of Object.entries(outcome.result.reached)) reached[name] = (reached[name] ?? 0) + count;
      if (outcome.result.verdict === 'failed' || outcome.escapes.length > 0) {
        return { seedsRun: seed - range.first + 1, failure: outcome, reached };
      }
      if (performance.now() - yieldedMs < YIELD_EVERY_MS) continue;
      await new Promise((resume) => setImmediate(resume));
      yieldedMs = performance.now();
    }
    return { seedsRun: countSeeds(range), failure: undefined, reached };
  } finally {
    await placed.close();
  }
}

export function rangeOf(seeds: number | SeedRange): SeedRange {
  const range = typeof seeds === 'number' ? { first: 1, last: seeds } : seeds;
  const isRange = Number.isSafeInteger(range.first) && Number.isSafeInteger(range.last) && range.first >= 0;
  if (!isRange || range.last < range.first) {
    throw new RangeError(`seeds ${JSON.stringify(seeds)}: give a count from 1, or { first, last } with whole numbers`);
  }
  return range;
}

async function placedRunOf(scenario: Scenario | ScenarioReference, options: ExploreOptions): Promise<PlacedRun> {
  const isGuarded = options.isGuarded ?? true;
  const placement = options.placement ?? { kind: 'inline' };
  if ('module' in scenario) return PlacedRun.load(scenario, placement, isGuarded);
  const fault = findScenarioFault(scenario);
  if (fault !== undefined) throw new InvalidRun(`scenario ${String(scenario.name)}: ${fault}`);
  if (placement.kind === 'inline') return PlacedRun.inline(scenario, isGuarded);
  throw new RangeError(
    `placement threads: each thread loads the scenario anew, so name it as { module: import.meta.url, export, params }`,
  );
}

/** A scenario that may have been given by its module only. */
export async function scenarioOf(scenario: Scenario | ScenarioReference): Promise<Scenario> {
  return 'module' in scenario ? loadScenario(scenario) : scenario;
}
