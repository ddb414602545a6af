import { assert } from '../../runtime/assert.js';
import { IMPOSSIBLE, NONE, type CompiledHistory } from './compiled-history.js';
import { STATES_MAX, STATES_TOLD_MAX, type DeadEnd, type Search, type SearchStatus } from './search.js';

const CONFIGURATIONS_MAX = 4_000_000;

/** One of the orders that explain everything that has returned so far. Orders that led to the same are kept once. */
interface Way {
  readonly state: number;
  /** The operations under way that have taken effect already, ascending. */
  readonly early: readonly number[];
  /** How it was come by: the operation that took effect last, and the way before it. */
  readonly last: number;
  readonly before: Way | undefined;
}

/**
 * Lowe's just-in-time linearization (Testing for linearizability, 2017), as a search of the graph of configurations, event by event: an operation takes effect
 * no earlier than an answer needs it, either that of its own or that of another which has to come behind it. Where nothing is left
 * after a return, no order explains it.
 */
export class JustInTimeSearch<State> implements Search {
  status: SearchStatus = 'searching';
  steps = 0;

  private ways: readonly Way[];
  private readonly running: Generator<undefined, void>;
  private stepsUntil = 0;
  private end: DeadEnd | undefined;

  constructor(private readonly history: CompiledHistory<State>) {
    this.ways = [{ state: history.initialState, early: [], last: NONE, before: undefined }];
    this.running = this.run();
  }

  advance(steps: number): SearchStatus {
    this.stepsUntil = this.steps + steps;
    if (this.status === 'searching') this.running.next();
    return this.status;
  }

  order(): readonly number[] {
    const [way] = this.ways;
    assert(this.status === 'legal' && way !== undefined, 'there is an order only where the history is legal');
    return orderOf(way);
  }

  deadEnd(): DeadEnd {
    assert(this.end !== undefined, 'there is a dead end only where the history is illegal');
    return this.end;
  }

  private *run(): Generator<undefined, void> {
    const underWay: number[] = [];
    for (const event of this.history.events) {
      if (event >= 0) underWay.push(event);
      else {
        yield* this.passReturn(~event, underWay);
        if (this.status !== 'searching') return;
        underWay.splice(underWay.indexOf(~event), 1);
      }
    }
    this.status = 'legal';
  }

  /** Keeps the ways in which the operation has taken effect, once those others have that it may need before it. */
  private *passReturn(returning: number, underWay: readonly number[]): Generator<undefined, void> {
    const kept = new Map<string, Way>();
    const seen = new Set<string>();
    const waiting: Way[] = [];
    for (const way of this.ways) this.sort(this.withReads(way, underWay), returning, kept, seen, waiting);
    for (let way = waiting.pop(); way !== undefined; way = waiting.pop()) {
      for (const operation of underWay) {
        if (++this.steps >= this.stepsUntil) yield;
        const further = this.extend(way, operation);
        if (further !== undefined) this.sort(this.withReads(further, underWay), returning, kept, seen, waiting);
      }
      if (seen.size + kept.size > CONFIGURATIONS_MAX || this.history.stateCount > STATES_MAX) {
        this.status = 'exhausted';
        return;
      }
    }
    if (kept.size === 0) this.giveUp(returning, underWay);
    this.ways = [...kept.values()];
  }

  /** The way with all operations under way that only read and can do so now: nothing is gained by waiting with them. */
  private withReads(way: Way, underWay: readonly number[]): Way {
    let { early } = way;
    for (const operation of underWay) {
      const isPossible =
        this.history.isRead[operation] === 1 && !this.history.isOpen(operation) && !early.includes(operation);
      if (!isPossible || this.history.next(way.state, operation) === IMPOSSIBLE) continue;
      early = inserted(early, operation);
      way = { state: way.state, early, last: operation, before: way };
    }
    return way;
  }

  private sort(way: Way, returning: number, kept: Map<string, Way>, seen: Set<string>, waiting: Way[]): void {
    const hasReturned = way.early.includes(returning);
    const early = hasReturned ? way.early.filter((operation) => operation !== returning) : way.early;
    const key = keyOf(way.state, early);
    if (hasReturned) {
      if (!kept.has(key)) kept.set(key, { ...way, early });
    } else if (!seen.has(key)) {
      seen.add(key);
      waiting.push(way);
    }
  }

  private extend(way: Way, operation: number): Way | undefined {
    const { history } = this;
    if (way.early.includes(operation)) return undefined;
    const twin = history.twinBefore[operation] ?? NONE;
    if (twin !== NONE && !way.early.includes(twin)) return undefined;
    const state = history.next(way.state, operation);
    if (state === IMPOSSIBLE || (state === way.state && history.isOpen(operation))) return undefined;
    const isLastIdle = way.last !== NONE && history.isOpen(way.last) && way.before !== undefined;
    if (isLastIdle && history.next(way.before.state, operation) === state) return undefined;
    return { state, early: inserted(way.early, operation), last: operation, before: way };
  }

  private giveUp(returning: number, underWay: readonly number[]): void {
    this.status = 'illegal';
    let best: Way | undefined;
    const states = new Set<number>();
    // The ways that came before this return, made as long as they can be.
    for (const way of this.ways) {
      const longest = this.prolonged(way, underWay);
      if (states.size < STATES_TOLD_MAX) states.add(longest.state);
      if (best === undefined || orderOf(longest).length > orderOf(best).length) best = longest;
    }
    assert(best !== undefined, 'before each return there is a way');
    this.end = { culprit: returning, prefix: orderOf(best), state: best.state, states: [...states] };
  }

  private prolonged(way: Way, underWay: readonly number[]): Way {
    for (const operation of underWay) {
      const further = this.history.isOpen(operation) ? undefined : this.extend(way, operation);
      if (further !== undefined) return this.prolonged(further, underWay);
    }
    return way;
  }
}

function orderOf(way: Way): readonly number[] {
  const order: number[] = [];
  for (let at: Way | undefined = way; at !== undefined && at.last !== NONE; at = at.before) order.push(at.last);
  return order.reverse();
}

function inserted(sorted: readonly number[], operation: number): readonly number[] {
  const index = sorted.findIndex((other) => other > operation);
  return index < 0 ? [...sorted, operation] : [...sorted.slice(0, index), operation, ...sorted.slice(index)];
}

function keyOf(state: number, early: readonly number[]): string {
  return `${state}:${early.join()}`;
}
