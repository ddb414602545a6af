import { isMainThread } from 'node:worker_threads';
import {
  findTarget,
  Minimiser,
  type Phase,
  type RunCase,
  type TargetViolation,
  type Trial,
} from '../minimise/index.js';
import type { RunResult } from '../run.js';
import type { ScenarioReference } from '../scenario.js';
import { digestOf, type RunDigest } from '../trace/run-digest.js';
import { loadScenario } from '../threads/load-scenario.js';
import { PlacedRun } from './placed-run.js';
import { runWithin } from './run-within.js';
import { isUnusable } from './unusable.js';

export interface MinimiseOptions {
  readonly scenario: ScenarioReference;
  /** What failed. */
  readonly original: RunCase;
  readonly target: TargetViolation;
  /** Runs at most: the same number gives the same result, unless the time is over before. */
  readonly runsMax: number;
  readonly budgetMs: number;
  /** Ends the search early; the smallest run known by then counts. */
  readonly signal?: AbortSignal;
  onProgress?(progress: MinimiseProgress): void;
}

export interface MinimiseProgress {
  readonly phase: Phase;
  readonly runs: number;
  readonly runsMax: number;
  readonly elapsedMs: number;
  readonly budgetMs: number;
  readonly faults: number;
  readonly requests: number;
  readonly nodes: number;
}

/** The smallest run that was found, carried out once more, and how the search for it ended. */
export interface MinimisedRun {
  readonly runCase: RunCase;
  readonly result: RunResult;
  readonly digest: RunDigest;
  readonly runs: number;
  readonly wallMs: number;
  /** `minimal`: nothing more can be left out. Otherwise what ended the search before that was known. */
  readonly ending: 'minimal' | 'runs' | 'time' | 'interrupted';
}

/** A failure that cannot be made small: it does not come again, or not twice in the same way. */
export type NotMinimised =
  | { readonly ending: 'passes'; readonly message: string }
  | { readonly ending: 'nondeterministic'; readonly message: string };

/** A smaller run that takes longer, and so many times as long as the original, does not end, as far as anybody can tell. */
const HANG_MS = 10_000;
const HANG_FACTOR = 50;

/** Timers, Ctrl-C and whoever shows progress get their turn this often. */
const YIELD_EVERY_MS = 50;

/**
 * Makes a failing run small, in this thread; every placement gives the same results, and here is the fastest.
 * Rejects with what says that the scenario cannot be used.
 */
export async function minimiseFailure(options: MinimiseOptions): Promise<MinimisedRun | NotMinimised> {
  // The failure was found under the guard: nothing new can escape in a part of the same run.
  const scenario = await loadScenario(options.scenario);
  const placed = PlacedRun.inline(scenario, false);
  const { original, target, runsMax } = options;
  const params = original.params === undefined ? { params: options.scenario.params } : {};
  const minimiser = new Minimiser(scenario, { ...original, ...params }, target, { runsMax });
  const startedMs = performance.now();
  const stopped = await searchFor(minimiser, placed, options, startedMs);
  if (minimiser.bestResult === undefined) return passes(target);
  const { result } = placed.runHere(minimiser.best, { keepTrace: true });
  const isSame = result.fingerprint === minimiser.bestResult.fingerprint;
  if (!isSame || result.trace === undefined || findTarget(result.violations, target) === undefined) {
    return { ending: 'nondeterministic', message: 'the same run came out differently the second time' };
  }
  const ending = stopped ?? (minimiser.isExhausted ? 'runs' : 'minimal');
  const { runs, best } = minimiser;
  return {
    ...{ runCase: best, result, digest: digestOf(result.trace), runs, ending },
    wallMs: performance.now() - startedMs,
  };
}

function passes({ property, kind }: TargetViolation): NotMinimised {
  return { ending: 'passes', message: `the run does not violate ${property} (${kind}) here` };
}

/** Answers what stopped the search, or undefined where it came to its end. */
async function searchFor(
  minimiser: Minimiser,
  placed: PlacedRun,
  options: MinimiseOptions,
  startedMs: number,
): Promise<'time' | 'interrupted' | undefined> {
  const { budgetMs, signal } = options;
  const search = minimiser.search();
  let yieldedMs = startedMs;
  let originalMs = 0;
  let step = search.next();
  while (step.done !== true) {
    const nowMs = performance.now();
    if (signal?.aborted === true) return 'interrupted';
    if (nowMs - startedMs >= budgetMs && minimiser.bestResult !== undefined) return 'time';
    const isOriginal = minimiser.bestResult === undefined;
    const leftMs = budgetMs - (nowMs - startedMs);
    const hangMs = isOriginal
      ? Math.max(HANG_MS, leftMs)
      : Math.min(leftMs, Math.max(HANG_MS, HANG_FACTOR * originalMs));
    const result = carryOut(placed, step.value, isOriginal, hangMs);
    if (result === 'interrupted') return 'interrupted';
    if (isOriginal) originalMs = performance.now() - nowMs;
    step = search.next(result);
    if (nowMs - yieldedMs < YIELD_EVERY_MS) continue;
    yieldedMs = nowMs;
    options.onProgress?.(progressOf(minimiser, options, nowMs - startedMs));
    await new Promise((resume) => setImmediate(resume));
  }
  return undefined;
}

function carryOut(
  placed: PlacedRun,
  { runCase, keepTrace, maxSteps }: Trial,
  isOriginal: boolean,
  hangMs: number,
): RunResult | 'interrupted' | undefined {
  const limits = Number.isFinite(maxSteps) ? { maxSteps } : {};
  try {
    const came = runWithin(placed, runCase, { keepTrace, ...limits }, hangMs, isMainThread);
    // A smaller run that does not end violates nothing: it is no candidate either.
    return came === 'hang' ? undefined : came === 'interrupted' ? came : came.ended.result;
  } catch (error) {
    // A smaller cluster, or a plan in it, that the scenario refuses is no candidate.
    if (isUnusable(error) && !isOriginal) return undefined;
    throw error;
  }
}

function progressOf(minimiser: Minimiser, options: MinimiseOptions, elapsedMs: number): MinimiseProgress {
  const { best, phase, runs } = minimiser;
  const { budgetMs, runsMax } = options;
  return {
    ...{ phase, runs, runsMax, elapsedMs, budgetMs },
    faults: best.plan.faults.length,
    requests: best.setup.workload.length,
    nodes: best.setup.nodes.length,
  };
}
