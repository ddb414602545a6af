import type { Random } from '../../runtime/ports.js';
import type { RunSpec } from '../scenario.js';
import type { StateCounts } from './confidence.js';

/** A run that reached what hardly any run before it had reached. */
export interface Kept {
  spec: RunSpec;
  readonly discovered: readonly number[];
  timesChosen: number;
}

const KEPT_MAX = 512;
const EXAMPLES_OF_A_STATE = 6;
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

  /**
   * Takes in a run, if it is one of the first few that reached some state: the very first may be a dead end, with no time or no room for
   * another fault.
   */
  offer(spec: RunSpec, states: readonly number[]): void {
    const discovered = states.filter((state) => this.counts.countOf(state) <= EXAMPLES_OF_A_STATE);
    if (discovered.length === 0) return;
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
  choose(random: Random): Kept | undefined {
    const { kept } = this;
    if (kept.length === 0) return undefined;
    const isOpen = random.between(0, 1) === 0;
    const entrants = isOpen
      ? kept
      : Array.from({ length: TOURNAMENT }, () => kept[random.between(0, kept.length - 1)]!);
    const scores = entrants.map((one) => this.rarityOf(one) + (one.timesChosen >> 2));
    const best = entrants[scores.indexOf(Math.min(...scores))]!;
    best.timesChosen++;
    return best;
  }

  /**
   * A variation that reaches all that its parent was kept for may take its place: plans drift on, where the first to get somewhere
   * leaves no time or no room for more.
   */
  replace(parent: Kept, spec: RunSpec, states: readonly number[]): void {
    const reached = new Set(states);
    if (parent.discovered.every((state) => reached.has(state))) parent.spec = spec;
  }

  /** In how few runs its rarest discovery was reached. */
  private rarityOf({ discovered }: Kept): number {
    return discovered.reduce((least, state) => Math.min(least, this.counts.countOf(state)), Number.MAX_SAFE_INTEGER);
  }
}
