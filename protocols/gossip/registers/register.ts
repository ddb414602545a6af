import type { NodeId } from '../../../runtime/address.js';
import type { Plain } from '../../../runtime/data.js';
import { t, type Infer } from '../../../runtime/schema.js';
import { compareNames } from '../peers.js';

/**
 * A version of a register: how many writes led to it, and who made the last one. A logical counter (Lamport 1978) and not a clock, since the
 * wall clocks of nodes jump: a write by someone who had seen the former value always wins over it, and of two that knew nothing of
 * each other one wins, the same one everywhere. No node writes two values under one version: a write is told to nobody before it is durable.
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
});
export type Register = Infer<typeof registerType>;

/** Negative, zero or positive as `a` is older than, the same as, or newer than `b`. A total order on versions. */
export function compareVersions(a: Version, b: Version): number {
  return a.counter - b.counter || compareNames(a.writer, b.writer);
}

/** The last writer wins: commutative, associative and idempotent, so that replicas agree whatever reaches them in whatever order. */
export function mergeRegisters(mine: Register | undefined, theirs: Register): Register {
  if (mine === undefined) return theirs;
  return compareVersions(mine, theirs) < 0 ? theirs : mine;
}

/** Two writes that knew nothing of each other for certain: the same count by different writers. */
export function isConflict(a: Version, b: Version): boolean {
  return a.counter === b.counter && a.writer !== b.writer;
}

/** The register after one more write of `writer`. */
export function writtenOver(
  before: Register | undefined,
  writer: NodeId,
  write: { readonly key: string; readonly value: Plain; readonly deleted: boolean; readonly leaseId: string },
): Register {
  const changes = before === undefined || before.deleted ? 1 : before.changes + 1;
  return { ...write, counter: (before?.counter ?? 0) + 1, writer, changes };
}
