/** How far a search has come. */
export type SearchStatus = 'legal' | 'illegal' | 'searching' | 'exhausted';

/** Where a search found that no order of the operations is possible. */
export interface DeadEnd {
  /** The first operation whose return no order explains: everything that returned before it can be put in order, with it nothing can. */
  readonly culprit: number;
  /** The longest legal order that was found until then, of operations that had been called when the culprit returned. */
  readonly prefix: readonly number[];
  /** The state after the prefix. */
  readonly state: number;
  /** Other states in which orders of everything else ended; some of them, where there were many. */
  readonly states: readonly number[];
}

/** A search for an order, which goes on from where it was left. */
export interface Search {
  readonly status: SearchStatus;
  /** Transitions tried so far. */
  readonly steps: number;
  /** Goes on for about so many steps. `exhausted` is the end of what may be remembered, and no answer. */
  advance(steps: number): SearchStatus;
  /** Where it is legal: an order that explains every answer. */
  order(): readonly number[];
  /** Where it is illegal. */
  deadEnd(): DeadEnd;
}

/** States beyond this are more than memory has room for. */
export const STATES_MAX = 4_000_000;
/** How many of the states in which a search ended are told. */
export const STATES_TOLD_MAX = 8;
