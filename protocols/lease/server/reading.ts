import type { Operation } from '../../coordinator/index.js';
import { findOperationsFault, type StoreLimits } from '../store/index.js';

/** Ids of leases, and keys of one, in an answer at most. */
export const LISTED_MAX = 10_000;

/** What is wrong with the operations of a read, with its place and the remedy, or undefined. */
export function findReadFault(operations: readonly Operation[], limits: StoreLimits): string | undefined {
  const changes = operations.findIndex((operation) => operation.kind !== 'get' && operation.kind !== 'range');
  if (changes >= 0) return `operations[${changes}]: a read only has "get" and "range"; use a transaction`;
  return operations.length > limits.maxOperations
    ? `operations: more than ${limits.maxOperations}; split the read`
    : findOperationsFault('operations', operations, limits);
}
