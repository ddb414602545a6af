/**
 * Stateless draws: the fate of a message or of a disk operation is a hash of what it is (seed, fault, link or file, type,
 * occurrence), never the next number of a stream. So taking one fault out of a plan, or sending one message more, leaves
 * the fates of all others as they were. 32-bit integer arithmetic only, so every engine draws the same.
 */

/** One round of MurmurHash3 (Appleby, public domain): folds a 32-bit word into a hash. */
export function foldWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the result, a uint32. */
export function finishHash(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A signed 32-bit hash of a text, by its UTF-16 code units. */
export function hashText(text: string): number {
  let hash = text.length | 0;
  for (let i = 0; i < text.length; i++) hash = foldWord(hash, text.charCodeAt(i));
  return finishHash(hash) | 0;
}

/** A uint32 that the words decide. `key` is a hash of the seed and of what is drawn for. */
export function drawFate(key: number, first: number, second: number, third: number): number {
  return finishHash(foldWord(foldWord(foldWord(key, first), second), third));
}

/** Maps a uint32 to 0 .. span-1; `span` below 2^21 keeps every intermediate value exact. */
export function scaleFate(fate: number, span: number): number {
  return Math.floor((fate * span) / 0x1_0000_0000);
}

/** Whether a uint32 falls into the stated share; a million parts are always, none is never. */
export function isWithinPpm(fate: number, partsPerMillion: number): boolean {
  return scaleFate(fate, 1_000_000) < partsPerMillion;
}
