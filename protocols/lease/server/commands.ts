import type { Context } from '../../../runtime/context.js';
import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import type { StoreObservation } from '../observations.js';
import {
  applyCommand,
  checkpointLeases,
  findCommandFault,
  imageOfStore,
  repeatedOutcome,
  type LeaseCheckpoint,
  type Outcome,
  type StoreCommand,
  type StoreEntry,
} from '../store/index.js';
import { forgetDeadline, setDeadline } from './deadlines.js';
import type { ServerMessage } from './server-messages.js';
import type { LeaseServer } from './state.js';
import { observeApplied, observeCheckpoint } from './observing.js';
import { publish, publishAll } from './sessions.js';

/**
 * Takes a command into the log and applies it. What it comes to may be told at once: output commit holds every answer, batch and
 * observation back until the log entry is durable.
 */
export function execute(context: Context<ServerMessage>, server: LeaseServer, command: StoreCommand): Outcome {
  const requestId = 'requestId' in command ? command.requestId : '';
  const first = repeatedOutcome(server.store, requestId);
  if (first !== undefined) {
    observe(context, { type: 'request-repeated', requestId });
    return first;
  }
  const fault = findCommandFault(command, server.store.limits);
  if (fault !== undefined) return { kind: 'failed', error: 'invalid', detail: fault };
  append(context, server, command);
  // Who was told all that there was for it loses nothing by a compaction: it must not be taken for one that is behind.
  if (command.kind === 'compact') publishAll(context, server);
  const applied = applyCommand(server.store, command);
  assert(!applied.repeated, 'a repetition was told apart before it was logged');
  noteLeases(context, server, command, applied.outcome);
  observeApplied(context, { command, applied }, false);
  if (applied.events.length > 0) publish(context, server, applied.events);
  return applied.outcome;
}

/**
 * Puts a snapshot in the place of a long log. It waits for a moment when all of the log is durable: what a snapshot holds is not
 * replayed, so it must have been told before. Under a load that never leaves such a moment it is taken at four times the length.
 */
export function snapshotIfLong(context: Context<ServerMessage>, server: LeaseServer): void {
  const { snapshotEvery } = server.options;
  const isDurable = context.storage.durableLsn() >= server.lastLsn;
  const isShort = server.logged < snapshotEvery;
  if (server.logged === 0 || (isShort && !context.faultPoint('lease.snapshot-early'))) return;
  if (!isDurable && server.logged < 4 * snapshotEvery) return;
  const logIndex = context.storage.lastIndex();
  context.storage.snapshot({ logIndex, image: imageOfStore(server.store) } as unknown as Plain);
  context.storage.compact(logIndex);
  server.logged = 0;
  observe(context, { type: 'store-snapshot', revision: server.store.revision, logIndex });
}

/** Notes in the log what leases have left. */
export function checkpoint(
  context: Context<ServerMessage>,
  server: LeaseServer,
  leases: LeaseCheckpoint['leases'],
): void {
  const command: LeaseCheckpoint = { kind: 'lease-checkpoint', leases };
  append(context, server, command);
  checkpointLeases(server.store, command);
  observeCheckpoint(context, command, false);
}

function append(context: Context<ServerMessage>, server: LeaseServer, entry: StoreEntry): void {
  context.storage.append(entry as unknown as Plain);
  server.lastLsn = context.storage.pendingLsn();
  server.logged += 1;
}

function observe(context: Context<ServerMessage>, observation: StoreObservation): void {
  context.observe(observation);
}

/** Tells that this life has begun, and what the log held after the snapshot. */
export function observeOpening(context: Context<ServerMessage>, server: LeaseServer): void {
  const { store, replayed } = server;
  const atMs = context.nowMs();
  const leases = [...store.leases.keys()];
  const { checkpointEveryMs } = server.options;
  observe(context, {
    type: 'store-opened',
    revision: store.revision,
    leases,
    replayed: replayed.length,
    checkpointEveryMs,
    atMs,
  });
  for (const one of replayed.splice(0)) {
    if (one.command.kind === 'lease-checkpoint') observeCheckpoint(context, one.command, true);
    else if ('applied' in one) observeApplied(context, one, true);
  }
}

/** The clock's side of what a command did to leases. */
function noteLeases(
  context: Context<ServerMessage>,
  server: LeaseServer,
  command: StoreCommand,
  outcome: Outcome,
): void {
  if (outcome.kind === 'lease-granted') {
    setDeadline(context, server, outcome.leaseId, outcome.ttlMs);
  } else if (outcome.kind === 'lease-ended') {
    assert(command.kind === 'lease-revoke' || command.kind === 'lease-expire', 'a lease ends by its own command');
    forgetDeadline(server, outcome.leaseId);
  }
}
