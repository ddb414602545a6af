import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import { drawSetup } from '../draw-setup.js';
import { paletteOf } from '../faults/palette.js';
import type { FaultPlan } from '../faults/plan.js';
import { drawPlan } from '../faults/swarm.js';
import { findPlanFault } from '../faults/validate-plan.js';
import { findArrivalPlanFault } from '../network/arrival-plan.js';
import type { RunSpec, Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import { StateCounts } from './confidence.js';
import { Corpus, type Kept } from './corpus.js';
import { mutatePlan, splicePlans } from './mutate-plan.js';
import { borrowWorkload, mutateWorkload } from './mutate-workload.js';
import {
  specOfSeed,
  type Candidate,
  type ExploredRun,
  type RoundStrategy,
  type SeedStrategyName,
  type StrategySummary,
} from './strategy.js';

/** Runs side by side; more would learn later, fewer would leave workers idle. */
export const ROUND_SIZE = 16;
/** Of a hundred runs, how many are fresh seeds: what is varied has to come from somewhere. */
const FRESH_PERCENT = 30;
const MUTATIONS_MAX = 4;
/** One variation in so many takes its parent's place, where it is as good. */
const HEIRS_ONE_IN = 3;

interface Running {
  readonly spec: RunSpec;
  /** Whose place it may take. */
  readonly parent: Kept | undefined;
}

export interface CoverageOptions {
  readonly scenario: Scenario;
  readonly params: Plain;
  readonly firstSeed: number;
  readonly lastSeed: number;
}

/**
 * Searches for abstract states that no run has reached: keeps the runs that reached one and varies them - a fault of the plan added,
 * taken away, shifted, aimed elsewhere; two plans spliced; the workload changed; another seed beneath the same plan. The hunt's
 * first seed decides all of it.
 */
export class CoverageSearch implements RoundStrategy {
  private readonly counts = new StateCounts();
  private readonly corpus = new Corpus(this.counts);
  private readonly running = new Map<number, Running>();
  private nextNumber: number;
  private mutants = 0;
  private fresh = 0;

  constructor(private readonly options: CoverageOptions) {
    this.nextNumber = options.firstSeed;
  }

  get summary(): StrategySummary & { readonly kind: 'coverage' } {
    const { corpus, mutants, fresh } = this;
    return { kind: 'coverage', corpus: corpus.size, mutants, fresh };
  }

  nextRound(): readonly Candidate[] {
    const count = Math.min(ROUND_SIZE, this.options.lastSeed - this.nextNumber + 1);
    return Array.from({ length: Math.max(0, count) }, () => this.nextCandidate(this.nextNumber++));
  }

  /** A run with this number: fresh, or a variation of one that was kept. */
  nextCandidate(number: number, freshStrategy: SeedStrategyName = 'swarm', freshPercent = FRESH_PERCENT): Candidate {
    const { scenario, params, firstSeed } = this.options;
    const random = randomStream(`${firstSeed}/coverage/${number}`);
    const isFresh = random.between(0, 99) < freshPercent;
    const parent = isFresh ? undefined : this.corpus.choose(random);
    if (parent === undefined) this.fresh++;
    else this.mutants++;
    const spec =
      parent === undefined
        ? specOfSeed(freshStrategy, scenario, number, params)
        : this.mutate(parent.spec, number, random);
    const isHeir = random.between(0, HEIRS_ONE_IN - 1) === 0;
    this.running.set(number, { spec, parent: isHeir ? parent : undefined });
    return { number, spec, needsSends: false };
  }

  takeIn(runs: readonly ExploredRun[]): void {
    for (const { number, states } of runs) {
      const candidate = this.running.get(number);
      assert(candidate !== undefined, 'only what was asked for is taken in');
      this.running.delete(number);
      this.counts.add(states);
      this.corpus.offer(candidate.spec, states);
      if (candidate.parent !== undefined) this.corpus.replace(candidate.parent, candidate.spec, states);
    }
  }

  private mutate(parent: RunSpec, number: number, random: Random): RunSpec {
    let spec = this.drawn(parent);
    const count = random.between(1, MUTATIONS_MAX);
    for (let n = 0; n < count; n++) spec = this.mutateOnce(spec, number, random);
    return spec;
  }

  private mutateOnce(spec: DrawnSpec, number: number, random: Random): DrawnSpec {
    const { scenario } = this.options;
    const palette = paletteOf(scenario, spec.setup);
    const kind = random.between(0, 9);
    if (kind < 6 && palette !== undefined) {
      const plan = mutatePlan(spec.plan, palette, random);
      return this.isUsable(plan, spec.setup) ? { ...spec, plan } : spec;
    }
    if (kind === 6 && palette !== undefined) return this.splice(spec, random);
    if (kind === 7) return this.reseed(spec, number);
    if (kind === 8) return { ...spec, setup: borrowWorkload(spec.setup, this.setupOf(number)) };
    const workload = mutateWorkload(spec.setup.workload, scenario.faultMs, random);
    return { ...spec, setup: { ...spec.setup, workload } };
  }

  private splice(spec: DrawnSpec, random: Random): DrawnSpec {
    const { scenario } = this.options;
    const other = this.corpus.choose(random);
    const palette = paletteOf(scenario, spec.setup);
    if (other === undefined || palette === undefined) return spec;
    const plan = splicePlans(spec.plan, this.drawn(other.spec).plan, palette, random);
    return this.isUsable(plan, spec.setup) ? { ...spec, plan } : spec;
  }

  /** The same faults upon another run: other latencies, other draws of the actors, and another cluster where the plan fits it. */
  private reseed(spec: DrawnSpec, number: number): DrawnSpec {
    const setup = this.setupOf(number);
    const isFitting =
      this.isUsable(spec.plan, setup) &&
      // Whether a cluster can do without a node for ever was judged for the cluster that it was drawn for.
      spec.plan.faults.every(({ outlastsHealing }) => outlastsHealing !== true) &&
      (spec.arrivals === undefined || findArrivalPlanFault(spec.arrivals, setup, 1) === undefined);
    return isFitting ? { ...spec, seed: number, setup } : { ...spec, seed: number };
  }

  private isUsable(plan: FaultPlan, setup: Setup): boolean {
    return findPlanFault(plan, setup, { programs: Object.keys(this.options.scenario.programs) }) === undefined;
  }

  private setupOf(seed: number): Setup {
    const { scenario, params } = this.options;
    return drawSetup(scenario, seed, params);
  }

  /** With everything that its seed would draw. */
  private drawn(spec: RunSpec): DrawnSpec {
    const { scenario } = this.options;
    const setup = spec.setup ?? this.setupOf(spec.seed);
    return { ...spec, setup, plan: spec.plan ?? drawPlan(scenario, setup, spec.seed) };
  }
}

type DrawnSpec = RunSpec & Required<Pick<RunSpec, 'setup' | 'plan'>>;
