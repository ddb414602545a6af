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

/** Below this, filtering everybody costs no more than drawing does. */
const DRAWN_FROM_MIN = 32;
const DRAWS_BEYOND_COUNT = 24;

/**
 * Up to `count` different peers of all that are fit, each equally likely. In a large group they are drawn and looked at one by one,
 * so that a choice does not cost as much as the group is large; only where hardly anybody is fit is everybody looked at.
 */
export function drawPeers(
  all: readonly NodeId[],
  count: number,
  random: Random,
  isFit: (node: NodeId) => boolean,
): NodeId[] {
  if (all.length < DRAWN_FROM_MIN) return choosePeers(all.filter(isFit), count, random);
  const chosen: NodeId[] = [];
  for (let draws = count + DRAWS_BEYOND_COUNT; draws > 0 && chosen.length < count; draws--) {
    const drawn = all[random.between(0, all.length - 1)] as NodeId;
    if (isFit(drawn) && !chosen.includes(drawn)) chosen.push(drawn);
  }
  if (chosen.length === count) return chosen;
  const others = all.filter((node) => isFit(node) && !chosen.includes(node));
  return [...chosen, ...choosePeers(others, count - chosen.length, random)];
}

/** Names in one order on every node: by UTF-16 units, never by locale. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
