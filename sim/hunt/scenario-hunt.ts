import type { FaultPlan } from '../faults/plan.js';
import type { Placement } from '../run.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { diedAt } from './died-seed.js';
import type { Job, JobResult, RunLimits } from './job.js';
import { endingOf, missingOf, sometimesOf, type Ending, type Sometimes } from './judgement.js';
import type { LostJob } from './pool.js';
import { Reduction, type Totals } from './reduction.js';
import type { SeedOutcome } from './seed-outcome.js';
import { countSeeds, type SeedRange } from './seed-range.js';
import { shardRange, type Shard } from './shard.js';

/** A job is this long, as far as can be foretold: long enough to outweigh the handing over, short enough to stop soon. */
const JOB_MS = 250;
const SEEDS_PER_JOB_MAX = 50;
const EVERY_NTH_VERIFIED = 10;
/** So many seeds come before the one that is held against a fresh thread. */
const SEEDS_BEFORE_ALONE = 50;

/** What a hunt does with each scenario alike. */
export interface HuntRules {
  readonly seeds: SeedRange;
  /** Only this part of the seeds. */
  readonly shard?: Shard;
  readonly placement: Placement;
  readonly plan?: FaultPlan;
  /** Distinct failures with which the hunt of a scenario ends; Infinity to run all seeds. */
  readonly failuresWanted: number;
  /** Which seeds are run twice: every tenth, all, none. */
  readonly verify: 'tenth' | 'all' | 'none';
  readonly isGuarded: boolean;
  readonly limits: RunLimits;
}

/** The hunt of one scenario: deals out its seeds and takes in what became of them. */
export class ScenarioHunt {
  readonly reduction: Reduction;
  readonly sometimes: Sometimes;
  /** What makes the scenario or the plan unusable, once a worker has found out. */
  fault: string | undefined;
  /** No more seeds are dealt out. */
  isOutOfTime = false;
  /** What this hunt runs: of the whole range or of its shard. */
  private readonly range: SeedRange;
  private nextSeed: number;
  private readonly known = new Set<number>();
  /** Seeds whose job was lost: each is tried once more, by itself, so that the one that ends its thread is known. */
  private readonly alone: number[] = [];
  private seedsMeasured = 0;
  private wallMsMeasured = 0;

  /** @param onFinished called with each outcome as it comes, in any order. */
  constructor(
    private readonly scenario: Scenario,
    private readonly reference: ScenarioReference,
    private readonly rules: HuntRules,
    emit: (outcome: SeedOutcome) => void,
    private readonly onFinished: (outcomes: readonly SeedOutcome[]) => void = () => undefined,
  ) {
    this.range = rules.shard === undefined ? rules.seeds : shardRange(rules.seeds, rules.shard);
    this.nextSeed = this.range.first;
    this.sometimes = sometimesOf(scenario);
    this.reduction = new Reduction(this.range, rules.failuresWanted, emit);
  }

  /** Takes in what an earlier, interrupted hunt came to: those seeds are not run again. */
  resume(outcomes: readonly SeedOutcome[]): void {
    for (const outcome of outcomes) {
      this.known.add(outcome.run.seed);
      this.reduction.add(outcome);
    }
  }

  /** The next job, or undefined where all seeds that matter are dealt out. */
  nextJob(): Job | undefined {
    if (this.fault !== undefined || this.isOutOfTime) return undefined;
    const alone = this.alone.shift();
    if (alone !== undefined) return this.jobOf([alone]);
    const { known, reduction } = this;
    const seeds: number[] = [];
    const count = this.seedsPerJob();
    for (; seeds.length < count && this.nextSeed <= reduction.lastWanted; this.nextSeed++) {
      if (!known.has(this.nextSeed)) seeds.push(this.nextSeed);
    }
    return seeds.length === 0 ? undefined : this.jobOf(seeds);
  }

  finish(job: Job, result: JobResult | LostJob, wallMs: number): void {
    if ('reason' in result) return this.takeLoss(job, result, wallMs);
    this.fault ??= result.fault;
    this.seedsMeasured += result.outcomes.length;
    this.wallMsMeasured += wallMs;
    this.takeIn(result.outcomes);
  }

  get totals(): Totals {
    return this.reduction.totals;
  }

  get ending(): Ending {
    return endingOf(this.reduction, this.range, this.isOutOfTime);
  }

  /** A shard judges nothing of this kind: only the whole can. */
  missing(): readonly string[] {
    return this.rules.shard === undefined ? missingOf(this.sometimes, this.reduction, this.ending) : [];
  }

  get seedsWanted(): number {
    return countSeeds({ first: this.range.first, last: this.reduction.lastWanted });
  }

  private takeIn(outcomes: readonly SeedOutcome[]): void {
    this.onFinished(outcomes);
    for (const outcome of outcomes) this.reduction.add(outcome);
  }

  private takeLoss(job: Job, { reason, position, isHang }: LostJob, wallMs: number): void {
    const [only] = job.seeds;
    const hanging = isHang && position.runs > 0 ? position.seed : undefined;
    const culprit = hanging ?? (job.seeds.length === 1 ? only : undefined);
    if (culprit !== undefined) {
      const { plan } = this.rules;
      const spec = { seed: culprit, params: this.reference.params, ...(plan === undefined ? {} : { plan }) };
      this.takeIn([diedAt(this.scenario, spec, position, reason, wallMs)]);
    }
    this.alone.push(...job.seeds.filter((seed) => seed !== culprit));
  }

  private seedsPerJob(): number {
    if (this.seedsMeasured === 0) return 1;
    const perSeedMs = Math.max(0.01, this.wallMsMeasured / this.seedsMeasured);
    return Math.max(1, Math.min(SEEDS_PER_JOB_MAX, Math.round(JOB_MS / perSeedMs)));
  }

  private jobOf(seeds: readonly number[]): Job {
    const { reference, rules } = this;
    const { plan, placement, isGuarded, verify, limits, failuresWanted } = rules;
    // Counted in the whole range, so that shards verify what the whole hunt would.
    const isVerified = (seed: number): boolean =>
      verify === 'all' || (verify === 'tenth' && (seed - rules.seeds.first) % EVERY_NTH_VERIFIED === 0);
    return {
      ...{ scenario: reference, seeds, placement, isGuarded, limits },
      verified: seeds.filter(isVerified),
      alone: seeds.filter((seed) => seed === this.aloneSeed()),
      stopsAtFailure: failuresWanted === 1,
      ...(plan === undefined ? {} : { plan }),
    };
  }

  /** One seed, after as many others as may leave something behind; a short hunt spares itself the cost unless all is verified. */
  private aloneSeed(): number | undefined {
    const { seeds, verify } = this.rules;
    if (verify === 'none') return undefined;
    const seed = seeds.first + SEEDS_BEFORE_ALONE;
    if (seed <= seeds.last) return seed;
    return verify === 'all' ? seeds.last : undefined;
  }
}
