import type { Clock, Timers } from '../ports.js';

/** A longer delay overflows setTimeout, which then fires at once; it is waited for in pieces. */
const LONGEST_PIECE_MS = 2 ** 31 - 1;
/** So many cancelled timers may wait in the heap besides as many as are armed. */
const MOST_IDLE = 64;

interface Armed {
  readonly token: number;
  readonly dueUs: number;
  /** Of their setting: among equal deadlines the first one set rings first. */
  readonly order: number;
}

/**
 * One-shot timers on a single setTimeout. Never early by the monotonic clock, whatever the event loop's own clock says, and always in the
 * order of (deadline, setting), as in simulation; timers of their own in the event loop promise neither.
 */
export class SystemTimers implements Timers {
  readonly #armed = new Map<number, Armed>();
  /** A binary heap. Cancelled timers stay until they are due, or too many. */
  #heap: Armed[] = [];
  #order = 0;
  #timeout: NodeJS.Timeout | undefined;
  #wakesUs = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly fired: (token: number) => void,
  ) {}

  get size(): number {
    return this.#armed.size;
  }

  set(token: number, delayUs: number): void {
    const dueUs = this.clock.monotonicUs() + Math.max(0, delayUs);
    const armed = { token, dueUs, order: this.#order++ };
    this.#armed.set(token, armed);
    this.#dropIdle();
    push(this.#heap, armed);
    if (dueUs < this.#wakesUs) this.#waitUntil(dueUs);
  }

  cancel(token: number): void {
    this.#armed.delete(token);
    if (this.#armed.size === 0) this.cancelAll();
  }

  cancelAll(): void {
    clearTimeout(this.#timeout);
    this.#wakesUs = Infinity;
    this.#armed.clear();
    this.#heap = [];
  }

  #waitUntil(dueUs: number): void {
    clearTimeout(this.#timeout);
    this.#wakesUs = dueUs;
    const leftMs = Math.ceil((dueUs - this.clock.monotonicUs()) / 1000);
    this.#timeout = setTimeout(() => this.#wake(), Math.min(Math.max(0, leftMs), LONGEST_PIECE_MS));
  }

  #wake(): void {
    this.#wakesUs = Infinity;
    const nowUs = this.clock.monotonicUs();
    // What is set meanwhile waits for the next time, or timers without delay would keep everything else from its turn.
    const before = this.#order;
    try {
      for (let first = this.#first(); first !== undefined; first = this.#first()) {
        if (first.dueUs > nowUs || first.order >= before) break;
        pop(this.#heap);
        this.#armed.delete(first.token);
        this.fired(first.token);
      }
    } finally {
      const next = this.#first();
      if (next !== undefined) this.#waitUntil(next.dueUs);
    }
  }

  /** The next that is still armed. */
  #first(): Armed | undefined {
    let first = this.#heap[0];
    while (first !== undefined && this.#armed.get(first.token) !== first) {
      pop(this.#heap);
      first = this.#heap[0];
    }
    return first;
  }

  /** Each is set anew again and again, as election time-outs are; what was cancelled must not gather. */
  #dropIdle(): void {
    if (this.#heap.length < 2 * this.#armed.size + MOST_IDLE) return;
    const armed = [...this.#armed.values()].filter(({ order }) => order !== this.#order - 1);
    // Sorted, which a heap may be.
    this.#heap = armed.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}

function isBefore(a: Armed, b: Armed): boolean {
  return a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.order < b.order);
}

function push(heap: Armed[], armed: Armed): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent]!;
    if (isBefore(above, armed)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = armed;
}

/** Takes the first out; the heap is not empty. */
function pop(heap: Armed[]): void {
  const last = heap.pop()!;
  const size = heap.length;
  if (size === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
