import type { SeedOutcome } from './seed-outcome.js';
import type { SeedRange } from './seed-range.js';

/** What the outcomes of a scenario add up to. */
export interface Totals {
  readonly seeds: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly failed: number;
  readonly nondeterministic: number;
}

/**
 * Puts outcomes, which come in any order, back into the order of seeds, and adds them up. Where a hunt ends at its first failure,
 * that is the lowest failing seed, whoever finished first; so what comes out does not depend on how many workers there were.
 */
export class Reduction {
  readonly reached: Record<string, number> = {};
  private readonly waiting = new Map<number, SeedOutcome>();
  private next: number;
  private stopAfter: number;
  private seeds = 0;
  private steps = 0;
  private simulatedMs = 0;
  private failed = 0;
  private nondeterministic = 0;

  constructor(
    range: SeedRange,
    private readonly keepGoing: boolean,
    private readonly emit: (outcome: SeedOutcome) => void,
  ) {
    this.next = range.first;
    this.stopAfter = range.last;
  }

  /** The last seed that still matters: of the range, or the lowest that is known to have failed. */
  get lastWanted(): number {
    return this.stopAfter;
  }

  get isComplete(): boolean {
    return this.next > this.stopAfter;
  }

  get totals(): Totals {
    const { seeds, steps, simulatedMs, failed, nondeterministic } = this;
    return { seeds, steps, simulatedMs, failed, nondeterministic };
  }

  add(outcome: SeedOutcome): void {
    const { seed, verdict } = outcome.run;
    if (seed > this.stopAfter) return;
    this.waiting.set(seed, outcome);
    if (!this.keepGoing && verdict !== 'passed') {
      this.stopAfter = seed;
      for (const later of this.waiting.keys()) if (later > seed) this.waiting.delete(later);
    }
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.take(ready);
    }
  }

  /** Takes what has come although seeds before it are missing: the hunt was interrupted. */
  flush(): void {
    const left = [...this.waiting.values()].sort((a, b) => a.run.seed - b.run.seed);
    for (const outcome of left) this.take(outcome);
  }

  private take(outcome: SeedOutcome): void {
    const { run } = outcome;
    this.waiting.delete(run.seed);
    this.next = run.seed + 1;
    this.seeds++;
    this.steps += run.steps;
    this.simulatedMs += run.simulatedMs;
    if (run.verdict === 'nondeterministic') this.nondeterministic++;
    else if (run.verdict !== 'passed') this.failed++;
    for (const [name, count] of Object.entries(run.reached)) this.reached[name] = (this.reached[name] ?? 0) + count;
    this.emit(outcome);
  }
}
