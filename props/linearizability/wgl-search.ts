import { mix, ConfigurationCache, type Configuration } from './configuration-cache.js';
import { IMPOSSIBLE, NONE, type CompiledHistory } from './compiled-history.js';
import { STATES_MAX, STATES_TOLD_MAX, type DeadEnd, type Search, type SearchStatus } from './search.js';

const HEAD = 0;

/**
 * The search of Wing and Gong (1993), with the list of calls and returns from which an operation is lifted and put back, and with Lowe's memory of
 * configurations (2017): in each configuration it tries the operations that were called before the first return, one after another, and goes back where
 * that return is reached. An operation that only reads is taken at once where it is possible, since nothing is gained by waiting; an open one
 * that would change nothing is left alone, and of open ones that are alike the first goes first.
 */
export class WglSearch<State> implements Search {
  status: SearchStatus = 'searching';
  steps = 0;

  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  /** By operation: its entries in the list. */
  private readonly callEntry: Int32Array;
  private readonly returnEntry: Int32Array;
  /** By entry, from 1: the event, as in the history. */
  private readonly events: Int32Array;
  private readonly hashes: Int32Array;
  private readonly cache = new ConfigurationCache();
  private readonly configuration: Configuration;
  private completedLeft: number;
  private entry: number;
  /** Nothing was tried in this configuration yet. */
  private isNew = true;

  /** What was lifted, and what was so before. */
  private readonly lifted: Int32Array;
  private readonly statesBefore: Int32Array;
  private readonly windowsBefore: Int32Array;
  private depth = 0;

  private furthest = 0;
  private furthestDepth = -1;
  private furthestPrefix: readonly number[] = [];
  private furthestState = 0;
  private readonly furthestStates = new Set<number>();

  constructor(private readonly history: CompiledHistory<State>) {
    const { count, completedCount, events } = history;
    const entries = events.length + 1;
    this.events = new Int32Array(entries);
    this.events.set(events, 1);
    this.next = Int32Array.from({ length: entries }, (_, entry) => (entry + 1) % entries);
    this.previous = Int32Array.from({ length: entries }, (_, entry) => (entry + entries - 1) % entries);
    this.callEntry = new Int32Array(count);
    this.returnEntry = new Int32Array(count);
    events.forEach((event, index) => {
      if (event >= 0) this.callEntry[event] = index + 1;
      else this.returnEntry[~event] = index + 1;
    });
    this.hashes = Int32Array.from({ length: count }, (_, operation) => mix(operation + 1, 0x5bd1e995));
    this.lifted = new Int32Array(count);
    this.statesBefore = new Int32Array(count);
    this.windowsBefore = new Int32Array(count * 3);
    this.configuration = {
      hash: 0,
      state: history.initialState,
      words: new Int32Array((completedCount >> 5) + 1),
      openWords: new Int32Array(((count - completedCount) >> 5) + 1),
      ...{ low: 0, high: 0, openHigh: 0 },
    };
    this.completedLeft = completedCount;
    this.entry = this.next[HEAD] ?? HEAD;
    if (completedCount === 0) this.status = 'legal';
  }

  advance(steps: number): SearchStatus {
    const until = this.steps + steps;
    while (this.status === 'searching' && this.steps < until) this.tryEntry();
    return this.status;
  }

  order(): readonly number[] {
    return Array.from(this.lifted.subarray(0, this.depth));
  }

  deadEnd(): DeadEnd {
    return {
      culprit: ~(this.events[this.furthest] ?? 0),
      prefix: this.furthestPrefix,
      state: this.furthestState,
      states: [...this.furthestStates],
    };
  }

  private tryEntry(): void {
    this.steps++;
    if (this.isNew && this.takeRead()) return;
    this.isNew = false;
    const operation = this.events[this.entry] ?? NONE;
    if (operation < 0) {
      this.noteDeadEnd();
      this.goBack();
      return;
    }
    const after = this.isWorthTrying(operation) ? this.stateAfter(operation) : IMPOSSIBLE;
    if (after === IMPOSSIBLE) {
      this.entry = this.next[this.entry] ?? HEAD;
      return;
    }
    this.take(operation, after);
  }

  private take(operation: number, after: number): void {
    this.lift(operation, after);
    if (!this.cache.add(this.configuration)) return this.goBack();
    this.entry = this.next[HEAD] ?? HEAD;
    this.isNew = true;
    if (this.completedLeft === 0) this.status = 'legal';
    else if (this.history.stateCount > STATES_MAX) this.status = 'exhausted';
  }

  /** Takes a read that is possible now, where there is one: it need not be chosen among others. */
  private takeRead(): boolean {
    for (let { entry } = this; ; entry = this.next[entry] ?? HEAD) {
      const operation = this.events[entry] ?? NONE;
      if (operation < 0) return false;
      if (this.history.isRead[operation] !== 1 || this.history.isOpen(operation)) continue;
      const after = this.history.next(this.configuration.state, operation);
      if (after === IMPOSSIBLE) continue;
      this.take(operation, after);
      return true;
    }
  }

  /** Of open operations that are alike the one that was called first takes effect first. */
  private isWorthTrying(operation: number): boolean {
    const twin = this.history.twinBefore[operation] ?? NONE;
    if (twin === NONE) return true;
    const bit = twin - this.history.completedCount;
    return ((this.configuration.openWords[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  /**
   * The state after the operation; IMPOSSIBLE also where nothing is gained by it: by an open one that changes nothing, and by one
   * that leads to where it would have led without the open one that took effect last.
   */
  private stateAfter(operation: number): number {
    const { history, depth } = this;
    const { state } = this.configuration;
    const after = history.next(state, operation);
    if (after === IMPOSSIBLE || (after === state && history.isOpen(operation))) return IMPOSSIBLE;
    const last = depth > 0 ? (this.lifted[depth - 1] ?? NONE) : NONE;
    if (last === NONE || !history.isOpen(last)) return after;
    return history.next(this.statesBefore[depth - 1] ?? 0, operation) === after ? IMPOSSIBLE : after;
  }

  private lift(operation: number, after: number): void {
    const { configuration, depth, history } = this;
    this.lifted[depth] = operation;
    this.statesBefore[depth] = configuration.state;
    this.windowsBefore[3 * depth] = configuration.low;
    this.windowsBefore[3 * depth + 1] = configuration.high;
    this.windowsBefore[3 * depth + 2] = configuration.openHigh;
    this.depth = depth + 1;
    configuration.state = after;
    configuration.hash ^= this.hashes[operation] ?? 0;
    this.unlink(this.callEntry[operation] ?? HEAD);
    if (history.isOpen(operation)) {
      const bit = operation - history.completedCount;
      configuration.openWords[bit >> 5] = (configuration.openWords[bit >> 5] ?? 0) | (1 << (bit & 31));
      configuration.openHigh = Math.max(configuration.openHigh, (bit >> 5) + 1);
    } else {
      this.unlink(this.returnEntry[operation] ?? HEAD);
      configuration.words[operation >> 5] = (configuration.words[operation >> 5] ?? 0) | (1 << (operation & 31));
      this.completedLeft--;
      this.moveWindow(operation);
    }
  }

  private moveWindow(operation: number): void {
    const { configuration } = this;
    let { low } = configuration;
    while (configuration.words[low] === -1) low++;
    configuration.low = low;
    configuration.high = Math.max(configuration.high, (operation >> 5) + 1, low);
  }

  /** Takes back the operation that took effect last and goes on behind it; a read is taken back together with what came before. */
  private goBack(): void {
    this.isNew = false;
    for (;;) {
      if (this.depth === 0) {
        this.status = 'illegal';
        return;
      }
      const operation = this.putBack();
      if (this.history.isRead[operation] === 1) continue;
      this.entry = this.next[this.callEntry[operation] ?? HEAD] ?? HEAD;
      return;
    }
  }

  private putBack(): number {
    const { configuration, history } = this;
    const depth = --this.depth;
    const operation = this.lifted[depth] ?? NONE;
    configuration.state = this.statesBefore[depth] ?? 0;
    configuration.low = this.windowsBefore[3 * depth] ?? 0;
    configuration.high = this.windowsBefore[3 * depth + 1] ?? 0;
    configuration.openHigh = this.windowsBefore[3 * depth + 2] ?? 0;
    configuration.hash ^= this.hashes[operation] ?? 0;
    if (history.isOpen(operation)) {
      const bit = operation - history.completedCount;
      configuration.openWords[bit >> 5] = (configuration.openWords[bit >> 5] ?? 0) & ~(1 << (bit & 31));
    } else {
      this.relink(this.returnEntry[operation] ?? HEAD);
      configuration.words[operation >> 5] = (configuration.words[operation >> 5] ?? 0) & ~(1 << (operation & 31));
      this.completedLeft++;
    }
    this.relink(this.callEntry[operation] ?? HEAD);
    return operation;
  }

  private unlink(entry: number): void {
    const before = this.previous[entry] ?? HEAD;
    const behind = this.next[entry] ?? HEAD;
    this.next[before] = behind;
    this.previous[behind] = before;
  }

  private relink(entry: number): void {
    this.next[this.previous[entry] ?? HEAD] = entry;
    this.previous[this.next[entry] ?? HEAD] = entry;
  }

  /** The search stands before a return that it cannot pass; the one furthest on is what the answer tells of. */
  private noteDeadEnd(): void {
    if (this.entry < this.furthest) return;
    if (this.entry > this.furthest) {
      this.furthest = this.entry;
      this.furthestDepth = -1;
      this.furthestStates.clear();
    }
    if (this.furthestStates.size < STATES_TOLD_MAX) this.furthestStates.add(this.configuration.state);
    if (this.depth <= this.furthestDepth) return;
    this.furthestDepth = this.depth;
    this.furthestPrefix = this.order();
    this.furthestState = this.configuration.state;
  }
}
