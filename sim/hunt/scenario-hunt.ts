import type { FaultPlan } from '../faults/plan.js';
import type { Placement } from '../run.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import type { Job, JobResult } from './job.js';
import type { LostJob } from './pool.js';
import { Reduction, type Totals } from './reduction.js';
import { diedOutcome, type SeedOutcome } from './seed-outcome.js';
import { countSeeds, type SeedRange } from './seed-range.js';

const SOMETIMES_AFTER_SEEDS = 100;
/** A job is this long, as far as can be foretold: long enough to outweigh the handing over, short enough to stop soon. */
const JOB_MS = 250;
const SEEDS_PER_JOB_MAX = 50;
const EVERY_NTH_VERIFIED = 10;

/** What a hunt does with each scenario alike. */
export interface HuntRules {
  readonly seeds: SeedRange;
  readonly placement: Placement;
  readonly plan?: FaultPlan;
  readonly keepGoing: boolean;
  /** Which seeds are run twice: every tenth, all, none. */
  readonly verify: 'tenth' | 'all' | 'none';
  readonly isGuarded: boolean;
  readonly seedTimeoutMs: number;
}

/** How the hunt of one scenario ended. */
export type Ending = 'finished' | 'stopped-at-failure' | 'interrupted';

/** The hunt of one scenario: deals out its seeds and takes in what became of them. */
export class ScenarioHunt {
  readonly reduction: Reduction;
  /** What makes the scenario or the plan unusable, once a worker has found out. */
  fault: string | undefined;
  private nextSeed: number;
  /** Seeds whose job was lost: each is tried once more, by itself, so that the one that ends its thread is known. */
  private readonly alone: number[] = [];
  private seedsMeasured = 0;
  private wallMsMeasured = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly reference: ScenarioReference,
    private readonly rules: HuntRules,
    emit: (outcome: SeedOutcome) => void,
  ) {
    this.nextSeed = rules.seeds.first;
    this.reduction = new Reduction(rules.seeds, rules.keepGoing, emit);
  }

  /** The next job, or undefined where all seeds that matter are dealt out. */
  nextJob(): Job | undefined {
    const { reduction } = this;
    if (this.fault !== undefined) return undefined;
    const alone = this.alone.shift();
    if (alone !== undefined) return this.jobOf([alone]);
    const count = Math.min(this.seedsPerJob(), reduction.lastWanted - this.nextSeed + 1);
    if (count <= 0) return undefined;
    const seeds = Array.from({ length: count }, (_, index) => this.nextSeed + index);
    this.nextSeed += count;
    return this.jobOf(seeds);
  }

  /** How long a job may take before its thread is ended. */
  timeoutMsOf(job: Job): number {
    return this.rules.seedTimeoutMs * (job.seeds.length + 3 * job.verified.length);
  }

  finish(job: Job, result: JobResult | LostJob, wallMs: number): void {
    if ('reason' in result) {
      const [seed] = job.seeds;
      if (job.seeds.length === 1 && seed !== undefined) this.reduction.add(diedOutcome(seed, result.reason, wallMs));
      else this.alone.push(...job.seeds);
      return;
    }
    this.fault ??= result.fault;
    this.seedsMeasured += result.outcomes.length;
    this.wallMsMeasured += wallMs;
    for (const outcome of result.outcomes) this.reduction.add(outcome);
  }

  get totals(): Totals {
    return this.reduction.totals;
  }

  get ending(): Ending {
    if (!this.reduction.isComplete) return 'interrupted';
    return this.reduction.lastWanted < this.rules.seeds.last ? 'stopped-at-failure' : 'finished';
  }

  /** Each `sometimes` that all these seeds never reached; none where there were too few seeds to ask for it. */
  missing(): readonly string[] {
    const { reduction, scenario } = this;
    const asked = Math.max(1, scenario.sometimesAfterSeeds ?? SOMETIMES_AFTER_SEEDS);
    if (this.ending !== 'finished' || reduction.totals.seeds < asked) return [];
    return Object.keys(scenario.properties.sometimes ?? {}).filter((name) => (reduction.reached[name] ?? 0) === 0);
  }

  get seedsWanted(): number {
    return countSeeds({ first: this.rules.seeds.first, last: this.reduction.lastWanted });
  }

  private seedsPerJob(): number {
    if (this.seedsMeasured === 0) return 1;
    const perSeedMs = Math.max(0.01, this.wallMsMeasured / this.seedsMeasured);
    return Math.max(1, Math.min(SEEDS_PER_JOB_MAX, Math.round(JOB_MS / perSeedMs)));
  }

  private jobOf(seeds: readonly number[]): Job {
    const { reference, rules } = this;
    const { plan, placement, isGuarded, verify } = rules;
    const isVerified = (seed: number): boolean =>
      verify === 'all' || (verify === 'tenth' && (seed - rules.seeds.first) % EVERY_NTH_VERIFIED === 0);
    return {
      ...{ scenario: reference, seeds, placement, isGuarded },
      verified: seeds.filter(isVerified),
      stopsAtFailure: !rules.keepGoing,
      ...(plan === undefined ? {} : { plan }),
    };
  }
}
