const RECORDS_MAX = 4_000_000;
const WORDS_MAX = 64_000_000;
const EMPTY = 0;
/** Of each record: hash, state, first word of the window, words in the window, words of open operations; then the words. */
const HEADER = 5;

/** Which operations have taken effect, and the state that they led to. */
export interface Configuration {
  /** Of the set of operations; equal for equal sets. */
  hash: number;
  state: number;
  /** A bit for each completed operation. */
  readonly words: Int32Array;
  /** Words below this are full. */
  low: number;
  /** Words from this on are empty. */
  high: number;
  /** A bit for each open operation. */
  readonly openWords: Int32Array;
  openHigh: number;
}

/**
 * The configurations that a search has been in. Of the operations only what tells configurations apart is kept: a window from the first one that has
 * not yet taken effect to the last that has.
 * When it is full it remembers nothing more, which costs time and changes no answer.
 */
export class ConfigurationCache {
  private slots = new Int32Array(1024);
  private arena = new Int32Array(8192);
  /** Position 0 is no record. */
  private end = 1;
  private records = 0;

  /** @returns false where it was there already. */
  add(configuration: Configuration): boolean {
    const mixed = mix(configuration.hash, configuration.state);
    let slot = mixed & (this.slots.length - 1);
    for (;;) {
      const record = this.slots[slot] ?? EMPTY;
      if (record === EMPTY) break;
      if (this.arena[record] === mixed && this.isSame(record, configuration)) return false;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    const length = HEADER + (configuration.high - configuration.low) + configuration.openHigh;
    if (this.records >= RECORDS_MAX || this.end + length > WORDS_MAX) return true;
    this.slots[slot] = this.store(length, mixed, configuration);
    if (++this.records * 2 > this.slots.length) this.growSlots();
    return true;
  }

  private isSame(record: number, { state, words, low, high, openWords, openHigh }: Configuration): boolean {
    const { arena } = this;
    if (arena[record + 1] !== state || arena[record + 2] !== low) return false;
    if (arena[record + 3] !== high - low || arena[record + 4] !== openHigh) return false;
    let at = record + HEADER;
    for (let word = low; word < high; word++) if (arena[at++] !== words[word]) return false;
    for (let word = 0; word < openHigh; word++) if (arena[at++] !== openWords[word]) return false;
    return true;
  }

  private store(length: number, mixed: number, configuration: Configuration): number {
    if (this.end + length > this.arena.length) this.growArena(length);
    const { state, words, low, high, openWords, openHigh } = configuration;
    const { arena, end: record } = this;
    arena[record] = mixed;
    arena[record + 1] = state;
    arena[record + 2] = low;
    arena[record + 3] = high - low;
    arena[record + 4] = openHigh;
    let at = record + HEADER;
    for (let word = low; word < high; word++) arena[at++] = words[word] ?? 0;
    for (let word = 0; word < openHigh; word++) arena[at++] = openWords[word] ?? 0;
    this.end = at;
    return record;
  }

  private growArena(length: number): void {
    const grown = new Int32Array(Math.max(this.arena.length * 2, this.end + length));
    grown.set(this.arena);
    this.arena = grown;
  }

  private growSlots(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    for (const record of old) {
      if (record === EMPTY) continue;
      let slot = (this.arena[record] ?? 0) & (this.slots.length - 1);
      while (this.slots[slot] !== EMPTY) slot = (slot + 1) & (this.slots.length - 1);
      this.slots[slot] = record;
    }
  }
}

/** Spreads the bits of two numbers over one. */
export function mix(hash: number, state: number): number {
  let mixed = Math.imul(hash ^ Math.imul(state + 1, 0x9e3779b1), 0x85ebca6b);
  mixed ^= mixed >>> 15;
  return Math.imul(mixed, 0xc2b2ae35) ^ (mixed >>> 13);
}
