import type { Operation } from '../../coordinator/index.js';
import { isWithin, type Span } from './sorted-keys.js';
import { spanOf } from './range.js';

/** What a list of operations may change, whichever branches its transactions take. */
interface Changed {
  readonly puts: Set<string>;
  readonly deletes: Span[];
}

/**
 * As in etcd, a transaction puts no key twice, and none that it also deletes: a revision has at most one event for each key. The
 * branches of a transaction exclude each other, and may put the same. Deletes may overlap: what is gone is not deleted again.
 * Stricter than etcd, which finds no fault with a put in one nested transaction and a delete of that key in a later one.
 */
export function findDuplicateKey(place: string, operations: readonly Operation[]): string | undefined {
  if (!changesTwoTimes(operations)) return undefined;
  const changed: Changed = { puts: new Set(), deletes: [] };
  return addOperations(changed, operations, place);
}

/** Most lists change at most once. */
function changesTwoTimes(operations: readonly Operation[]): boolean {
  let changes = 0;
  for (const { kind } of operations) {
    if (kind === 'txn') return true;
    if (kind !== 'get' && kind !== 'range') changes += 1;
  }
  return changes > 1;
}

function addOperations(changed: Changed, operations: readonly Operation[], place: string): string | undefined {
  for (const [index, operation] of operations.entries()) {
    const where = `${place}[${index}]`;
    const fault =
      operation.kind === 'txn'
        ? addBranches(changed, operation, where)
        : addChange(changed, operation, `${where}.${operation.kind === 'delete-prefix' ? 'prefix' : 'key'}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function addChange(changed: Changed, operation: Operation, where: string): string | undefined {
  if (operation.kind === 'put') return addPut(changed, operation.key, where);
  if (operation.kind === 'delete') return addDelete(changed, spanOfKey(operation.key), where);
  return operation.kind === 'delete-prefix' ? addDelete(changed, spanOf(operation), where) : undefined;
}

function spanOfKey(key: string): Span {
  return { prefix: key, end: `${key}\0` };
}

/** Each branch is held against what is around the transaction; then both count, as if both were taken. */
function addBranches(
  changed: Changed,
  { then, else: otherwise }: Extract<Operation, { kind: 'txn' }>,
  where: string,
): string | undefined {
  const first: Changed = { puts: new Set(changed.puts), deletes: [...changed.deletes] };
  const second: Changed = { puts: new Set(changed.puts), deletes: [...changed.deletes] };
  const fault = addOperations(first, then, `${where}.then`) ?? addOperations(second, otherwise, `${where}.else`);
  if (fault !== undefined) return fault;
  const around = changed.deletes.length;
  for (const { puts, deletes } of [first, second]) {
    for (const key of puts) changed.puts.add(key);
    changed.deletes.push(...deletes.slice(around));
  }
  return undefined;
}

function addPut(changed: Changed, key: string, where: string): string | undefined {
  if (changed.puts.has(key)) return `${where}: "${key}" is put twice in one transaction`;
  if (changed.deletes.some((span) => isWithin(span, key))) {
    return `${where}: "${key}" is put and deleted in one transaction`;
  }
  changed.puts.add(key);
  return undefined;
}

function addDelete(changed: Changed, span: Span, where: string): string | undefined {
  for (const key of changed.puts) {
    if (isWithin(span, key)) return `${where}: "${key}" is put and deleted in one transaction`;
  }
  changed.deletes.push(span);
  return undefined;
}
