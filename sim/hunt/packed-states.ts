import type { SeedOutcome } from './seed-outcome.js';

/** Abstract states in a file: those that it names for the first time, as hashes, and the rest by when they were first named. */
export interface PackedStates {
  readonly fresh: string;
  readonly known: string;
}

const LOW_BITS = 0x7f;
const MORE = 0x80;
const HASH_END = 2 ** 32;

/** Ascending whole numbers below 2^32 in few characters: the distances between them, seven bits at a time, in base64. */
export function packNumbers(ascending: readonly number[]): string {
  const bytes: number[] = [];
  let last = 0;
  for (const number of ascending) {
    let distance = number - last;
    last = number;
    for (; distance > LOW_BITS; distance = Math.floor(distance / MORE)) bytes.push((distance & LOW_BITS) | MORE);
    bytes.push(distance);
  }
  return Buffer.from(bytes).toString('base64');
}

/** What `packNumbers` was given; undefined where the text is nothing that it wrote. */
export function unpackNumbers(text: string): number[] | undefined {
  const numbers: number[] = [];
  let last = 0;
  let distance = 0;
  let factor = 1;
  for (const byte of Buffer.from(text, 'base64')) {
    distance += (byte & LOW_BITS) * factor;
    factor *= MORE;
    if (factor > HASH_END * MORE) return undefined;
    if (byte >= MORE) continue;
    last += distance;
    if (last >= HASH_END) return undefined;
    numbers.push(last);
    distance = 0;
    factor = 1;
  }
  return factor === 1 ? numbers : undefined;
}

/**
 * The states that a file has named so far. Most runs reach what others reached before, and a number in the order of first mention is
 * a third as long as a hash.
 */
export class StateDictionary {
  private readonly hashes: number[] = [];
  private readonly places = new Map<number, number>();

  pack(states: readonly number[]): PackedStates {
    const fresh = states.filter((state) => !this.places.has(state));
    const known = states.flatMap((state) => this.places.get(state) ?? []).sort((a, b) => a - b);
    this.learn(fresh);
    return { fresh: packNumbers(fresh), known: packNumbers(known) };
  }

  /** Takes in what a line of the file names; answers its states when asked, or undefined where the line is damaged. */
  read({ fresh, known }: PackedStates): (() => NonNullable<SeedOutcome['states']>) | undefined {
    const hashes = unpackNumbers(fresh);
    const places = unpackNumbers(known);
    if (hashes === undefined || places === undefined) return undefined;
    if (places.some((place) => place >= this.hashes.length)) return undefined;
    this.learn(hashes);
    return () => [...hashes, ...(unpackNumbers(known) ?? []).map((place) => this.hashes[place]!)].sort((a, b) => a - b);
  }

  private learn(fresh: readonly number[]): void {
    for (const state of fresh) {
      this.places.set(state, this.hashes.length);
      this.hashes.push(state);
    }
  }
}
