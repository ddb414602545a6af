import type { Candidate, ExploredRun, RoundStrategy, SeedStrategyName, StrategySummary } from './strategy.js';
import { CoverageSearch, ROUND_SIZE, type CoverageOptions } from './coverage-search.js';

const ALL_FRESH = 100;
const NEVER_FRESH = 0;

/** Who gets which run of a round of sixteen: fresh seeds in three ways, and variations of what any of them discovered. */
const DEAL: readonly (SeedStrategyName | 'coverage')[] = Object.freeze([
  ...(['swarm', 'pct', 'coverage', 'swarm', 'random', 'coverage', 'pct', 'swarm'] as const),
  ...(['coverage', 'swarm', 'pct', 'coverage', 'swarm', 'random', 'coverage', 'swarm'] as const),
]);

/** Splits the budget among the strategies. What one discovers, coverage varies. */
export class Portfolio implements RoundStrategy {
  private readonly search: CoverageSearch;
  private readonly runs: Record<string, number> = {};
  private nextNumber: number;

  constructor(private readonly options: CoverageOptions) {
    this.search = new CoverageSearch(options);
    this.nextNumber = options.firstSeed;
  }

  get summary(): StrategySummary {
    return { kind: 'portfolio', runs: { ...this.runs }, corpus: this.search.summary.corpus };
  }

  nextRound(): readonly Candidate[] {
    const count = Math.min(ROUND_SIZE, this.options.lastSeed - this.nextNumber + 1);
    return Array.from({ length: Math.max(0, count) }, () => this.deal(this.nextNumber++));
  }

  takeIn(runs: readonly ExploredRun[]): void {
    this.search.takeIn(runs);
  }

  private deal(number: number): Candidate {
    const turn = DEAL[(number - this.options.firstSeed) % DEAL.length]!;
    this.runs[turn] = (this.runs[turn] ?? 0) + 1;
    if (turn === 'coverage') return this.search.nextCandidate(number, 'swarm', NEVER_FRESH);
    return this.search.nextCandidate(number, turn, ALL_FRESH);
  }
}
