import type { Random } from '../../runtime/ports.js';
import type { RunSpec } from '../scenario.js';
import type { StateCounts } from './confidence.js';

/** A run that reached what no run before it had reached. */
interface Kept {
  readonly spec: RunSpec;
  readonly discovered: readonly number[];
  timesChosen: number;
}

const KEPT_MAX = 512;
const TOURNAMENT = 4;
/** Of what a run discovered, this many states tell how rare it is. */
const DISCOVERED_MAX = 64;

/** The runs worth varying. */
export class Corpus {
  private kept: Kept[] = [];

  constructor(private readonly counts: StateCounts) {}

  get size(): number {
    return this.kept.length;
  }

  /** @param discovered states that no run reached before. */
  add(spec: RunSpec, discovered: readonly number[]): void {
    this.kept.push({ spec, discovered: discovered.slice(0, DISCOVERED_MAX), timesChosen: 0 });
    if (this.kept.length <= KEPT_MAX) return;
    // What many runs reach by now is left to them.
    const rarities = this.kept.map((kept) => this.rarityOf(kept));
    const most = rarities.indexOf(Math.max(...rarities));
    this.kept.splice(most, 1);
  }

  /**
   * Favours what leads to states that few runs reach, and what was seldom varied yet (as FairFuzz and AFLFast do for branches): every
   * other time of all that was kept, else of a few at random.
   */
  choose(random: Random): RunSpec | undefined {
    const { kept } = this;
    if (kept.length === 0) return undefined;
    const isOpen = random.between(0, 1) === 0;
    const entrants = isOpen
      ? kept
      : Array.from({ length: TOURNAMENT }, () => kept[random.between(0, kept.length - 1)]!);
    const scores = entrants.map((one) => this.rarityOf(one) + (one.timesChosen >> 2));
    const best = entrants[scores.indexOf(Math.min(...scores))]!;
    best.timesChosen++;
    return best.spec;
  }

  /** In how few runs its rarest discovery was reached. */
  private rarityOf({ discovered }: Kept): number {
    return discovered.reduce((least, state) => Math.min(least, this.counts.countOf(state)), Number.MAX_SAFE_INTEGER);
  }
}
