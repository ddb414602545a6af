import { findNotPlain, type Plain } from '../../../runtime/data.js';
import { t, type Infer } from '../../../runtime/schema.js';
import {
  compareType,
  coordinatorErrorType,
  operationResultType,
  operationType,
  type Compare,
  type CoordinatorError,
  type Operation,
} from '../../coordinator/index.js';
import { plainSizeBytes } from './plain-value.js';
import type { StoreLimits } from './limits.js';

/**
 * What changes a store: the entries of its log. `requestId` '' is never taken for a repetition. A keep-alive is no command: deadlines
 * live with whoever holds the clock, and `lease-expire` is how the clock's owner makes an expiry part of the state.
 */
export const storeCommandType = t.variants({
  txn: {
    requestId: t.string,
    compare: t.array(compareType),
    then: t.array(operationType),
    else: t.array(operationType),
  },
  'lease-grant': { requestId: t.string, ttlMs: t.int },
  'lease-revoke': { requestId: t.string, leaseId: t.string },
  'lease-expire': { leaseId: t.string },
  /** Drops the history up to `revision`; a watch that wants an event of it ends with `compacted`. */
  compact: { requestId: t.string, revision: t.int },
});
export type StoreCommand = Infer<typeof storeCommandType>;
export type Transaction = Extract<StoreCommand, { kind: 'txn' }>;

/** What a command came to. A failed one changed nothing. */
export const outcomeType = t.variants({
  /** `revision` is this transaction's if it changed anything, else the store's as it was read. */
  'txn-done': { succeeded: t.bool, revision: t.int, results: t.array(operationResultType) },
  'lease-granted': { leaseId: t.string, ttlMs: t.int },
  'lease-ended': { leaseId: t.string },
  compacted: { revision: t.int },
  failed: { error: coordinatorErrorType, detail: t.string },
});
export type Outcome = Infer<typeof outcomeType>;

export function failed(error: CoordinatorError, detail: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', error, detail };
}

/** Why a command of the right shape can never be applied, with its place and the remedy, or undefined. */
export function findCommandFault(command: StoreCommand, limits: StoreLimits): string | undefined {
  switch (command.kind) {
    case 'txn':
      return findTransactionFault(command, limits);
    case 'lease-grant':
      if (command.ttlMs < limits.minTtlMs || command.ttlMs > limits.maxTtlMs) {
        return `ttlMs: ${command.ttlMs} is not in ${limits.minTtlMs}..${limits.maxTtlMs}; ask for a time to live in that range`;
      }
      return findRequestIdFault(command.requestId);
    case 'lease-revoke':
      return findRequestIdFault(command.requestId);
    case 'lease-expire':
      return undefined;
    case 'compact':
      return command.revision < 0 ? `revision: ${command.revision} is negative` : findRequestIdFault(command.requestId);
  }
}

const REQUEST_ID_LENGTH_MAX = 256;

function findRequestIdFault(requestId: string): string | undefined {
  return requestId.length <= REQUEST_ID_LENGTH_MAX
    ? undefined
    : `requestId: longer than ${REQUEST_ID_LENGTH_MAX} characters; shorten it`;
}

function findTransactionFault(command: Transaction, limits: StoreLimits): string | undefined {
  const longest = Math.max(command.compare.length, command.then.length, command.else.length);
  if (longest > limits.maxOperations) {
    return `${longest} compares or operations, more than ${limits.maxOperations}; split the transaction`;
  }
  for (const [index, compare] of command.compare.entries()) {
    const fault = findCompareFault(compare, limits);
    if (fault !== undefined) return `compare[${index}].${fault}`;
  }
  return (
    findOperationsFault('then', command.then, limits) ??
    findOperationsFault('else', command.else, limits) ??
    findRequestIdFault(command.requestId)
  );
}

function findCompareFault(compare: Compare, limits: StoreLimits): string | undefined {
  if (compare.target === 'lease' && typeof compare.operand !== 'string') {
    return `operand: a lease is compared with its id, a string ('' is none)`;
  }
  const counts = compare.target === 'create' || compare.target === 'mod' || compare.target === 'version';
  if (counts && !Number.isSafeInteger(compare.operand)) {
    return `operand: ${compare.target} is compared with an integer (0: no such key)`;
  }
  return findKeyFault('key', compare.key, limits) ?? findValueFault('operand', compare.operand, limits);
}

/** As in etcd, an operation list may change no key twice: a revision has at most one event for each key. */
export function findOperationsFault(
  place: string,
  operations: readonly Operation[],
  limits: StoreLimits,
): string | undefined {
  const changed = new Set<string>();
  const deletedPrefixes: string[] = [];
  for (const [index, operation] of operations.entries()) {
    const where = `${place}[${index}]`;
    const fault = findOperationFault(operation, limits);
    if (fault !== undefined) return `${where}.${fault}`;
    if (operation.kind === 'put' || operation.kind === 'delete') {
      if (changed.has(operation.key)) return `${where}.key: "${operation.key}" is changed twice in one transaction`;
      changed.add(operation.key);
    } else if (operation.kind === 'delete-prefix') {
      deletedPrefixes.push(operation.prefix);
    }
  }
  return findOverlap(place, changed, deletedPrefixes);
}

function findOverlap(place: string, changed: ReadonlySet<string>, prefixes: readonly string[]): string | undefined {
  for (const [index, prefix] of prefixes.entries()) {
    for (const key of changed) {
      if (key.startsWith(prefix))
        return `${place}: "${key}" is changed and deleted by prefix "${prefix}" in one transaction`;
    }
    for (const other of prefixes.slice(index + 1)) {
      if (other.startsWith(prefix) || prefix.startsWith(other)) {
        return `${place}: prefixes "${prefix}" and "${other}" overlap in one transaction`;
      }
    }
  }
  return undefined;
}

function findOperationFault(operation: Operation, limits: StoreLimits): string | undefined {
  switch (operation.kind) {
    case 'put':
      return findKeyFault('key', operation.key, limits) ?? findValueFault('value', operation.value, limits);
    case 'get':
    case 'delete':
      return findKeyFault('key', operation.key, limits);
    case 'range':
      if (operation.limit < 0) return `limit: ${operation.limit} is negative; 0 is no limit`;
      return findPrefixFault(operation.prefix, limits);
    case 'delete-prefix':
      return findPrefixFault(operation.prefix, limits);
  }
}

function findKeyFault(place: string, key: string, limits: StoreLimits): string | undefined {
  if (key === '') return `${place}: is empty`;
  return key.length <= limits.maxKeyLength ? undefined : `${place}: longer than ${limits.maxKeyLength} characters`;
}

function findPrefixFault(prefix: string, limits: StoreLimits): string | undefined {
  return prefix.length <= limits.maxKeyLength ? undefined : `prefix: longer than ${limits.maxKeyLength} characters`;
}

function findValueFault(place: string, value: Plain, limits: StoreLimits): string | undefined {
  const notPlain = findNotPlain(value, place);
  if (notPlain !== undefined) return notPlain;
  const size = plainSizeBytes(value);
  return size <= limits.maxValueBytes
    ? undefined
    : `${place}: about ${size} bytes, more than ${limits.maxValueBytes}; store it elsewhere and put its place here`;
}
