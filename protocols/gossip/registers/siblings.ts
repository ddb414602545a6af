import type { NodeId } from '../../../runtime/address.js';
import type { Plain } from '../../../runtime/data.js';
import { t, type Infer } from '../../../runtime/schema.js';
import { compareNames } from '../peers.js';

/**
 * Concurrent writes side by side, after dotted version vectors (Preguica, Baquero, Almeida, Fonte, Goncalves: *Dotted Version Vectors: Logical Clocks
 * for Optimistic Replication*, 2010). Each write is one event: the nth of the node that took it. A vector tells, by node, up to which event all has been
 * seen. A write comes with the vector that its author had read, and replaces what that covers, no more: what the author had not seen stays beside it.
 */
export const vectorType = t.array(t.object({ node: t.string, count: t.int }));
/** In the order of the nodes' names, each once. */
export type Vector = Infer<typeof vectorType>;

const siblingType = t.object({ node: t.string, count: t.int, value: t.plain, deleted: t.bool });
/** One write that nobody who saw it has replaced. */
type Sibling = Infer<typeof siblingType>;

export const siblingSetType = t.object({ vector: vectorType, siblings: t.array(siblingType) });
export type SiblingSet = Infer<typeof siblingSetType>;

/** Nodes that have ever written one register, at most. */
export const SIBLING_WRITERS_MAX = 128;
/** Writes beside each other in one register, at most; who would add another must read first. */
export const SIBLINGS_MAX = 64;

const EMPTY: SiblingSet = Object.freeze({ vector: [], siblings: [] });

export function countOf(vector: Vector, node: NodeId): number {
  return vector.find((entry) => entry.node === node)?.count ?? 0;
}

export function covers(vector: Vector, { node, count }: { readonly node: NodeId; readonly count: number }): boolean {
  return count <= countOf(vector, node);
}

function isAllSeen(by: Vector, vector: Vector): boolean {
  return vector.every((entry) => covers(by, entry));
}

export function mergeVectors(a: Vector, b: Vector): Vector {
  const counts = new Map<NodeId, number>();
  for (const { node, count } of [...a, ...b]) counts.set(node, Math.max(count, counts.get(node) ?? 0));
  return [...counts].map(([node, count]) => ({ node, count })).sort((x, y) => compareNames(x.node, y.node));
}

function isSame(a: Sibling, b: Sibling): boolean {
  return a.node === b.node && a.count === b.count;
}

/** Of one side: what the other holds as well, or has not seen. What it has seen and does not hold was replaced there. */
function surviving(mine: SiblingSet, theirs: SiblingSet): readonly Sibling[] {
  return mine.siblings.filter(
    (one) => theirs.siblings.some((other) => isSame(one, other)) || !covers(theirs.vector, one),
  );
}

/** What is known at both: commutative, associative, idempotent. Answers with `mine` or `theirs` itself where the other has nothing new. */
export function mergeSiblings(mine: SiblingSet, theirs: SiblingSet): SiblingSet {
  // A state is decided by the events that it has seen, so who has seen them all holds what is to be held.
  if (isAllSeen(mine.vector, theirs.vector)) return mine;
  if (isAllSeen(theirs.vector, mine.vector)) return theirs;
  const kept = surviving(mine, theirs);
  const added = surviving(theirs, mine).filter((one) => !kept.some((other) => isSame(one, other)));
  return { vector: mergeVectors(mine.vector, theirs.vector), siblings: [...kept, ...added].sort(compareSiblings) };
}

function compareSiblings(a: Sibling, b: Sibling): number {
  return compareNames(a.node, b.node) || a.count - b.count;
}

/**
 * One more write of `node` by an author who had read `seen`. A deletion is a write too: it must replace what was seen, and nothing else.
 * @param countAbove writes of `node` counted as far in registers that have been forgotten since: whoever still remembers one would think this write had
 * been seen there.
 */
export function writeSibling(
  before: SiblingSet | undefined,
  node: NodeId,
  seen: Vector,
  write: { readonly value: Plain; readonly deleted: boolean },
  countAbove = 0,
): SiblingSet {
  const { vector, siblings } = before ?? EMPTY;
  const known = mergeVectors(vector, seen);
  const count = Math.max(countOf(known, node), countAbove) + 1;
  const kept = siblings.filter((one) => !covers(seen, one));
  return {
    vector: mergeVectors(known, [{ node, count }]),
    siblings: [...kept, { node, count, ...write }].sort(compareSiblings),
  };
}

export function textOfVector(vector: Vector): string {
  return vector.map(({ node, count }) => `${node}:${count}`).join(',');
}

/** Why a vector or set from outside cannot be taken in, or undefined. */
export function findSiblingFault({ vector, siblings }: SiblingSet): string | undefined {
  if (vector.length > SIBLING_WRITERS_MAX) return `more than ${SIBLING_WRITERS_MAX} nodes have written it`;
  if (siblings.length > SIBLINGS_MAX * SIBLING_WRITERS_MAX) return 'it has too many siblings';
  const isOrdered = vector.every(({ node }, n) => n === 0 || compareNames(vector[n - 1]?.node ?? '', node) < 0);
  const isCounted = vector.every(({ count }) => count >= 1 && count <= COUNT_MAX);
  if (!isOrdered || !isCounted) return 'the vector names each node once, in their order, with a count from 1';
  return siblings.every((one) => covers(vector, one)) ? undefined : 'a sibling is not among what was seen';
}

/** A node that wrote a thousand times a second would take a century. */
const COUNT_MAX = 4_398_046_511_104;
