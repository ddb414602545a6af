import type { Clock, Timers } from '../ports.js';

/** A longer delay overflows setTimeout, which then fires at once; it is waited for in pieces. */
const LONGEST_PIECE_MS = 2 ** 31 - 1;

interface Armed {
  readonly dueUs: number;
  timeout: NodeJS.Timeout;
}

/** One-shot timers on setTimeout. Never early by the monotonic clock, whatever the event loop's own clock says. */
export class SystemTimers implements Timers {
  readonly #armed = new Map<number, Armed>();

  constructor(
    private readonly clock: Clock,
    private readonly fired: (token: number) => void,
  ) {}

  get size(): number {
    return this.#armed.size;
  }

  set(token: number, delayUs: number): void {
    this.cancel(token);
    const dueUs = this.clock.monotonicUs() + Math.max(0, delayUs);
    this.#armed.set(token, { dueUs, timeout: this.#wait(token, dueUs) });
  }

  cancel(token: number): void {
    const armed = this.#armed.get(token);
    if (armed === undefined) return;
    clearTimeout(armed.timeout);
    this.#armed.delete(token);
  }

  cancelAll(): void {
    for (const { timeout } of this.#armed.values()) clearTimeout(timeout);
    this.#armed.clear();
  }

  #wait(token: number, dueUs: number): NodeJS.Timeout {
    const leftMs = Math.ceil((dueUs - this.clock.monotonicUs()) / 1000);
    return setTimeout(() => this.#ring(token), Math.min(Math.max(0, leftMs), LONGEST_PIECE_MS));
  }

  #ring(token: number): void {
    const armed = this.#armed.get(token);
    if (armed === undefined) return;
    if (this.clock.monotonicUs() < armed.dueUs) {
      armed.timeout = this.#wait(token, armed.dueUs);
      return;
    }
    this.#armed.delete(token);
    this.fired(token);
  }
}
