import { t, type Infer } from '../../../runtime/schema.js';
import {
  compareType,
  coordinatorErrorType,
  operationResultType,
  operationType,
  type CoordinatorError,
} from '../../coordinator/index.js';

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
  /** `leaseId` chooses the id; without it, or by '', the store draws one. */
  'lease-grant': { requestId: t.string, ttlMs: t.int, leaseId: t.optional(t.string) },
  'lease-revoke': { requestId: t.string, leaseId: t.string },
  'lease-expire': { leaseId: t.string },
  /** Drops what was before `revision`; a read as of then fails with `compacted`, and a watch from there ends with it. */
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
