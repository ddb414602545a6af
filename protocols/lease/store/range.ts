import { assert } from '../../../runtime/assert.js';
import type { KeyValue, Operation, OperationResult, Sort } from '../../coordinator/index.js';
import { failed, type Outcome } from './command.js';
import { comparePlain } from './plain-value.js';
import { countWithin, keysWithin, type Span } from './sorted-keys.js';
import type { Store } from './store.js';
import { entriesAt, versionAt } from './versions.js';

export type ReadOperation = Extract<Operation, { kind: 'get' | 'range' }>;
type Range = Extract<Operation, { kind: 'range' }>;

/** Reads by an operation without fault, whose revision the store has. */
export function readOne(store: Store, operation: ReadOperation): OperationResult {
  if (operation.kind === 'get') {
    const { key, revision = 0, keysOnly } = operation;
    const found = revision === 0 ? store.entries.get(key) : versionAt(store, key, revision);
    return { kind: 'get', found: found === undefined ? null : keysOnly === true ? withoutValue(found) : found };
  }
  const isPlain = operation.sort === undefined && !isFiltered(operation) && (operation.revision ?? 0) === 0;
  return isPlain ? readPresent(store, operation) : readSelected(store, operation);
}

export function spanOf({ prefix, from, end }: Pick<Range, 'prefix' | 'from' | 'end'>): Span {
  if (from === undefined && end === undefined) return { prefix };
  return { prefix, ...(from === undefined ? {} : { from }), ...(end === undefined ? {} : { end }) };
}

function isFiltered(range: Range): boolean {
  return (
    range.minModRevision !== undefined ||
    range.maxModRevision !== undefined ||
    range.minCreateRevision !== undefined ||
    range.maxCreateRevision !== undefined
  );
}

/** The present state in key order: no more is looked at than is asked for. */
function readPresent(store: Store, range: Range): OperationResult {
  const span = spanOf(range);
  const { limit } = range;
  const counted = isCounted(range) ? { count: countWithin(store.keys, span) } : {};
  if (range.countOnly === true) return { kind: 'range', found: [], more: false, ...counted };
  const keys = keysWithin(store.keys, span, limit === 0 ? 0 : limit + 1);
  const more = limit > 0 && keys.length > limit;
  if (more) keys.length = limit;
  return { kind: 'range', found: keys.map((key) => shown(range, entryOf(store, key))), more, ...counted };
}

function isCounted(range: Range): boolean {
  return range.count === true || range.countOnly === true;
}

function shown(range: Range, entry: KeyValue): KeyValue {
  return range.keysOnly === true ? withoutValue(entry) : entry;
}

function withoutValue(entry: KeyValue): KeyValue {
  return { ...entry, value: null };
}

function entryOf(store: Store, key: string): KeyValue {
  const entry = store.entries.get(key);
  assert(entry !== undefined, 'every key in order has its entry');
  return entry;
}

/** As etcd does it: all of the range at its revision, then the filters, then the order, and last the limit. */
function readSelected(store: Store, range: Range): OperationResult {
  const { limit, sort, revision = 0 } = range;
  const span = spanOf(range);
  const all =
    revision === 0 ? keysWithin(store.keys, span).map((key) => entryOf(store, key)) : entriesAt(store, span, revision);
  const counted = isCounted(range) ? { count: all.length } : {};
  if (range.countOnly === true) return { kind: 'range', found: [], more: false, ...counted };
  const chosen = isFiltered(range) ? all.filter((entry) => passes(range, entry)) : all;
  if (sort !== undefined) sortEntries(chosen, sort);
  const more = limit > 0 && chosen.length > limit;
  if (more) chosen.length = limit;
  return { kind: 'range', found: chosen.map((entry) => shown(range, entry)), more, ...counted };
}

function passes(range: Range, { modRevision, createRevision }: KeyValue): boolean {
  const { minModRevision = 0, maxModRevision = Infinity, minCreateRevision = 0, maxCreateRevision = Infinity } = range;
  return (
    modRevision >= minModRevision &&
    modRevision <= maxModRevision &&
    createRevision >= minCreateRevision &&
    createRevision <= maxCreateRevision
  );
}

/** Stable: entries that are alike stay in key order, whichever way they are sorted. */
function sortEntries(entries: KeyValue[], { by, order }: Sort): void {
  const sign = order === 'ascending' ? 1 : -1;
  entries.sort((left, right) => sign * orderOf(by, left, right));
}

function orderOf(by: Sort['by'], left: KeyValue, right: KeyValue): number {
  switch (by) {
    case 'key':
      return left.key < right.key ? -1 : Number(left.key > right.key);
    case 'version':
      return left.version - right.version;
    case 'create':
      return left.createRevision - right.createRevision;
    case 'mod':
      return left.modRevision - right.modRevision;
    case 'value':
      return comparePlain(left.value, right.value);
  }
}

/** Why the state at a revision cannot be read, or undefined. 0 is the present. */
export function findRevisionFault(store: Store, revision: number): Extract<Outcome, { kind: 'failed' }> | undefined {
  if (revision > store.revision) {
    return failed('future-revision', `revision: ${revision} is yet to come; the store is at ${store.revision}`);
  }
  if (revision === 0 || revision >= store.compactedRevision) return undefined;
  const detail = `revision: ${revision} is compacted; ask for ${store.compactedRevision} or later, or 0 for the present`;
  return failed('compacted', detail);
}

/** Reads at one moment. The operations must be without fault and only `get` and `range`; one whose revision is gone or yet to come is `refused`. */
export function readStore(store: Store, operations: readonly Operation[]): OperationResult[] {
  return operations.map((operation) => {
    assert(operation.kind === 'get' || operation.kind === 'range', 'a read has no operation that changes');
    const fault = findRevisionFault(store, operation.revision ?? 0);
    if (fault !== undefined) return { kind: 'refused', error: fault.error, detail: fault.detail };
    return readOne(store, operation);
  });
}
