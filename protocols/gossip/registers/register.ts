import type { NodeId } from '../../../runtime/address.js';
import type { Plain } from '../../../runtime/data.js';
import { t, type Infer } from '../../../runtime/schema.js';
import { compareNames } from '../peers.js';
import { mergeSiblings, siblingSetType, textOfVector, type SiblingSet } from './siblings.js';

/** Keys that begin so are the coordinator's own. */
export const OWN_PREFIX = '!';

/** Where it is kept who stands for which election. */
export const CANDIDACIES = '!candidacy/';

/**
 * Of the coordinator's own keys versions count the writes that led to them, so that fencing tokens, which go up by one with each version, grow with
 * every merge. All others are readings of a hybrid logical clock (`clock.ts`), also those of candidacies: they carry no tokens, and whoever stands anew
 * after everybody has forgotten the last time must not count from one again.
 */
export function isCounted(key: string): boolean {
  return key.startsWith(OWN_PREFIX) && !key.startsWith(CANDIDACIES);
}

/**
 * A version of a register: the count of its writes or a reading of the clock, and who made it. A write by someone who had seen the former value always
 * wins over it, and of two that knew nothing of each other one wins, the same one everywhere: the later, as far as clocks can tell. No node
 * writes two values under one version: a write is told to nobody before it is durable.
 */
export interface Version {
  readonly counter: number;
  readonly writer: NodeId;
}

export const registerType = t.object({
  key: t.string,
  counter: t.int,
  writer: t.string,
  /** null where it is deleted. */
  value: t.plain,
  /** A deleted register stays as a tombstone: without one, a replica that missed the deletion would bring the value back. */
  deleted: t.bool,
  /** The lease that it is attached to, or ''. */
  leaseId: t.string,
  /** Writes since it was created or created anew. */
  changes: t.int,
  /** The version that it was written over; 0 and '' where there was none. */
  overCounter: t.int,
  overWriter: t.string,
  /** Only where concurrent writes are kept side by side: the writes and what they had seen. Then `value` is the list of values. */
  siblings: t.optional(siblingSetType),
});
export type Register = Infer<typeof registerType>;

/** Negative, zero or positive as `a` is older than, the same as, or newer than `b`. A total order on versions. */
export function compareVersions(a: Version, b: Version): number {
  return a.counter - b.counter || compareNames(a.writer, b.writer);
}

/**
 * The last writer wins, or both stay as siblings where registers keep them: commutative, associative and idempotent, so that replicas agree whatever
 * reaches them in whatever order. Answers with `mine` itself where `theirs` has nothing new.
 */
export function mergeRegisters(mine: Register | undefined, theirs: Register): Register {
  if (mine === undefined) return theirs;
  if (mine.siblings !== undefined && theirs.siblings !== undefined) {
    const merged = mergeSiblings(mine.siblings, theirs.siblings);
    return merged === mine.siblings ? mine : registerOfSiblings(mine.key, merged);
  }
  return compareVersions(mine, theirs) < 0 ? theirs : mine;
}

/**
 * Whether neither of two writes had seen the other: the newer was written over something older than the older. (A replica holds the newest of all
 * that it has seen, so that is all that the writer had not seen.) Siblings are no conflict: both stay.
 */
export function isConflict(a: Register, b: Register): boolean {
  const order = compareVersions(a, b);
  if (order === 0 || a.siblings !== undefined || b.siblings !== undefined) return false;
  const [newer, older] = order > 0 ? [a, b] : [b, a];
  return compareVersions({ counter: newer.overCounter, writer: newer.overWriter }, older) < 0;
}

export interface Write {
  readonly key: string;
  readonly value: Plain;
  readonly deleted: boolean;
  readonly leaseId: string;
}

/** The register after one more write of `writer`, under the version `counter`. */
export function writtenOver(before: Register | undefined, writer: NodeId, counter: number, write: Write): Register {
  const changes = before === undefined || before.deleted ? 1 : before.changes + 1;
  const over = { overCounter: before?.counter ?? 0, overWriter: before?.writer ?? '' };
  return { ...write, counter, writer, changes, ...over };
}

/**
 * A register that keeps siblings. Its version tells whoever holds less: the number of writes seen grows with every merge that brings something, and
 * where two replicas have seen as many, but others, the text of what they have seen decides which of them asks first.
 */
export function registerOfSiblings(key: string, siblings: SiblingSet): Register {
  const seen = siblings.vector.reduce((sum, { count }) => sum + count, 0);
  const values = siblings.siblings.filter(({ deleted }) => !deleted).map(({ value }) => value);
  return {
    ...{ key, value: values, deleted: values.length === 0, leaseId: '', changes: seen, siblings },
    ...{ counter: seen, writer: textOfVector(siblings.vector), overCounter: 0, overWriter: '' },
  };
}
