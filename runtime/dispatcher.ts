import type { ActorCell } from './actor-cell.js';

/**
 * Which of the actors that have something to do takes the next turn: an index below `readyCount`, 0 being the one that has
 * waited longest. Production is fair (`firstInFirstOut`); the simulator draws.
 */
export type PickPolicy = (readyCount: number) => number;

export const firstInFirstOut: PickPolicy = () => 0;

/** The actors of one node that have something to do. The same code in both worlds; only the pick differs. */
export class Dispatcher {
  private ready: ActorCell[] = [];
  private head = 0;

  constructor(private readonly pick: PickPolicy) {}

  markReady(cell: ActorCell): void {
    if (cell.isReady) return;
    cell.isReady = true;
    this.ready.push(cell);
  }

  next(): ActorCell | undefined {
    const count = this.ready.length - this.head;
    if (count === 0) return undefined;
    if (this.ready.length === 1) {
      const only = this.ready.pop();
      if (only !== undefined) only.isReady = false;
      return only;
    }
    const offset = count === 1 ? 0 : this.pick(count);
    const cell = offset === 0 ? this.ready[this.head++] : this.ready.splice(this.head + offset, 1)[0];
    if (this.head === this.ready.length) {
      this.ready = [];
      this.head = 0;
    } else if (this.head > 256) {
      // A long chain of turns within one event must not grow the list for ever.
      this.ready = this.ready.slice(this.head);
      this.head = 0;
    }
    if (cell !== undefined) cell.isReady = false;
    return cell;
  }

  clear(): void {
    this.ready = [];
    this.head = 0;
  }
}
