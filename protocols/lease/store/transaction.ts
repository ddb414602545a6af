import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import type { Compare, KeyValue, Operation, OperationResult, WatchEvent } from '../../coordinator/index.js';
import { failed, type Outcome, type Transaction } from './command.js';
import { recordChange } from './history.js';
import { plainEqual } from './plain-value.js';
import { addKey, keysUnder, removeKey } from './sorted-keys.js';
import type { Store } from './store.js';

/** Carries out a transaction that has no fault: all of one branch, in one revision if it changes anything. */
export function applyTransaction(store: Store, command: Transaction): Outcome {
  const succeeded = command.compare.every((compare) => compareHolds(store, compare));
  const operations = succeeded ? command.then : command.else;
  const unknownLease = findUnknownLease(store, operations);
  if (unknownLease !== undefined) {
    return failed('lease-not-found', `leaseId: there is no lease "${unknownLease}"; it has ended or never was`);
  }
  const events: WatchEvent[] = [];
  const revision = store.revision + 1;
  const results = operations.map((operation) => carryOut(store, operation, revision, events));
  commitEvents(store, events);
  return { kind: 'txn-done', succeeded, revision: store.revision, results };
}

function findUnknownLease(store: Store, operations: readonly Operation[]): string | undefined {
  for (const operation of operations) {
    if (operation.kind === 'put' && operation.leaseId !== '' && !store.leases.has(operation.leaseId))
      return operation.leaseId;
  }
  return undefined;
}

/** Makes what was changed a revision; none where nothing was. */
export function commitEvents(store: Store, events: readonly WatchEvent[]): void {
  if (events.length === 0) return;
  store.revision += 1;
  recordChange(store, events);
}

function carryOut(store: Store, operation: Operation, revision: number, events: WatchEvent[]): OperationResult {
  switch (operation.kind) {
    case 'put':
      putKey(store, operation.key, operation.value, operation.leaseId, revision, events);
      return { kind: 'put' };
    case 'delete':
      return { kind: 'delete', deleted: deleteKey(store, operation.key, revision, events) };
    case 'delete-prefix': {
      const keys = keysUnder(store.keys, operation.prefix);
      for (const key of keys) deleteKey(store, key, revision, events);
      return { kind: 'delete', deleted: keys.length };
    }
    case 'get':
    case 'range':
      return readOne(store, operation);
  }
}

function putKey(
  store: Store,
  key: string,
  value: Plain,
  leaseId: string,
  revision: number,
  events: WatchEvent[],
): void {
  const before = store.entries.get(key);
  if (before === undefined) addKey(store.keys, key);
  else detach(store, before);
  // The leases of a transaction are looked up before it is carried out.
  store.leases.get(leaseId)?.keys.add(key);
  const entry: KeyValue = {
    key,
    value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    leaseId,
  };
  store.entries.set(key, entry);
  events.push({ kind: 'put', entry });
}

/** Deletes a key and tells how many were: 0 or 1. */
export function deleteKey(store: Store, key: string, revision: number, events: WatchEvent[]): number {
  const before = store.entries.get(key);
  if (before === undefined) return 0;
  detach(store, before);
  store.entries.delete(key);
  removeKey(store.keys, key);
  events.push({ kind: 'delete', entry: { ...before, value: null, modRevision: revision } });
  return 1;
}

function detach(store: Store, entry: KeyValue): void {
  if (entry.leaseId === '') return;
  const lease = store.leases.get(entry.leaseId);
  assert(lease !== undefined && lease.keys.has(entry.key), 'an attached key is known to its lease');
  lease.keys.delete(entry.key);
}

/** Reads of the present state. The operations must be without fault and only `get` and `range`. */
export function readStore(store: Store, operations: readonly Operation[]): OperationResult[] {
  return operations.map((operation) => {
    assert(operation.kind === 'get' || operation.kind === 'range', 'a read has no operation that changes');
    return readOne(store, operation);
  });
}

function readOne(store: Store, operation: Extract<Operation, { kind: 'get' | 'range' }>): OperationResult {
  if (operation.kind === 'get') return { kind: 'get', found: store.entries.get(operation.key) ?? null };
  const { prefix, limit } = operation;
  const keys = keysUnder(store.keys, prefix, limit === 0 ? 0 : limit + 1);
  const more = limit > 0 && keys.length > limit;
  if (more) keys.length = limit;
  return { kind: 'range', found: keys.map((key) => entryOf(store, key)), more };
}

function entryOf(store: Store, key: string): KeyValue {
  const entry = store.entries.get(key);
  assert(entry !== undefined, 'every key in order has its entry');
  return entry;
}

/** As in etcd, a compare of the value of a key that is not there does not hold, whatever the operator. */
export function compareHolds(store: Store, compare: Compare): boolean {
  const entry = store.entries.get(compare.key);
  const { operator, operand } = compare;
  switch (compare.target) {
    case 'create':
      return relates(entry?.createRevision ?? 0, operator, operand);
    case 'mod':
      return relates(entry?.modRevision ?? 0, operator, operand);
    case 'version':
      return relates(entry?.version ?? 0, operator, operand);
    case 'lease':
      return relates(entry?.leaseId ?? '', operator, operand);
    case 'value':
      return entry !== undefined && relates(entry.value, operator, operand);
  }
}

/** Order is defined between two numbers and between two strings; anything else is neither less nor greater. */
function relates(actual: Plain, operator: Compare['operator'], operand: Plain): boolean {
  if (operator === '=') return plainEqual(actual, operand);
  if (operator === '!=') return !plainEqual(actual, operand);
  const ordered =
    (typeof actual === 'number' && typeof operand === 'number') ||
    (typeof actual === 'string' && typeof operand === 'string');
  if (!ordered) return false;
  return operator === '<' ? actual < operand : actual > operand;
}
