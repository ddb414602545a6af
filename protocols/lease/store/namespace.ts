import type { Compare, KeyValue, Operation, OperationResult, WatchEvent } from '../../coordinator/index.js';
import type { Transaction } from './command.js';

/*
 * A namespace is a part of a store's keys, those that begin with its name, seen as if it were a store of its own: as etcd's
 * client/v3/namespace. Leases and revisions are the whole store's. The empty name is the whole store.
 */

type Bounds = { readonly prefix: string; readonly from?: string; readonly end?: string };

/** Where the keys of a range in a namespace are in the store. */
export function boundsInto<B extends Bounds>(namespace: string, bounds: B): B {
  if (namespace === '') return bounds;
  const { prefix, from, end } = bounds;
  return {
    ...bounds,
    prefix: namespace + prefix,
    ...(from === undefined ? {} : { from: namespace + from }),
    ...(end === undefined ? {} : { end: namespace + end }),
  };
}

function compareInto(namespace: string, compare: Compare): Compare {
  if (namespace === '') return compare;
  const key = namespace + compare.key;
  return compare.end === undefined ? { ...compare, key } : { ...compare, key, end: namespace + compare.end };
}

/** As its owner's client says it: the comparison of a key of the store that lies in the namespace. */
export function compareOutOf(namespace: string, compare: Compare): Compare {
  return namespace === '' ? compare : { ...compare, key: compare.key.slice(namespace.length) };
}

export function operationsInto(namespace: string, operations: readonly Operation[]): readonly Operation[] {
  return namespace === '' ? operations : operations.map((operation) => operationInto(namespace, operation));
}

function operationInto(namespace: string, operation: Operation): Operation {
  switch (operation.kind) {
    case 'put':
    case 'get':
    case 'delete':
      // An empty key is refused, and must not become one that is not.
      return operation.key === '' ? operation : { ...operation, key: namespace + operation.key };
    case 'range':
    case 'delete-prefix':
      return boundsInto(namespace, operation);
    case 'txn':
      return transactionInto(namespace, operation);
  }
}

export function transactionInto<T extends Pick<Transaction, 'compare' | 'then' | 'else'>>(
  namespace: string,
  txn: T,
): T {
  if (namespace === '') return txn;
  return {
    ...txn,
    compare: txn.compare.map((compare) =>
      compare.key === '' && compare.prefix !== true ? compare : compareInto(namespace, compare),
    ),
    then: operationsInto(namespace, txn.then),
    else: operationsInto(namespace, txn.else),
  };
}

export function resultsOutOf(namespace: string, results: readonly OperationResult[]): readonly OperationResult[] {
  return namespace === '' ? results : results.map((result) => resultOutOf(namespace, result));
}

function resultOutOf(namespace: string, result: OperationResult): OperationResult {
  const entry = (found: KeyValue): KeyValue => ({ ...found, key: found.key.slice(namespace.length) });
  switch (result.kind) {
    case 'put': {
      const { previous } = result;
      return previous === undefined || previous === null ? result : { ...result, previous: entry(previous) };
    }
    case 'delete':
      return result.previous === undefined ? result : { ...result, previous: result.previous.map(entry) };
    case 'get':
      return result.found === null ? result : { ...result, found: entry(result.found) };
    case 'range':
      return { ...result, found: result.found.map(entry) };
    case 'txn':
      return { ...result, results: resultsOutOf(namespace, result.results) };
    case 'refused':
      return result;
  }
}

export function eventsOutOf(namespace: string, events: readonly WatchEvent[]): readonly WatchEvent[] {
  if (namespace === '') return events;
  const entry = (found: KeyValue): KeyValue => ({ ...found, key: found.key.slice(namespace.length) });
  return events.map((event) => ({
    ...event,
    entry: entry(event.entry),
    ...(event.previous === undefined || event.previous === null ? {} : { previous: entry(event.previous) }),
  }));
}
