import { BadInputError } from '../artifact/bad-input.js';
import { countSeeds, type SeedRange } from './seed-range.js';

/** One of `of` parts of a hunt; `index` from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

const SHARDS_MAX = 100_000;
const SHARD = /^(\d{1,6})\/(\d{1,6})$/;

/**
 * Reads `i/n`.
 * @throws BadInputError naming what is wrong and how it is written.
 */
export function parseShard(text: string): Shard {
  const [, first, second] = SHARD.exec(text.trim()) ?? [];
  const [index, of] = [Number(first), Number(second)];
  if (second !== undefined && index >= 1 && index <= of && of <= SHARDS_MAX) return { index, of };
  throw new BadInputError(
    `shard ${JSON.stringify(text)}: expected I/N with I from 1 to N and N up to ${SHARDS_MAX}, such as 2/8`,
  );
}

/**
 * The seeds of one shard, side by side in the range: each seed is in exactly one shard. Where there are more shards than seeds some
 * have none; their `last` is below their `first`.
 */
export function shardRange(range: SeedRange, { index, of }: Shard): SeedRange {
  const count = countSeeds(range);
  const startOf = (which: number): number => range.first + Math.floor((count * (which - 1)) / of);
  return { first: startOf(index), last: startOf(index + 1) - 1 };
}
