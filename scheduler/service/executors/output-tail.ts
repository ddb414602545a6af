/** The end of what a process wrote, within a limit. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #held = 0;
  #total = 0;

  constructor(private readonly maxBytes: number) {}

  get totalBytes(): number {
    return this.#total;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    this.#total += chunk.length;
    // Cut only now and then: each byte is copied a bounded number of times.
    if (this.#held > 2 * this.maxBytes) this.#cut();
  }

  /** Well-formed text; where bytes were left out, it begins with a note of how many. */
  text(): string {
    this.#cut();
    const kept = Buffer.concat(this.#chunks);
    const omitted = this.#total - kept.length;
    const text = new TextDecoder().decode(kept);
    return omitted === 0 ? text : `[${omitted} bytes left out]\n${text}`;
  }

  #cut(): void {
    const all = Buffer.concat(this.#chunks);
    const kept = all.subarray(Math.max(0, all.length - this.maxBytes));
    this.#chunks = [Buffer.from(kept)];
    this.#held = kept.length;
  }
}
