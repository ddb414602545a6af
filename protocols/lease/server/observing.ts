import type { Context } from '../../../runtime/context.js';
import { observedEvents, type StoreObservation } from '../observations.js';
import type { Applied, LeaseCheckpoint, StoreCommand } from '../store/index.js';

type ObservingContext = Pick<Context, 'nowMs' | 'observe'>;

function observe(context: ObservingContext, observation: StoreObservation): void {
  context.observe(observation);
}

export function observeCheckpoint(
  context: ObservingContext,
  { leases }: LeaseCheckpoint,
  recovered: boolean,
  logIndex?: number,
): void {
  const place = logIndex === undefined ? {} : { logIndex };
  observe(context, { type: 'leases-checkpointed', leases, recovered, atMs: context.nowMs(), ...place });
}

/** `recovered`: it may have been told before. `logIndex`: where in a replicated log the command stands. */
export function observeApplied(
  context: ObservingContext,
  { command, applied }: { readonly command: StoreCommand; readonly applied: Applied },
  recovered: boolean,
  logIndex?: number,
): void {
  const { outcome, revision, events } = applied;
  const atMs = context.nowMs();
  if (command.kind === 'txn') {
    const error = outcome.kind === 'failed' ? outcome.error : '';
    const succeeded = outcome.kind === 'txn-done' && outcome.succeeded;
    const { requestId } = command;
    const place = logIndex === undefined ? {} : { logIndex };
    observe(context, { type: 'txn-applied', requestId, revision, succeeded, error, recovered, ...place });
  } else if (outcome.kind === 'lease-granted' && command.kind === 'lease-grant') {
    const { leaseId, ttlMs } = outcome;
    observe(context, { type: 'lease-granted', leaseId, ttlMs, requestId: command.requestId, recovered, atMs });
  } else if (outcome.kind === 'compacted') {
    observe(context, { type: 'history-compacted', revision: outcome.revision });
  }
  if (events.length > 0) {
    const cause = causeOf(command);
    observe(context, { type: 'revision-made', revision, cause, events: observedEvents(events), recovered });
  }
  if (outcome.kind !== 'lease-ended') return;
  const { leaseId } = outcome;
  if (command.kind === 'lease-revoke') {
    observe(context, { type: 'lease-revoked', leaseId, requestId: command.requestId, recovered, atMs });
  } else {
    observe(context, { type: 'lease-expired', leaseId, recovered, atMs });
  }
}

function causeOf(command: StoreCommand): string {
  return command.kind === 'lease-expire' || command.kind === 'lease-revoke' ? command.leaseId : command.requestId;
}
