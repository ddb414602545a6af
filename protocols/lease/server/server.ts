import { actor, type Actor, type Durable } from '../../../runtime/actor.js';
import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import {
  applyCommand,
  checkpointLeases,
  emptyStore,
  findCommandFault,
  readStore,
  storeOfImage,
  type StoreCommand,
  type StoreEntry,
  type StoreImage,
  type StoreLimits,
} from '../store/index.js';
import { execute, observeOpening, snapshotIfLong } from './commands.js';
import {
  checkpointRings,
  deadlineRings,
  keepAlive,
  mindLeases,
  noteTimesLeft,
  restartDeadlines,
  timeLeftMs,
} from './lease-clock.js';
import { findReadFault, LISTED_MAX } from './reading.js';
import { serverMessages, type ServerMessage } from './server-messages.js';
import { forgetIdleSessions, takeNext, takeRound } from './sessions.js';
import {
  defaultServerOptions,
  newServer,
  serverOf,
  type LeaseServer,
  type LeaseServerOptions,
  type Replayed,
} from './state.js';

/**
 * A lease store on one node: etcd's semantics (keys with revisions, transactions, leases, watches) without replication. Each change is
 * an entry of the actor's log before anybody hears of it; a start makes the state anew from snapshot and log.
 */
export const leaseStore: Actor<LeaseServer, ServerMessage, Plain> = actor(serverMessages, {
  init: (params: Plain): LeaseServer => newServer(serverOptions(params)),
  recover: (durable: Durable, params: Plain): LeaseServer => recoverServer(durable, serverOptions(params)),
  start(context, server) {
    observeOpening(context, server);
    restartDeadlines(context, server);
  },
  on: {
    'store-execute'(context, server, { command }) {
      mindLeases(context, server);
      const requestId = 'requestId' in command ? command.requestId : '';
      const detail = `${command.kind}: a request needs an id of its own, and "lease-expire" is for the store alone`;
      const outcome =
        requestId === '' ? ({ kind: 'failed', error: 'invalid', detail } as const) : execute(context, server, command);
      context.reply<StoreAnswer>({ type: 'store-executed', requestId, outcome });
    },
    'store-read'(context, server, message) {
      mindLeases(context, server);
      context.reply<StoreAnswer>(readAnswer(server, message));
    },
    'store-keep-alive'(context, server, { leaseId, attempt }) {
      mindLeases(context, server);
      const ttlMs = server.store.leases.get(leaseId)?.ttlMs;
      const isKept = keepAlive(context, server, leaseId);
      const answer: StoreAnswer =
        isKept && ttlMs !== undefined
          ? { type: 'store-kept', leaseId, attempt, ttlMs }
          : { type: 'store-lease-gone', leaseId, attempt };
      context.reply(answer);
    },
    'store-time-to-live'(context, server, message) {
      mindLeases(context, server);
      context.reply<StoreAnswer>(timeToLiveAnswer(server, message, timeLeftMs(context, server, message.leaseId)));
    },
    'store-leases'(context, server, { readId }) {
      mindLeases(context, server);
      const all = [...server.store.leases.keys()];
      const leases = all.slice(0, LISTED_MAX);
      context.reply<StoreAnswer>({ type: 'store-leases-listed', readId, leases, more: all.length > LISTED_MAX });
    },
    'store-watch'(context, server, message) {
      mindLeases(context, server);
      takeRound(context, server, message);
    },
    'store-watch-next'(context, server, message) {
      mindLeases(context, server);
      takeNext(context, server, message);
    },
    'leases-due'(context, server) {
      deadlineRings(context, server);
    },
    'checkpoint-due'(context, server) {
      checkpointRings(context, server);
    },
    'sessions-due'(context, server) {
      forgetIdleSessions(context, server);
    },
  },
  signals: {
    durable(context, server) {
      snapshotIfLong(context, server);
    },
    stopping(context, server) {
      noteTimesLeft(context, server, 1);
    },
  },
});

function timeToLiveAnswer(
  server: LeaseServer,
  { readId, leaseId, keys }: Extract<StoreRequest, { type: 'store-time-to-live' }>,
  leftMs: number | undefined,
): StoreAnswer {
  const lease = server.store.leases.get(leaseId);
  if (lease === undefined || leftMs === undefined) return { type: 'store-lease-unknown', readId, leaseId };
  const attached = keys ? [...lease.keys].sort().slice(0, LISTED_MAX) : [];
  return {
    type: 'store-lease-time-left',
    readId,
    leaseId,
    ttlMs: lease.ttlMs,
    remainingMs: leftMs,
    keys: attached,
    more: keys && lease.keys.size > LISTED_MAX,
  };
}

function readAnswer(server: LeaseServer, message: Extract<StoreRequest, { type: 'store-read' }>): StoreAnswer {
  const { readId, operations } = message;
  const fault = findReadFault(operations, server.store.limits);
  if (fault !== undefined) return { type: 'store-read-failed', readId, detail: fault };
  const results = readStore(server.store, operations);
  return { type: 'store-read-done', readId, revision: server.store.revision, results };
}

function serverOptions(params: Plain): LeaseServerOptions {
  return { ...defaultServerOptions, ...(params as Partial<LeaseServerOptions> | null) };
}

function recoverServer(durable: Durable, options: LeaseServerOptions): LeaseServer {
  const snapshot = durable.snapshot as unknown as { logIndex: number; image: StoreImage } | undefined;
  const store = snapshot === undefined ? emptyStore(options.limits) : storeOfImage(snapshot.image);
  const replayFrom = (snapshot?.logIndex ?? 0) + 1;
  const { firstIndex, entries } = durable.log;
  assert(entries.length === 0 || firstIndex <= replayFrom, 'the log goes on where the snapshot ends');
  const replayed: Replayed[] = [];
  entries.forEach((entry, offset) => {
    if (firstIndex + offset < replayFrom) return;
    const command = entry as unknown as StoreEntry;
    if (command.kind === 'lease-checkpoint') {
      checkpointLeases(store, command);
      replayed.push({ command });
    } else {
      requireAccepted(command, firstIndex + offset, store.limits);
      replayed.push({ command, applied: applyCommand(store, command) });
    }
  });
  return serverOf(options, store, replayed);
}

/** What is in the log was accepted, and may have been answered: limits that would refuse it now must not lose it without a word. */
function requireAccepted(command: StoreCommand, index: number, limits: StoreLimits): void {
  const fault = findCommandFault(command, limits);
  if (fault === undefined) return;
  throw new Error(
    `lease store: entry ${index} of the log was accepted, but the limits that the store is set up with now refuse it (${fault}); ` +
      'limits are chosen once, when the store is new: start it with those that it had',
  );
}
