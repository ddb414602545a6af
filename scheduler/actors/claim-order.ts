/**
 * A number from 0 to `below` - 1 that the text decides, and close texts differently (FNV-1a, 32 bits). Each worker gets its own
 * order of claiming, so that they seldom want the same execution at once.
 */
export function spread(text: string, below: number): number {
  if (below <= 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % below;
}
