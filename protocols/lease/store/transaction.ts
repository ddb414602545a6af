import { assert } from '../../../runtime/assert.js';
import type { KeyValue, NestedTransaction, Operation, OperationResult, WatchEvent } from '../../coordinator/index.js';
import { failed, type Outcome, type Transaction } from './command.js';
import { compareHolds } from './compare.js';
import { commitEvents } from './history.js';
import { findRevisionFault, readOne, spanOf } from './range.js';
import { addKey, keysWithin, removeKey } from './sorted-keys.js';
import type { Store } from './store.js';
import { noteCreated, noteDeleted, supersede } from './versions.js';

type Failure = Extract<Outcome, { kind: 'failed' }>;
type Put = Extract<Operation, { kind: 'put' }>;
type Delete = Extract<Operation, { kind: 'delete' | 'delete-prefix' }>;

/** The branch that a transaction takes, and those that the transactions within that branch take, in their order. */
interface Branch {
  readonly succeeded: boolean;
  readonly operations: readonly Operation[];
  readonly nested: readonly Branch[];
}

/** Carries out a transaction that has no fault: all of its branch, in one revision if it changes anything. */
export function applyTransaction(store: Store, command: Transaction): Outcome {
  const branch = chooseBranch(store, command);
  const failure = findBranchFailure(store, branch);
  if (failure !== undefined) return failure;
  const events: WatchEvent[] = [];
  const results = carryOutBranch(store, branch, store.revision + 1, events);
  commitEvents(store, events);
  return { kind: 'txn-done', succeeded: branch.succeeded, revision: store.revision, results };
}

/** All is decided by the state before the first change. */
function chooseBranch(store: Store, txn: Pick<NestedTransaction, 'compare' | 'then' | 'else'>): Branch {
  const succeeded = txn.compare.every((compare) => compareHolds(store, compare));
  const operations = succeeded ? txn.then : txn.else;
  const nested: Branch[] = [];
  for (const operation of operations) if (operation.kind === 'txn') nested.push(chooseBranch(store, operation));
  return { succeeded, operations, nested };
}

/** What would fail must fail before anything is changed. */
function findBranchFailure(store: Store, { operations, nested }: Branch): Failure | undefined {
  let next = 0;
  for (const operation of operations) {
    const failure =
      operation.kind === 'txn'
        ? findBranchFailure(store, branchAt(nested, next++))
        : findOperationFailure(store, operation);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function branchAt(nested: readonly Branch[], index: number): Branch {
  const branch = nested[index];
  assert(branch !== undefined, 'every transaction within one has its branch');
  return branch;
}

function findOperationFailure(store: Store, operation: Exclude<Operation, { kind: 'txn' }>): Failure | undefined {
  if (operation.kind === 'put') return findPutFailure(store, operation);
  if (operation.kind !== 'get' && operation.kind !== 'range') return undefined;
  return findRevisionFault(store, operation.revision ?? 0);
}

function findPutFailure(store: Store, { key, leaseId, ignoreValue, ignoreLease }: Put): Failure | undefined {
  if (leaseId !== '' && !store.leases.has(leaseId)) {
    return failed('lease-not-found', `leaseId: there is no lease "${leaseId}"; it has ended or never was`);
  }
  const keeps = ignoreValue === true ? 'value' : ignoreLease === true ? 'lease' : undefined;
  if (keeps === undefined || store.entries.has(key)) return undefined;
  return failed('key-not-found', `key: "${key}" is not there, and has no ${keeps} to keep; put it with one`);
}

function carryOutBranch(store: Store, branch: Branch, revision: number, events: WatchEvent[]): OperationResult[] {
  let next = 0;
  return branch.operations.map((operation) => {
    if (operation.kind !== 'txn') return carryOut(store, operation, revision, events);
    const inner = branchAt(branch.nested, next++);
    const results = carryOutBranch(store, inner, revision, events);
    return { kind: 'txn', succeeded: inner.succeeded, results };
  });
}

function carryOut(
  store: Store,
  operation: Exclude<Operation, { kind: 'txn' }>,
  revision: number,
  events: WatchEvent[],
): OperationResult {
  switch (operation.kind) {
    case 'put':
      return putKey(store, operation, revision, events);
    case 'delete':
    case 'delete-prefix':
      return deleteKeys(store, operation, revision, events);
    case 'get':
    case 'range':
      return readOne(store, operation);
  }
}

function putKey(store: Store, put: Put, revision: number, events: WatchEvent[]): OperationResult {
  const { key } = put;
  const before = store.entries.get(key);
  if (before === undefined) {
    addKey(store.keys, key);
    noteCreated(store, key);
  } else {
    detach(store, before);
    supersede(store, before, revision);
  }
  const leaseId = put.ignoreLease === true ? (before?.leaseId ?? '') : put.leaseId;
  // The leases of a transaction are looked up before it is carried out.
  store.leases.get(leaseId)?.keys.add(key);
  const entry: KeyValue = {
    key,
    value: put.ignoreValue === true ? (before?.value ?? null) : put.value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    leaseId,
  };
  store.entries.set(key, entry);
  events.push({ kind: 'put', entry });
  return put.previous === true ? { kind: 'put', previous: before ?? null } : { kind: 'put' };
}

function deleteKeys(store: Store, operation: Delete, revision: number, events: WatchEvent[]): OperationResult {
  const keys = operation.kind === 'delete' ? [operation.key] : keysWithin(store.keys, spanOf(operation));
  const previous: KeyValue[] = [];
  for (const key of keys) {
    const before = deleteKey(store, key, revision, events);
    if (before !== undefined) previous.push(before);
  }
  const deleted = previous.length;
  return operation.previous === true ? { kind: 'delete', deleted, previous } : { kind: 'delete', deleted };
}

/** Deletes a key, and answers with what it was. */
export function deleteKey(store: Store, key: string, revision: number, events: WatchEvent[]): KeyValue | undefined {
  const before = store.entries.get(key);
  if (before === undefined) return undefined;
  detach(store, before);
  supersede(store, before, revision);
  store.entries.delete(key);
  removeKey(store.keys, key);
  noteDeleted(store, key);
  events.push({ kind: 'delete', entry: { ...before, value: null, modRevision: revision } });
  return before;
}

function detach(store: Store, entry: KeyValue): void {
  if (entry.leaseId === '') return;
  const lease = store.leases.get(entry.leaseId);
  assert(lease !== undefined && lease.keys.has(entry.key), 'an attached key is known to its lease');
  lease.keys.delete(entry.key);
}
