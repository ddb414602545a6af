/**
 * How fast a node gets on with its work. Usually a turn takes no time at all; on a slow node each takes `turnUs`, one after the
 * other, so that what comes faster waits in its queue.
 */
export class Pace {
  /** What one turn takes at present, in microseconds. */
  turnUs = 0;
  /** Until when the node is busy with what it has begun. */
  private busyUntilUs = 0;

  /** When an event that is there at `timeUs` will have been handled by a node whose clock stands at `nowUs`. */
  doneUs(timeUs: number, nowUs: number): number {
    if (this.turnUs === 0) return Math.max(timeUs, nowUs);
    return Math.max(timeUs, nowUs, this.busyUntilUs) + this.turnUs;
  }

  /** An event was done with at `nowUs`, and took that many turns. */
  took(turns: number, nowUs: number): void {
    if (this.turnUs > 0) this.busyUntilUs = nowUs + Math.max(0, turns - 1) * this.turnUs;
  }

  /**
   * Whoever becomes faster or slower is not held up by what it had begun before. A new life is: it is the machine that is busy, and nothing resets
   * that at a start.
   */
  set(turnUs: number): void {
    this.turnUs = turnUs;
    this.busyUntilUs = 0;
  }
}
