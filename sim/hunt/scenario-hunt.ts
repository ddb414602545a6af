import { isSeedStrategy, roundStrategy, type ExhaustiveBounds } from '../exploration/choose-strategy.js';
import { specOfSeed, type SeedStrategyName, type StrategyName, type StrategySummary } from '../exploration/strategy.js';
import type { FaultPlan } from '../faults/plan.js';
import type { Placement } from '../run.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { diedAt } from './died-seed.js';
import type { Job, JobResult, RunLimits } from './job.js';
import { endingOf, missingOf, sometimesOf, type Ending, type Sometimes } from './judgement.js';
import type { LostJob } from './pool.js';
import { Reduction, type Totals } from './reduction.js';
import { RoundDealer } from './round-dealer.js';
import { numbered, resumable, type SeedOutcome } from './seed-outcome.js';
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
  /** How runs are chosen. Default: swarm. */
  readonly explore?: StrategyName;
  /** How far an exhaustive search goes. */
  readonly bounds?: ExhaustiveBounds;
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
  private range: SeedRange;
  private readonly rounds: RoundDealer | undefined;
  private wakeLanes: () => void = () => undefined;
  private finished = Promise.resolve();
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
    this.rounds = this.roundDealer();
    this.awaitNext();
  }

  /** Takes in what an earlier, interrupted hunt came to: those seeds are not run again. */
  resume(outcomes: Iterable<SeedOutcome>): void {
    for (const outcome of outcomes) {
      this.known.add(outcome.run.seed);
      this.reduction.add(outcome);
    }
  }

  /** The next job; undefined where all seeds that matter are dealt out; 'wait' where the next one depends on one that is being run. */
  nextJob(): Job | 'wait' | undefined {
    if (this.fault !== undefined || this.isOutOfTime) return undefined;
    const alone = this.alone.shift();
    if (alone !== undefined) return this.jobOf([alone]);
    if (this.rounds !== undefined) return this.nextOfRound(this.rounds);
    const { known, reduction } = this;
    const seeds: number[] = [];
    const count = this.seedsPerJob();
    for (; seeds.length < count && this.nextSeed <= reduction.lastWanted; this.nextSeed++) {
      if (!known.has(this.nextSeed)) seeds.push(this.nextSeed);
    }
    return seeds.length === 0 ? undefined : this.jobOf(seeds);
  }

  finish(job: Job, result: JobResult | LostJob, wallMs: number): void {
    if ('reason' in result) {
      this.takeLoss(job, result, wallMs);
    } else {
      this.fault ??= result.fault;
      this.seedsMeasured += result.outcomes.length;
      this.wallMsMeasured += wallMs;
      this.takeIn(result.outcomes);
    }
    this.wakeLanes();
    this.awaitNext();
  }

  /** Settles when the next job is finished. */
  get nextFinish(): Promise<void> {
    return this.finished;
  }

  get summary(): StrategySummary | undefined {
    return this.rounds?.summary;
  }

  get totals(): Totals {
    return this.reduction.totals;
  }

  get ending(): Ending {
    return endingOf(this.reduction, this.range, this.isOutOfTime);
  }

  /** A shard judges nothing of this kind: only the whole can. */
  missing(): readonly string[] {
    // An exhaustive search loses messages on purpose, one after another: what ought to happen is not asked of it.
    const isAsked = this.rules.shard === undefined && this.rules.explore !== 'exhaustive';
    return isAsked ? missingOf(this.sometimes, this.reduction, this.ending) : [];
  }

  get seedsWanted(): number {
    return countSeeds({ first: this.range.first, last: this.reduction.lastWanted });
  }

  private takeIn(outcomes: readonly SeedOutcome[]): void {
    this.onFinished(outcomes.map(resumable));
    for (const outcome of outcomes) {
      this.rounds?.takeIn(outcome);
      this.reduction.add(outcome);
    }
  }

  private roundDealer(): RoundDealer | undefined {
    const { rules, scenario, reference, range } = this;
    const { explore = 'swarm', bounds = {} } = rules;
    if (isSeedStrategy(explore)) return undefined;
    const options = { scenario, params: reference.params, firstSeed: range.first, lastSeed: range.last, bounds };
    return new RoundDealer(roundStrategy(explore, options), range.first);
  }

  private awaitNext(): void {
    this.finished = new Promise((resolve) => {
      this.wakeLanes = resolve;
    });
  }

  private nextOfRound(rounds: RoundDealer): Job | 'wait' | undefined {
    if (this.reduction.isComplete) return undefined;
    const candidates = rounds.take(this.reduction.lastWanted);
    const { lastNumber } = rounds;
    if (lastNumber !== undefined) {
      this.range = { first: this.range.first, last: lastNumber };
      this.reduction.endAt(lastNumber);
      return undefined;
    }
    return candidates.length === 0 ? 'wait' : this.jobOf(candidates.map(({ number }) => number));
  }

  private takeLoss(job: Job, { reason, position, isHang }: LostJob, wallMs: number): void {
    const [only] = job.seeds;
    const hanging = isHang && position.runs > 0 && this.rounds === undefined ? position.seed : undefined;
    const culprit = hanging ?? (job.seeds.length === 1 ? only : undefined);
    if (culprit !== undefined) {
      const { plan } = this.rules;
      // A setup that does not end is not drawn again here.
      const strategy = position.isPrepared ? this.seedStrategy : 'swarm';
      const drawn =
        this.rounds?.candidateOf(culprit)?.spec ?? specOfSeed(strategy, this.scenario, culprit, this.reference.params);
      const spec = { ...drawn, ...(plan === undefined ? {} : { plan }) };
      this.takeIn([numbered(diedAt(this.scenario, spec, position, reason, wallMs), culprit)]);
    }
    this.alone.push(...job.seeds.filter((seed) => seed !== culprit));
  }

  private get seedStrategy(): SeedStrategyName {
    const { explore = 'swarm' } = this.rules;
    return isSeedStrategy(explore) ? explore : 'swarm';
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
      explore: this.seedStrategy,
      ...(this.rounds === undefined ? {} : { candidates: seeds.map((seed) => this.rounds!.candidateOf(seed)!) }),
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
