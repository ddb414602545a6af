import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import { compareNames } from '../peers.js';
import { nextReading } from './clock.js';
import {
  compareVersions,
  isCounted,
  mergeRegisters,
  registerOfSiblings,
  writtenOver,
  type Register,
  type Write,
} from './register.js';
import { countOf, writeSibling, type SiblingSet, type Vector } from './siblings.js';

/** A register as this replica holds it, with the revisions of this replica at which it was created and last changed here. */
export interface Held {
  readonly register: Register;
  readonly createRevision: number;
  readonly modRevision: number;
}

/**
 * The registers of one node. Its revision grows by one with each batch of changes, be they written here or merged from another replica, and means
 * nothing elsewhere.
 */
export interface Replica {
  readonly node: NodeId;
  revision: number;
  /** The highest reading of the hybrid logical clock that was made or seen here. */
  clock: number;
  /** Of the registers with siblings that were forgotten here, the highest count of a write of this node: its later ones count on from there. */
  forgottenCount: number;
  readonly held: Map<string, Held>;
  /** Keys that are not deleted, in order. */
  readonly liveKeys: string[];
  /** What changed at which revision, in order; entries of keys that changed again since are skipped and now and then swept out. */
  changeLog: { readonly revision: number; readonly key: string }[];
  /** Live keys by the lease that they are attached to. */
  readonly keysOfLease: Map<string, Set<string>>;
}

/** Changes that take place together, at one revision. */
export interface Batch {
  readonly revision: number;
  readonly wallMs: number;
  /** What was held before the batch, by key, in the order of the first change. */
  readonly before: Map<string, Held | undefined>;
}

export interface Change {
  readonly before: Held | undefined;
  readonly after: Held;
}

export function newReplica(node: NodeId): Replica {
  const kept = { held: new Map(), liveKeys: [], changeLog: [], keysOfLease: new Map() };
  return { node, revision: 0, clock: 0, forgottenCount: 0, ...kept };
}

const CELL_PREFIX = 'register/';
const POSITION_CELL = 'position';

/** What outlives the registers that bear it witness: to be stored when some of them are collected. */
export function positionCell({ revision, clock, forgottenCount }: Replica): readonly [cell: string, value: Plain] {
  return [POSITION_CELL, { revision, clock, forgottenCount }];
}

export function cellOf(key: string): string {
  return CELL_PREFIX + key;
}

export function storedForm(held: Held): Plain {
  return { register: held.register, createRevision: held.createRevision, modRevision: held.modRevision };
}

/** The replica as its cells tell it. */
export function restoreReplica(node: NodeId, cells: ReadonlyMap<string, Plain>): Replica {
  const replica = newReplica(node);
  const found: Held[] = [];
  for (const [cell, value] of cells) if (cell.startsWith(CELL_PREFIX)) found.push(value as unknown as Held);
  found.sort((a, b) => a.modRevision - b.modRevision || compareNames(a.register.key, b.register.key));
  for (const held of found) place(replica, held);
  const { revision = 0, clock = 0, forgottenCount = 0 } = (cells.get(POSITION_CELL) ?? {}) as Partial<Replica>;
  replica.forgottenCount = forgottenCount;
  replica.revision = Math.max(revision, found.at(-1)?.modRevision ?? 0);
  replica.clock = Math.max(clock, replica.clock);
  return replica;
}

/** `wallMs` is the wall clock of this node: what the versions of its writes go by. */
export function beginBatch(replica: Replica, wallMs: number): Batch {
  return { revision: replica.revision + 1, wallMs, before: new Map() };
}

/** One more write of this node to a key. */
export function writeInBatch(replica: Replica, batch: Batch, write: Write): Register {
  const before = replica.held.get(write.key)?.register;
  assert(before?.siblings === undefined, 'a register that keeps siblings is written with what its author had seen');
  const counter = isCounted(write.key) ? (before?.counter ?? 0) + 1 : nextReading(replica.clock, batch.wallMs);
  const register = writtenOver(before, replica.node, counter, write);
  change(replica, batch, register);
  return register;
}

/** One more write of this node to a register that keeps siblings, by an author who had seen `seen`. */
export function writeSiblingInBatch(
  replica: Replica,
  batch: Batch,
  { key, value, deleted }: Pick<Write, 'key' | 'value' | 'deleted'>,
  seen: Vector,
): SiblingSet {
  const before = replica.held.get(key)?.register;
  assert(before === undefined || before.siblings !== undefined, 'a plain register keeps no siblings');
  const siblings = writeSibling(before?.siblings, replica.node, seen, { value, deleted }, replica.forgottenCount);
  change(replica, batch, registerOfSiblings(key, siblings));
  return siblings;
}

/** Takes in another replica's register where it is newer; answers whether it was. */
export function mergeInBatch(replica: Replica, batch: Batch, theirs: Register): boolean {
  const mine = replica.held.get(theirs.key)?.register;
  const merged = mergeRegisters(mine, theirs);
  if (merged === mine) return false;
  assert(mine === undefined || compareVersions(mine, merged) < 0, 'a register only ever becomes newer');
  change(replica, batch, merged);
  return true;
}

/** Forgets a register that was deleted long ago: what this replica follows and promises stays as if it had never been. */
export function collect(replica: Replica, key: string): void {
  const held = replica.held.get(key);
  assert(held !== undefined && held.register.deleted, 'only tombstones are collected');
  const { vector = [] } = held.register.siblings ?? {};
  replica.forgottenCount = Math.max(replica.forgottenCount, countOf(vector, replica.node));
  replica.held.delete(key);
}

/** Ends the batch; without changes the revision stays. */
export function endBatch(replica: Replica, batch: Batch): Change[] {
  assert(batch.revision === replica.revision + 1, 'batches do not overlap');
  if (batch.before.size > 0) replica.revision = batch.revision;
  const changes: Change[] = [];
  for (const [key, before] of batch.before) {
    const after = replica.held.get(key);
    assert(after !== undefined, 'what changed is held');
    changes.push({ before, after });
  }
  return changes;
}

/** What changed after a revision, in order; whole revisions, about `max` registers. `upto` is the last revision covered. */
export function changedSince(
  replica: Replica,
  since: number,
  max: number,
): { readonly changed: Held[]; readonly upto: number; readonly more: boolean } {
  const changed: Held[] = [];
  let upto = since;
  for (let i = firstAfter(replica.changeLog, since); i < replica.changeLog.length; i++) {
    const entry = replica.changeLog[i];
    assert(entry !== undefined, 'the index is inside the log');
    if (changed.length >= max && entry.revision > upto) return { changed, upto, more: true };
    const held = replica.held.get(entry.key);
    if (held?.modRevision === entry.revision) changed.push(held);
    upto = entry.revision;
  }
  return { changed, upto: replica.revision, more: false };
}

/** The live registers whose keys begin with a prefix, in key order. */
export function liveWithPrefix(replica: Replica, prefix: string): Held[] {
  const found: Held[] = [];
  for (let i = lowerBound(replica.liveKeys, prefix); i < replica.liveKeys.length; i++) {
    const key = replica.liveKeys[i] ?? '';
    if (!key.startsWith(prefix)) break;
    const held = replica.held.get(key);
    assert(held !== undefined && !held.register.deleted, 'live keys are held and not deleted');
    found.push(held);
  }
  return found;
}

/** The register under a key, unless there is none or it is deleted. */
export function liveAt(replica: Replica, key: string): Held | undefined {
  const held = replica.held.get(key);
  return held === undefined || held.register.deleted ? undefined : held;
}

function change(replica: Replica, batch: Batch, register: Register): void {
  const before = replica.held.get(register.key);
  if (!batch.before.has(register.key)) batch.before.set(register.key, before);
  const continues = before !== undefined && !before.register.deleted && register.changes > 1;
  const createRevision = continues ? before.createRevision : batch.revision;
  place(replica, { register, createRevision, modRevision: batch.revision });
}

function place(replica: Replica, held: Held): void {
  const { key } = held.register;
  const before = replica.held.get(key);
  index(replica, before?.register, held.register);
  replica.held.set(key, held);
  const isReading = !isCounted(key) && held.register.siblings === undefined;
  if (isReading) replica.clock = Math.max(replica.clock, held.register.counter);
  if (before?.modRevision !== held.modRevision) replica.changeLog.push({ revision: held.modRevision, key });
  if (replica.changeLog.length > 2 * replica.held.size + 64) {
    replica.changeLog = replica.changeLog.filter(
      (entry) => replica.held.get(entry.key)?.modRevision === entry.revision,
    );
  }
}

function index(replica: Replica, before: Register | undefined, after: Register): void {
  const wasLive = before !== undefined && !before.deleted;
  const at = lowerBound(replica.liveKeys, after.key);
  if (wasLive && after.deleted) replica.liveKeys.splice(at, 1);
  if (!wasLive && !after.deleted) replica.liveKeys.splice(at, 0, after.key);
  if (wasLive && before.leaseId !== '') {
    const keys = replica.keysOfLease.get(before.leaseId);
    keys?.delete(after.key);
    if (keys?.size === 0) replica.keysOfLease.delete(before.leaseId);
  }
  if (!after.deleted && after.leaseId !== '') {
    const keys = replica.keysOfLease.get(after.leaseId) ?? new Set();
    replica.keysOfLease.set(after.leaseId, keys.add(after.key));
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAfter(log: Replica['changeLog'], revision: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
