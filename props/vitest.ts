import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import {
  explore,
  parseSeedRange,
  PlacedRun,
  scenarioOf,
  type Exploration,
  type ExploreOptions,
  type GuardedResult,
} from '../sim/hunt/index.js';
import {
  InvalidPlan,
  InvalidRun,
  type RunResult,
  type RunSpec,
  type Scenario,
  type ScenarioReference,
} from '../sim/index.js';
import { Minimiser, runSearch } from '../sim/minimise/index.js';

export interface SimulateOptions extends ExploreOptions {
  /** How many runs may be spent on making a failure small. Default 500; 0 leaves it as it was found. */
  readonly shrinkRuns?: number;
  /** Of the whole test. Default 120,000. */
  readonly timeoutMs?: number;
}

const SHRINK_RUNS = 500;
const TIMEOUT_MS = 120_000;
const SOMETIMES_AFTER_SEEDS = 100;
/** Runs these seeds in place of those that the tests name: `A..B`. */
const SEEDS_VARIABLE = 'ORRERY_SEEDS';

/**
 * Declares a vitest test that runs a scenario over many seeds. Where one fails, faults and requests are taken away while the same
 * property still fails, and the error shows what is left, and how to see it again.
 */
export function simulate(name: string, scenario: Scenario | ScenarioReference, options: SimulateOptions = {}): void {
  test(name, { timeout: options.timeoutMs ?? TIMEOUT_MS }, async ({ task }) => {
    await simulateSeeds(name, task.file.filepath, scenario, options, process.env[SEEDS_VARIABLE]);
  });
}

/**
 * What the test that `simulate` declares does. Rejects with `SimulationFailure`.
 * @param onlySeeds `A..B`, in place of the seeds of `options`.
 */
export async function simulateSeeds(
  name: string,
  testFile: string,
  scenario: Scenario | ScenarioReference,
  options: SimulateOptions,
  onlySeeds: string | undefined,
): Promise<void> {
  const seeds = onlySeeds === undefined ? {} : { seeds: parseSeedRange(onlySeeds) };
  const exploration = await explore(scenario, { ...options, ...seeds });
  const loaded = await scenarioOf(scenario);
  const { failure } = exploration;
  if (failure !== undefined) {
    const replay = replayOf(name, scenario, testFile, failure.result.seed);
    throw new SimulationFailure(describe(loaded.name, failure, shrink(loaded, failure, options), replay));
  }
  const missing = onlySeeds === undefined ? neverReached(loaded, exploration) : [];
  if (missing.length > 0) throw new SimulationFailure(describeMissing(loaded.name, missing, exploration.seedsRun));
}

/** A seed failed, or what ought to happen sometimes never did. All there is to know is in the message. */
export class SimulationFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SimulationFailure';
    // Its place in here says nothing; the message names the step.
    this.stack = `${this.name}: ${message}`;
  }
}

function neverReached(scenario: Scenario, { reached, seedsRun }: Exploration): readonly string[] {
  if (seedsRun < (scenario.sometimesAfterSeeds ?? SOMETIMES_AFTER_SEEDS)) return [];
  return Object.keys(scenario.properties.sometimes ?? {}).filter((property) => (reached[property] ?? 0) === 0);
}

/** Undefined where nothing was to be tried, or where the failure does not come again. */
function shrink(
  scenario: Scenario,
  { result, escapes }: GuardedResult,
  options: SimulateOptions,
): Minimiser | undefined {
  const runsMax = options.shrinkRuns ?? SHRINK_RUNS;
  const [violation] = result.violations;
  if (runsMax === 0 || violation === undefined || escapes.length > 0) return undefined;
  // A run that did not end would not end here either, and nobody could end it.
  if (violation.property === 'run-ends') return undefined;
  const { seed, setup, plan } = result;
  const minimiser = new Minimiser(scenario, { seed, setup, plan }, violation, { runsMax });
  // Every placement gives the same result; here is the fastest.
  const placed = PlacedRun.inline(scenario, options.isGuarded ?? true);
  const isFailing = runSearch(minimiser, ({ runCase, keepTrace }) => runCandidate(placed, runCase, keepTrace));
  return isFailing ? minimiser : undefined;
}

/** A smaller cluster that the scenario refuses is no candidate. */
function runCandidate(placed: PlacedRun, runCase: RunSpec, keepTrace: boolean): RunResult | undefined {
  try {
    return placed.runHere(runCase, { keepTrace }).result;
  } catch (error) {
    if (error instanceof InvalidRun || error instanceof InvalidPlan) return undefined;
    throw error;
  }
}

function describe(
  scenario: string,
  { result, escapes }: GuardedResult,
  shrunk: Minimiser | undefined,
  replay: string,
): string {
  const lines = [`${scenario}: seed ${result.seed} failed`, ...escapes.slice(0, 3).map((escape) => `  ${escape}`)];
  for (const { property, step, atMs, message } of result.violations.slice(0, 3)) {
    lines.push(`  ${property} at step ${step}, ${atMs} ms: ${message}`);
  }
  if (shrunk !== undefined) lines.push(...describeShrunk(result, shrunk));
  return [...lines, `  replay: ${replay}`].join('\n');
}

const SHOWN_MAX = 30;

function describeShrunk(found: RunResult, { best, violation, runs }: Minimiser): readonly string[] {
  const { plan, setup } = best;
  const faults = `${plan.faults.length} of ${found.plan.faults.length} faults`;
  const requests = `${setup.workload.length} of ${found.setup.workload.length} requests`;
  const nodes = `${setup.nodes.length} of ${found.setup.nodes.length} nodes`;
  const listed = (title: string, entries: readonly unknown[]): readonly string[] => [
    ...(entries.length > 0 ? [`    ${title}:`] : []),
    ...entries.slice(0, SHOWN_MAX).map((entry) => `      ${JSON.stringify(entry)}`),
    ...(entries.length > SHOWN_MAX ? [`      and ${entries.length - SHOWN_MAX} more`] : []),
  ];
  return [
    `  still fails with ${faults} and ${requests} on ${nodes} (found in ${runs} runs):`,
    `    ${violation.property} at step ${violation.step}: ${violation.message}`,
    ...listed('faults', plan.faults),
    ...listed('requests', setup.workload),
  ];
}

/** How to run the failed seed again: by the command line where that can find the scenario, and by this test alone. */
function replayOf(name: string, scenario: Scenario | ScenarioReference, testFile: string, seed: number): string {
  const byTest = `${SEEDS_VARIABLE}=${seed}..${seed} npx vitest run ${relative(process.cwd(), testFile)} -t ${quoted(name)}`;
  if (!('module' in scenario) || !scenario.module.startsWith('file:')) return byTest;
  const file = relative(process.cwd(), fileURLToPath(scenario.module));
  return `npx orrery replay ${quoted(`${file}#${scenario.export}`)} --seed ${seed}, or ${byTest}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function describeMissing(scenario: string, missing: readonly string[], seeds: number): string {
  return `${scenario}: never reached in ${seeds} seeds: ${missing.join(', ')}; what is claimed of them was not put to the test`;
}
