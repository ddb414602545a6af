import type { WatchEvent } from '../../coordinator/index.js';
import { findCommandFault } from './command-faults.js';
import { failed, type Outcome, type StoreCommand } from './command.js';
import { commitEvents, compactHistory } from './history.js';
import { rememberOutcome, repeatedOutcome } from './requests.js';
import type { Store } from './store.js';
import { applyTransaction, deleteKey } from './transaction.js';

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

function grantLease(store: Store, ttlMs: number, chosenId: string): Outcome {
  if (store.leases.size >= store.limits.maxLeases) {
    return failed('invalid', `${store.limits.maxLeases} leases live already; revoke some, or share one among keys`);
  }
  if (store.leases.has(chosenId)) {
    return failed(
      'lease-exists',
      `leaseId: "${chosenId}" is a lease that lives; choose another, or let the store draw one`,
    );
  }
  const leaseId = chosenId === '' ? drawLeaseId(store) : chosenId;
  store.leases.set(leaseId, { ttlMs, keys: new Set() });
  return { kind: 'lease-granted', leaseId, ttlMs };
}

/** An id that no lease was ever given by the store, and that none has which lives under an id of its client's choice. */
function drawLeaseId(store: Store): string {
  let leaseId: string;
  do {
    store.leasesGranted += 1;
    leaseId = `lease-${store.leasesGranted}`;
  } while (store.leases.has(leaseId));
  return leaseId;
}

/** Ends a lease and deletes the keys attached to it, in their order and in one revision. */
function endLease(store: Store, leaseId: string): Outcome {
  const lease = store.leases.get(leaseId);
  if (lease === undefined) {
    return failed('lease-not-found', `leaseId: there is no lease "${leaseId}"; it has ended or never was`);
  }
  const events: WatchEvent[] = [];
  const revision = store.revision + 1;
  for (const key of [...lease.keys].sort()) deleteKey(store, key, revision, events);
  store.leases.delete(leaseId);
  commitEvents(store, events);
  return { kind: 'lease-ended', leaseId };
}
