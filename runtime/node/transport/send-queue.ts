interface Queued {
  readonly frame: Uint8Array;
  readonly atMs: number;
}

/** Frames that wait for one peer, in order, within a number and a size. */
export class SendQueue {
  #frames: Queued[] = [];
  #head = 0;
  #bytes = 0;

  constructor(
    private readonly maxFrames: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.#frames.length - this.#head;
  }

  /** False where there is no room: the newest is dropped, so that what waits keeps its order. */
  push(frame: Uint8Array, nowMs: number): boolean {
    if (this.length >= this.maxFrames || this.#bytes + frame.length > this.maxBytes) return false;
    this.#frames.push({ frame, atMs: nowMs });
    this.#bytes += frame.length;
    return true;
  }

  shift(): Uint8Array | undefined {
    const first = this.#frames[this.#head];
    if (first === undefined) return undefined;
    this.#head++;
    this.#bytes -= first.frame.length;
    if (this.#head > 1024 || this.#head === this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return first.frame;
  }

  /** Drops what has waited since before `sinceMs`; answers how many. */
  dropOlderThan(sinceMs: number): number {
    let dropped = 0;
    for (let first = this.#frames[this.#head]; first !== undefined && first.atMs < sinceMs; dropped++) {
      this.shift();
      first = this.#frames[this.#head];
    }
    return dropped;
  }
}
