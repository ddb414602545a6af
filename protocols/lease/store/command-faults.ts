import { findNotPlain, type Plain } from '../../../runtime/data.js';
import type { Compare, Operation } from '../../coordinator/index.js';
import type { StoreCommand, Transaction } from './command.js';
import { findDuplicateKey } from './duplicate-keys.js';
import type { StoreLimits } from './limits.js';
import { plainSizeBytes } from './plain-value.js';

/** Why a command of the right shape can never be applied, with its place and the remedy, or undefined. */
export function findCommandFault(command: StoreCommand, limits: StoreLimits): string | undefined {
  switch (command.kind) {
    case 'txn':
      return findTransactionFault(command, limits);
    case 'lease-grant':
      if (command.ttlMs < limits.minTtlMs || command.ttlMs > limits.maxTtlMs) {
        return `ttlMs: ${command.ttlMs} is not in ${limits.minTtlMs}..${limits.maxTtlMs}; ask for a time to live in that range`;
      }
      return findIdFault('leaseId', command.leaseId ?? '') ?? findIdFault('requestId', command.requestId);
    case 'lease-revoke':
      return findIdFault('requestId', command.requestId);
    case 'lease-expire':
      return undefined;
    case 'compact':
      return command.revision < 0
        ? `revision: ${command.revision} is negative`
        : findIdFault('requestId', command.requestId);
  }
}

const ID_LENGTH_MAX = 256;

function findIdFault(place: 'requestId' | 'leaseId', id: string): string | undefined {
  return id.length <= ID_LENGTH_MAX ? undefined : `${place}: longer than ${ID_LENGTH_MAX} characters; shorten it`;
}

function findTransactionFault(command: Transaction, limits: StoreLimits): string | undefined {
  return (
    findNestedFault('', command, limits.maxOperations, limits) ??
    findDuplicateKey('then', command.then) ??
    findDuplicateKey('else', command.else) ??
    findIdFault('requestId', command.requestId)
  );
}

/** As in etcd, what a transaction may hold shrinks by what those around it hold. */
function findNestedFault(
  place: string,
  { compare, then, else: otherwise }: Pick<Transaction, 'compare' | 'then' | 'else'>,
  mostOperations: number,
  limits: StoreLimits,
): string | undefined {
  const longest = Math.max(compare.length, then.length, otherwise.length);
  if (longest > mostOperations) {
    return `${place}${longest} compares or operations, more than ${mostOperations}; split the transaction`;
  }
  for (const [index, one] of compare.entries()) {
    const fault = findCompareFault(one, limits);
    if (fault !== undefined) return `${place}compare[${index}].${fault}`;
  }
  const left = mostOperations - longest;
  return findListFault(`${place}then`, then, left, limits) ?? findListFault(`${place}else`, otherwise, left, limits);
}

function findListFault(
  place: string,
  operations: readonly Operation[],
  mostNested: number,
  limits: StoreLimits,
): string | undefined {
  for (const [index, operation] of operations.entries()) {
    const where = `${place}[${index}].`;
    if (operation.kind === 'txn') {
      const fault = findNestedFault(where, operation, mostNested, limits);
      if (fault !== undefined) return fault;
    } else {
      const fault = findOperationFault(operation, limits);
      if (fault !== undefined) return where + fault;
    }
  }
  return undefined;
}

/** What is wrong with a list of operations by itself; of a read, or of a branch of a transaction. */
export function findOperationsFault(
  place: string,
  operations: readonly Operation[],
  limits: StoreLimits,
): string | undefined {
  return findListFault(place, operations, limits.maxOperations, limits) ?? findDuplicateKey(place, operations);
}

function findCompareFault(compare: Compare, limits: StoreLimits): string | undefined {
  if (compare.target === 'lease' && typeof compare.operand !== 'string') {
    return `operand: a lease is compared with its id, a string ('' is none)`;
  }
  const counts = compare.target === 'create' || compare.target === 'mod' || compare.target === 'version';
  if (counts && !Number.isSafeInteger(compare.operand)) {
    return `operand: ${compare.target} is compared with an integer (0: no such key)`;
  }
  const { key, end, prefix } = compare;
  if (end !== undefined && prefix === true) return `end: is given together with prefix; leave one out`;
  const keyFault = prefix === true ? findPrefixFault('key', key, limits) : findKeyFault('key', key, limits);
  return keyFault ?? findBoundsFault(key, end, limits) ?? findValueFault('operand', compare.operand, limits);
}

function findOperationFault(operation: Exclude<Operation, { kind: 'txn' }>, limits: StoreLimits): string | undefined {
  switch (operation.kind) {
    case 'put':
      return findPutFault(operation, limits);
    case 'get':
      return findKeyFault('key', operation.key, limits) ?? findNegative('revision', operation.revision);
    case 'delete':
      return findKeyFault('key', operation.key, limits);
    case 'range':
      return findRangeFault(operation, limits);
    case 'delete-prefix':
      return (
        findPrefixFault('prefix', operation.prefix, limits) ?? findBoundsFault(operation.from, operation.end, limits)
      );
  }
}

function findPutFault(put: Extract<Operation, { kind: 'put' }>, limits: StoreLimits): string | undefined {
  if (put.ignoreValue === true && put.value !== null) return 'value: is given together with ignoreValue; make it null';
  if (put.ignoreLease === true && put.leaseId !== '') return `leaseId: is given together with ignoreLease; make it ''`;
  return findKeyFault('key', put.key, limits) ?? findValueFault('value', put.value, limits);
}

function findRangeFault(range: Extract<Operation, { kind: 'range' }>, limits: StoreLimits): string | undefined {
  if (range.limit < 0) return `limit: ${range.limit} is negative; 0 is no limit`;
  return (
    findPrefixFault('prefix', range.prefix, limits) ??
    findBoundsFault(range.from, range.end, limits) ??
    findNegative('revision', range.revision)
  );
}

function findNegative(place: string, revision: number | undefined): string | undefined {
  return revision !== undefined && revision < 0 ? `${place}: ${revision} is negative; 0 is the present` : undefined;
}

function findBoundsFault(from: string | undefined, end: string | undefined, limits: StoreLimits): string | undefined {
  for (const [place, bound] of [
    ['from', from],
    ['end', end],
  ] as const) {
    if (bound !== undefined && bound.length > limits.maxKeyLength + 1) return `${place}: longer than any key`;
  }
  if (end === undefined || end > (from ?? '')) return undefined;
  return `end: "${end}" is not after the first key of the range; end is the first key that is not in it`;
}

function findKeyFault(place: string, key: string, limits: StoreLimits): string | undefined {
  if (key === '') return `${place}: is empty`;
  return key.length <= limits.maxKeyLength ? undefined : `${place}: longer than ${limits.maxKeyLength} characters`;
}

function findPrefixFault(place: string, prefix: string, limits: StoreLimits): string | undefined {
  return prefix.length <= limits.maxKeyLength ? undefined : `${place}: longer than ${limits.maxKeyLength} characters`;
}

function findValueFault(place: string, value: Plain, limits: StoreLimits): string | undefined {
  const notPlain = findNotPlain(value, place);
  if (notPlain !== undefined) return notPlain;
  const size = plainSizeBytes(value);
  return size <= limits.maxValueBytes
    ? undefined
    : `${place}: about ${size} bytes, more than ${limits.maxValueBytes}; store it elsewhere and put its place here`;
}
