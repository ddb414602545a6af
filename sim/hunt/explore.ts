import { existsSync } from 'node:fs';
import type { FaultPlan } from '../faults/plan.js';
import type { Placement } from '../run.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { loadScenario } from '../threads/load-scenario.js';
import { InvalidRun } from '../world/prepared-run.js';
import { hunt } from './hunt.js';
import { PlacedRun, type GuardedResult } from './placed-run.js';
import { findScenarioFault } from './scenario-fault.js';
import type { SeedOutcome } from './seed-outcome.js';
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
  /**
   * A run that takes longer than this is a failure that names the node and the step at which it hangs. Only where the scenario is
   * named by its module: it then runs in a worker thread, which can be ended. Where it is given as an object it runs in this thread,
   * and nothing can end an endless loop but whoever watches this process, such as the time-out of a test runner that forks. Default 60,000.
   */
  readonly runTimeoutMs?: number;
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
const RUN_TIMEOUT_MS = 60_000;

/**
 * Runs seed after seed until one fails: in a worker thread under a watchdog where the scenario is named by its module, else in this
 * thread. A hunt on many cores, with artifacts: `orrery hunt`.
 * Rejects with `InvalidRun`, `InvalidPlan`, `ModuleNotUsable` or `BadInputError` where the scenario or the plan cannot be used.
 */
export async function explore(
  scenario: Scenario | ScenarioReference,
  options: ExploreOptions = {},
): Promise<Exploration> {
  const range = rangeOf(options.seeds ?? SEEDS);
  // From the sources, where nothing was built, there is no module for a worker thread.
  if ('module' in scenario && existsSync(new URL('./worker.js', import.meta.url))) {
    return exploreWatched(scenario, range, options);
  }
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

/** As a hunt on one worker, which ends with the first seed that does not pass. */
async function exploreWatched(
  reference: ScenarioReference,
  seeds: SeedRange,
  { placement = { kind: 'inline' }, isGuarded = true, plan, runTimeoutMs = RUN_TIMEOUT_MS }: ExploreOptions,
): Promise<Exploration> {
  let failure: GuardedResult | undefined;
  const [report] = await hunt({
    scenarios: [{ name: reference.export, reference }],
    ...{ seeds, placement, isGuarded, workers: 1, failuresWanted: 1, verify: 'none' },
    ...(plan === undefined ? {} : { plan }),
    limits: { timeoutMs: runTimeoutMs },
    onOutcome: (_scenario, outcome) => (failure ??= failureOf(outcome)),
  });
  return { seedsRun: report!.totals.seeds, failure, reached: report!.reached };
}

function failureOf({ run, details }: SeedOutcome): GuardedResult | undefined {
  if (run.verdict === 'passed') return undefined;
  const { nondeterminism, verdict: _verdict, ...result } = run;
  const { setup, plan, faults } = details ?? { setup: { nodes: [], workload: [] }, plan: { faults: [] }, faults: {} };
  const verdict = run.violations.length === 0 ? 'passed' : 'failed';
  return {
    result: { ...result, verdict, setup, plan, faults },
    escapes: nondeterminism === undefined ? [] : [nondeterminism],
  };
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
