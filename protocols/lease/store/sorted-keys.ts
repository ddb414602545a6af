import { assert } from '../../../runtime/assert.js';

/**
 * A set of keys in order (of UTF-16 code units), as plain data: blocks of at most `BLOCK_MAX` keys, every block and the list of
 * blocks sorted, no block empty. Finding is O(log n); adding and removing move at most one block and the list of blocks.
 */
export interface SortedKeys {
  blocks: string[][];
}

const BLOCK_MAX = 512;

export function emptyKeys(): SortedKeys {
  return { blocks: [] };
}

/** The number of the elements of a sorted array that are less than `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(sorted, middle) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function at(sorted: readonly string[], index: number): string {
  const key = sorted[index];
  assert(key !== undefined, 'an index of sorted keys is in range');
  return key;
}

/** The block that holds the least key >= `key`, or the number of blocks where there is none. */
function blockOf(keys: SortedKeys, key: string): number {
  let low = 0;
  let high = keys.blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const block = keys.blocks[middle] as string[];
    if (at(block, block.length - 1) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds a key; does nothing where it is there already. */
export function addKey(keys: SortedKeys, key: string): void {
  if (keys.blocks.length === 0) {
    keys.blocks.push([key]);
    return;
  }
  const blockIndex = Math.min(blockOf(keys, key), keys.blocks.length - 1);
  const block = keys.blocks[blockIndex] as string[];
  const index = lowerBound(block, key);
  if (block[index] === key) return;
  block.splice(index, 0, key);
  if (block.length > BLOCK_MAX) keys.blocks.splice(blockIndex + 1, 0, block.splice(BLOCK_MAX >>> 1));
}

/** Removes a key; does nothing where it is not there. */
export function removeKey(keys: SortedKeys, key: string): void {
  const blockIndex = blockOf(keys, key);
  const block = keys.blocks[blockIndex];
  if (block === undefined) return;
  const index = lowerBound(block, key);
  if (block[index] !== key) return;
  block.splice(index, 1);
  if (block.length === 0) keys.blocks.splice(blockIndex, 1);
}

/** Within the keys of a prefix those in `from` <= key < `end`; a bound that is absent does not bound. */
export interface Span {
  readonly prefix: string;
  readonly from?: string;
  readonly end?: string;
}

export function isWithin(span: Span, key: string): boolean {
  if (span.from !== undefined && key < span.from) return false;
  if (span.end !== undefined && key >= span.end) return false;
  return key.startsWith(span.prefix);
}

/** The least that a key of the span can be. */
function leastOf({ prefix, from }: Span): string {
  return from !== undefined && from > prefix ? from : prefix;
}

/** The keys of a span, in order; at most `limit` of them, 0 being no limit. */
export function keysWithin(keys: SortedKeys, span: Span, limit = 0): string[] {
  const found: string[] = [];
  const least = leastOf(span);
  const { prefix, end } = span;
  for (let blockIndex = blockOf(keys, least); blockIndex < keys.blocks.length; blockIndex++) {
    const block = keys.blocks[blockIndex] as string[];
    for (let index = lowerBound(block, least); index < block.length; index++) {
      const key = at(block, index);
      const isBeyond = !key.startsWith(prefix) || (end !== undefined && key >= end);
      if (isBeyond || (limit > 0 && found.length === limit)) return found;
      found.push(key);
    }
  }
  return found;
}

/** How many keys a span has; costs no more than a look at each block. */
export function countWithin(keys: SortedKeys, span: Span): number {
  const least = leastOf(span);
  let count = 0;
  for (let blockIndex = blockOf(keys, least); blockIndex < keys.blocks.length; blockIndex++) {
    const block = keys.blocks[blockIndex] as string[];
    const first = lowerBound(block, least);
    const beyond = firstBeyond(block, first, span);
    count += beyond - first;
    if (beyond < block.length) break;
  }
  return count;
}

/** From `first` on, a span's keys lie together: the index after the last of them. */
function firstBeyond(block: readonly string[], first: number, span: Span): number {
  let low = first;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isWithin(span, at(block, middle))) low = middle + 1;
    else high = middle;
  }
  return low;
}
