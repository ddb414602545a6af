import { assert } from '../../runtime/assert.js';

interface Scheduled {
  readonly dueUs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Virtual time for a single disk: what tests of storage run on, where no kernel and no other node is wanted.
 * Callbacks run in the order (time, order of scheduling).
 */
export class VirtualLoop {
  nowUs = 0;
  private scheduled: Scheduled[] = [];
  private order = 0;

  schedule(delayUs: number, callback: () => void): void {
    assert(delayUs >= 0, 'nothing happens before it was asked for');
    const entry = { dueUs: this.nowUs + delayUs, order: this.order++, callback };
    const at = this.scheduled.findLastIndex((other) => other.dueUs <= entry.dueUs) + 1;
    this.scheduled.splice(at, 0, entry);
  }

  /** Runs the next callback; false where there is none. */
  runNext(): boolean {
    const next = this.scheduled.shift();
    if (next === undefined) return false;
    this.nowUs = next.dueUs;
    next.callback();
    return true;
  }

  runUntilIdle(maxCallbacks = 1_000_000): void {
    for (let i = 0; i < maxCallbacks; i++) if (!this.runNext()) return;
    assert(false, `still not idle after ${maxCallbacks} callbacks`);
  }
}
