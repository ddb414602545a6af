import type { WatchEvent } from '../../coordinator/index.js';
import { findCommandFault } from './command-faults.js';
import { failed, type Outcome, type StoreCommand } from './command.js';
import { compactHistory } from './history.js';
import { endLease, grantLease } from './leases.js';
import { rememberOutcome, repeatedOutcome } from './requests.js';
import type { Store } from './store.js';
import { applyTransaction } from './transaction.js';

/** What applying a command did. */
export interface Applied {
  readonly outcome: Outcome;
  /** The command's request had been applied before: this is the first result, and nothing happened now. */
  readonly repeated: boolean;
  /** Of the store, now. */
  readonly revision: number;
  /** The events of `revision`, if this command made it; else none. */
  readonly events: readonly WatchEvent[];
}

/**
 * Applies one command, in place. Total: any command of the right shape has an outcome, and a failed one changes nothing (but the
 * memory of its request), so that no entry of a replicated log can stop a replica.
 */
export function applyCommand(store: Store, command: StoreCommand): Applied {
  const before = store.revision;
  const requestId = 'requestId' in command ? command.requestId : '';
  const first = repeatedOutcome(store, requestId);
  if (first !== undefined) return { outcome: first, repeated: true, revision: before, events: [] };
  const fault = findCommandFault(command, store.limits);
  // A fault depends on the command alone; a repetition meets it again and needs no memory.
  if (fault !== undefined) {
    return { outcome: failed('invalid', fault), repeated: false, revision: before, events: [] };
  }
  const outcome = carryOutCommand(store, command);
  rememberOutcome(store, requestId, outcome);
  const events = store.revision > before ? (store.history.at(-1)?.events ?? []) : [];
  return { outcome, repeated: false, revision: store.revision, events };
}

function carryOutCommand(store: Store, command: StoreCommand): Outcome {
  switch (command.kind) {
    case 'txn':
      return applyTransaction(store, command);
    case 'lease-grant':
      return grantLease(store, command.ttlMs, command.leaseId ?? '');
    case 'lease-revoke':
    case 'lease-expire':
      return endLease(store, command.leaseId);
    case 'compact':
      return compactHistory(store, command.revision);
  }
}
