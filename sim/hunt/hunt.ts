import { BadInputError } from '../artifact/bad-input.js';
import type { Census, Confidence } from '../exploration/confidence.js';
import type { StrategySummary } from '../exploration/strategy.js';
import type { Placement } from '../run.js';
import type { ScenarioReference } from '../scenario.js';
import { loadScenario } from '../threads/load-scenario.js';
import type { Job } from './job.js';
import { HuntPool } from './pool.js';
import type { FailureGroup, Totals } from './reduction.js';
import type { HuntState } from './hunt-state.js';
import type { Ending, Sometimes } from './judgement.js';
import { ScenarioHunt, type HuntRules } from './scenario-hunt.js';
import type { SeedOutcome } from './seed-outcome.js';

/** A scenario to hunt: what it is called, and where any thread finds it. */
export interface HuntedScenario {
  readonly name: string;
  readonly reference: ScenarioReference;
}

export interface HuntOptions extends HuntRules {
  readonly scenarios: readonly HuntedScenario[];
  readonly workers: number;
  /** No seed begins after this, and what is known by then is reported; it is shared out evenly among the scenarios. */
  readonly timeBudgetMs?: number;
  /** Keeps what is known, and knows what an earlier hunt kept. */
  readonly state?: HuntState;
  /** Ends the hunt early; what is known by then is reported. */
  readonly signal?: AbortSignal;
  /** Called in the order of seeds, whatever the number of workers, for each seed that counts. */
  onOutcome?(scenario: HuntedScenario, outcome: SeedOutcome): void;
  onProgress?(progress: Progress): void;
  /** Called when all is known about a scenario, in the order of scenarios. */
  onScenario?(report: ScenarioReport): void;
}

export interface Progress {
  readonly scenario: string;
  readonly seedsWanted: number;
  readonly totals: Totals;
  /** Until the time budget is spent. */
  readonly leftMs: number | undefined;
}

/** What the hunt of one scenario came to. */
export interface ScenarioReport {
  readonly scenario: HuntedScenario;
  readonly placement: Placement;
  readonly workers: number;
  readonly totals: Totals;
  /** How seeds failed, in the order in which that was met. */
  readonly groups: readonly FailureGroup[];
  readonly sometimes: Sometimes;
  /** In how many runs each `sometimes` was reached. */
  readonly reached: Readonly<Record<string, number>>;
  /** Each `sometimes` that was never reached although enough seeds were run. */
  readonly missing: readonly string[];
  readonly ending: Ending;
  /** What can be said of what was not seen. */
  readonly confidence: Confidence;
  /** What shards have to hand on for the confidence of the whole. */
  readonly census: Census;
  /** How the strategy fared, where it was one that learns from its runs. */
  readonly search?: StrategySummary;
  readonly wallMs: number;
}

/**
 * Runs the seeds of each scenario side by side on a pool of worker threads.
 * What is reported depends on the seeds alone, not on the number of workers; only times do.
 * @throws BadInputError where a scenario or the plan cannot be used.
 */
export async function hunt(options: HuntOptions): Promise<readonly ScenarioReport[]> {
  const { limits, scenarios } = options;
  const pool = new HuntPool(options.workers, options.placement.kind === 'threads', limits.memoryMb);
  const endsMs = performance.now() + (options.timeBudgetMs ?? Infinity);
  const interrupt = (): void => pool.interrupt();
  options.signal?.addEventListener('abort', interrupt);
  try {
    const reports: ScenarioReport[] = [];
    for (const [index, hunted] of scenarios.entries()) {
      if (options.signal?.aborted === true) break;
      const now = performance.now();
      const deadlineMs = now + Math.max(0, endsMs - now) / (scenarios.length - index);
      const report = await huntScenario(hunted, options, pool, deadlineMs);
      reports.push(report);
      options.onScenario?.(report);
    }
    return reports;
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
    options.state?.flush();
    await pool.close();
  }
}

async function huntScenario(
  hunted: HuntedScenario,
  options: HuntOptions,
  pool: HuntPool,
  deadlineMs: number,
): Promise<ScenarioReport> {
  const startedMs = performance.now();
  const scenario = await loadScenario(hunted.reference);
  const one = new ScenarioHunt(
    scenario,
    hunted.reference,
    options,
    (outcome) => options.onOutcome?.(hunted, outcome),
    (outcomes) => options.state?.add(hunted.name, outcomes),
  );
  one.resume(options.state?.outcomesOf(hunted.name) ?? []);
  const tellProgress = (): void =>
    options.onProgress?.({
      ...{ scenario: hunted.name, seedsWanted: one.seedsWanted, totals: one.totals },
      leftMs: Number.isFinite(deadlineMs) ? Math.max(0, deadlineMs - performance.now()) : undefined,
    });
  tellProgress();
  const isInterrupted = (): boolean => options.signal?.aborted === true;
  const nextJob = (): Job | 'wait' | undefined => {
    one.isOutOfTime ||= performance.now() >= deadlineMs;
    return one.nextJob();
  };
  // More lanes than threads would only deal out seeds that a failure makes useless.
  const lane = async (): Promise<void> => {
    for (let job = nextJob(); job !== undefined && !isInterrupted(); job = nextJob()) {
      if (job === 'wait') {
        await one.nextFinish;
        continue;
      }
      const jobStartedMs = performance.now();
      const result = await pool.run(job);
      if (isInterrupted() && 'reason' in result) return;
      one.finish(job, result, performance.now() - jobStartedMs);
      tellProgress();
    }
  };
  // A lane may find nothing to do while another's lost job comes back as single seeds: that lane deals with them itself.
  await Promise.all(Array.from({ length: options.workers }, lane));
  if (one.fault !== undefined) throw new BadInputError(`${hunted.name}: ${one.fault}`);
  one.reduction.flush();
  const { totals } = one;
  return {
    scenario: hunted,
    placement: options.placement,
    workers: options.workers,
    totals,
    groups: one.reduction.groups,
    sometimes: one.sometimes,
    reached: one.reduction.reached,
    missing: one.missing(),
    ending: one.ending,
    confidence: one.reduction.confidence,
    census: one.reduction.census,
    ...(one.summary === undefined ? {} : { search: one.summary }),
    wallMs: performance.now() - startedMs,
  };
}
