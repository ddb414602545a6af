import { StateCounts, type Census, type Confidence } from '../exploration/confidence.js';
import { lasting, type SeedOutcome } from './seed-outcome.js';
import type { SeedRange } from './seed-range.js';

/** What the outcomes of a scenario add up to. */
export interface Totals {
  readonly seeds: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly failed: number;
  readonly nondeterministic: number;
  /** Seeds in which too little of the cluster came back for progress to be owed. */
  readonly notOwed: number;
}

/** Seeds that failed in the same way: by the same property, in the same state of the nodes involved. */
export interface FailureGroup {
  readonly name: string;
  readonly firstSeed: number;
  readonly seeds: number;
}

/**
 * Puts outcomes, which come in any order, back into the order of seeds, and adds them up. Where a hunt ends with its nth distinct
 * failure, that is the nth in the order of seeds, whoever finished first; so what comes out depends neither on how many workers
 * there were nor on which seeds were known from an earlier, interrupted hunt.
 */
export class Reduction {
  readonly reached: Record<string, number> = {};
  private readonly waiting = new Map<number, SeedOutcome>();
  /** By group: the lowest seed that is known to fail like that, whether its turn has come or not. */
  private readonly lowestSeeds = new Map<string, number>();
  private readonly failureGroups = new Map<string, FailureGroup>();
  private readonly states = new StateCounts();
  private next: number;
  /** Seeds are missing among those that were taken. */
  private hasGaps = false;
  private stopAfter: number;
  private seeds = 0;
  private steps = 0;
  private simulatedMs = 0;
  private failed = 0;
  private nondeterministic = 0;
  private notOwed = 0;

  /** @param failuresWanted distinct failures with which the hunt ends; Infinity to run all seeds. */
  constructor(
    range: SeedRange,
    private readonly failuresWanted: number,
    private readonly emit: (outcome: SeedOutcome) => void,
  ) {
    this.next = range.first;
    this.stopAfter = range.last;
  }

  /** The last seed that still matters: of the range, or the one that completes the failures wanted, as far as is known. */
  get lastWanted(): number {
    return this.stopAfter;
  }

  get isComplete(): boolean {
    return !this.hasGaps && this.next > this.stopAfter;
  }

  get totals(): Totals {
    const { seeds, steps, simulatedMs, failed, nondeterministic, notOwed } = this;
    return { seeds, steps, simulatedMs, failed, nondeterministic, notOwed };
  }

  /** In the order in which they were met. */
  get groups(): readonly FailureGroup[] {
    return [...this.failureGroups.values()];
  }

  /** What can be said of what was not seen. */
  get confidence(): Confidence {
    return this.states.confidence(this.reached);
  }

  /** What another hunt has to know of those states to say the same of both. */
  get census(): Census {
    return this.states.census;
  }

  /** There are no seeds after this one. */
  endAt(last: number): void {
    this.stopAfter = Math.min(this.stopAfter, last);
  }

  add(outcome: SeedOutcome): void {
    const { seed, verdict } = outcome.run;
    if (seed > this.stopAfter) return;
    this.waiting.set(seed, outcome);
    if (verdict !== 'passed') this.noteFailure(outcome);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.take(ready);
    }
  }

  /** Takes what has come although seeds before it are missing: the hunt was interrupted. */
  flush(): void {
    const left = [...this.waiting.values()].sort((a, b) => a.run.seed - b.run.seed);
    for (const outcome of left) this.take(outcome);
  }

  /** Lowers the last seed that matters. It never rises: what comes later can only make a group's lowest seed lower. */
  private noteFailure(outcome: SeedOutcome): void {
    const { lowestSeeds, failuresWanted } = this;
    const { seed } = outcome.run;
    const group = groupOf(outcome);
    lowestSeeds.set(group, Math.min(seed, lowestSeeds.get(group) ?? Infinity));
    if (lowestSeeds.size < failuresWanted) return;
    const last = [...lowestSeeds.values()].sort((a, b) => a - b)[failuresWanted - 1];
    if (last === undefined || last >= this.stopAfter) return;
    this.stopAfter = last;
    for (const later of this.waiting.keys()) if (later > last) this.waiting.delete(later);
  }

  private take(outcome: SeedOutcome): void {
    const { run } = outcome;
    this.waiting.delete(run.seed);
    if (run.seed !== this.next) this.hasGaps = true;
    this.next = run.seed + 1;
    this.seeds++;
    this.steps += run.steps;
    this.simulatedMs += run.simulatedMs;
    if (run.verdict === 'nondeterministic') this.nondeterministic++;
    else if (run.verdict !== 'passed') this.failed++;
    if (run.progressNotOwed !== undefined) this.notOwed++;
    if (run.verdict !== 'passed') this.countInGroup(outcome);
    if (outcome.states !== undefined) this.states.add(outcome.states);
    for (const [name, count] of Object.entries(run.reached)) this.reached[name] = (this.reached[name] ?? 0) + count;
    this.emit(lasting(outcome));
  }

  private countInGroup(outcome: SeedOutcome): void {
    const name = groupOf(outcome);
    const { firstSeed, seeds } = this.failureGroups.get(name) ?? { firstSeed: outcome.run.seed, seeds: 0 };
    this.failureGroups.set(name, { name, firstSeed, seeds: seeds + 1 });
  }
}

/** What a seed that did not pass has in common with others of its kind. */
export function groupOf({ run }: SeedOutcome): string {
  return run.failureGroup ?? run.violations[0]?.property ?? run.verdict;
}
