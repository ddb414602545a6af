import { BadInputError } from '../artifact/bad-input.js';

/** The seeds `first` to `last`, both included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

const SEEDS_MAX = 10_000_000;
const NUMBER = /^\d{1,16}$/;

/**
 * Reads `A..B`, or `N` for the seeds 1 to N.
 * @throws BadInputError naming what is wrong and how it is written.
 */
export function parseSeedRange(text: string): SeedRange {
  const parts = text.trim().split('..');
  const numbers = parts.map(parseSeed);
  const [first, last] = numbers.length === 1 ? [1, numbers[0]] : numbers;
  if (parts.length > 2 || first === undefined || last === undefined) {
    throw new BadInputError(`seeds ${JSON.stringify(text)}: expected A..B, such as 1..200, or a count such as 200`);
  }
  if (last < first) {
    const hint = parts.length === 1 ? 'give a count from 1' : `write ${last}..${first}`;
    throw new BadInputError(`seeds ${JSON.stringify(text)}: there are none; ${hint}`);
  }
  if (last - first >= SEEDS_MAX) {
    throw new BadInputError(`seeds ${JSON.stringify(text)}: more than ${SEEDS_MAX} at once; hunt in several parts`);
  }
  return { first, last };
}

/** A seed as a whole number from 0, or undefined. */
export function parseSeed(text: string): number | undefined {
  if (!NUMBER.test(text.trim())) return undefined;
  const seed = Number(text);
  return Number.isSafeInteger(seed) ? seed : undefined;
}

export function countSeeds({ first, last }: SeedRange): number {
  return last - first + 1;
}
