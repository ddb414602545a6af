import type { NodeId } from '../../runtime/address.js';
import type { Random } from '../../runtime/ports.js';

/** Shuffles in place (Fisher and Yates). */
export function shuffle<T>(items: T[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    const moved = items[i] as T;
    items[i] = items[j] as T;
    items[j] = moved;
  }
}

/**
 * Up to `count` different peers. Every candidate is considered, so that a tiny group never goes without a peer that is there
 * (drawing offsets and filtering them afterwards does, now and then).
 */
export function choosePeers(candidates: readonly NodeId[], count: number, random: Random): NodeId[] {
  const left = [...candidates];
  const chosen: NodeId[] = [];
  while (chosen.length < count && left.length > 0) {
    const index = random.between(0, left.length - 1);
    chosen.push(left[index] as NodeId);
    left[index] = left[left.length - 1] as NodeId;
    left.pop();
  }
  return chosen;
}

/** Names in one order on every node: by UTF-16 units, never by locale. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
