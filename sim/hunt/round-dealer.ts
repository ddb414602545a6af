import type { Candidate, ExploredRun, RoundStrategy, StrategySummary } from '../exploration/strategy.js';
import type { SeedOutcome } from './seed-outcome.js';

/** Few enough that every worker has some of a round. */
const RUNS_PER_JOB = 4;

/** Deals out the rounds of a strategy. A round begins when every run of the one before has been taken in, whoever ran it. */
export class RoundDealer {
  private waiting: Candidate[] = [];
  private readonly round = new Map<number, Candidate>();
  private readonly explored = new Map<number, ExploredRun>();
  private hasEnded = false;
  private lastDealt: number;

  constructor(
    private readonly strategy: RoundStrategy,
    firstNumber: number,
  ) {
    this.lastDealt = firstNumber - 1;
  }

  get summary(): StrategySummary {
    return this.strategy.summary;
  }

  /** The last run that there is, once the strategy has no more. */
  get lastNumber(): number | undefined {
    return this.hasEnded ? this.lastDealt : undefined;
  }

  /** Runs for one job; none while the round is on its way, or where the strategy has ended. */
  take(lastWanted: number): readonly Candidate[] {
    if (this.waiting.length === 0 && this.explored.size === this.round.size && !this.hasEnded) this.beginRound();
    this.waiting = this.waiting.filter(({ number }) => number <= lastWanted);
    return this.waiting.splice(0, RUNS_PER_JOB);
  }

  /** Runs whose thread was lost are dealt out once more, each by itself. */
  candidateOf(number: number): Candidate | undefined {
    return this.round.get(number);
  }

  takeIn({ run, states = [], sends = [] }: SeedOutcome): void {
    const { seed: number, violations } = run;
    if (this.round.has(number)) this.explored.set(number, { number, states, violations, sends });
  }

  private beginRound(): void {
    const { round, explored, strategy } = this;
    strategy.takeIn([...explored.values()].sort((a, b) => a.number - b.number));
    round.clear();
    explored.clear();
    this.waiting = [...strategy.nextRound()];
    for (const candidate of this.waiting) round.set(candidate.number, candidate);
    this.hasEnded = this.waiting.length === 0;
    this.lastDealt = this.waiting.at(-1)?.number ?? this.lastDealt;
  }
}
