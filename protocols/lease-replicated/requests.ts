import type { ReplyTo } from '../../runtime/context.js';
import {
  findCommandFault,
  findReadFault,
  knowsWatch,
  observeApplied,
  takeRound,
  takeWatch,
  timeLeftMs,
  type Outcome,
  type StoreAnswer,
  type StoreCommand,
  type StoreObservation,
} from '../lease/index.js';
import { answer, propose, query, sendElsewhere } from './asking.js';
import type { QueryAnswer } from './machine.js';
import { mindLeases } from './primary.js';
import type { ServerMessageOf } from './server-messages.js';
import type { Purpose, ReplicaContext, ReplicaServer } from './state.js';

/** A change: an entry of the log, proposed by the leader and answered when it has been applied. */
export function onExecute(
  context: ReplicaContext,
  server: ReplicaServer,
  { command }: ServerMessageOf<'store-execute'>,
): void {
  const replyTo = context.replyTo();
  if (server.role !== 'leader') return sendElsewhere(context, server, replyTo);
  mindLeases(context, server);
  const requestId = 'requestId' in command ? command.requestId : '';
  const unnamed = `${command.kind}: a request needs an id of its own, and "lease-expire" is for the store alone`;
  const fault = requestId === '' ? unnamed : findCommandFault(command, server.store.limits);
  if (fault !== undefined) return answerExecuted(context, replyTo, requestId, failedAs(fault));
  const { applied } = server;
  propose(context, server, requestId, command, { for: 'execute', replyTo, requestId, kind: command.kind, applied });
}

function failedAs(detail: string): Outcome {
  return { kind: 'failed', error: 'invalid', detail };
}

function answerExecuted(context: ReplicaContext, replyTo: ReplyTo, requestId: string, outcome: Outcome): void {
  answer(context, replyTo, { type: 'store-executed', requestId, outcome });
}

/** The request was applied, now or as `index` says before it was asked this time. */
export function afterExecute(
  context: ReplicaContext,
  purpose: Extract<Purpose, { for: 'execute' }>,
  index: number,
  outcome: Outcome,
): void {
  const { replyTo, requestId, kind, applied } = purpose;
  if (index <= applied) {
    const repeated: StoreObservation = { type: 'request-repeated', requestId };
    context.observe(repeated);
    if (kind === 'txn' && outcome.kind === 'txn-done') observeAgain(context, requestId, outcome, index);
  }
  answerExecuted(context, replyTo, requestId, outcome);
}

/** What the log had before this life of the server is told by nobody else if all who applied it crashed before they could. */
function observeAgain(
  context: ReplicaContext,
  requestId: string,
  outcome: Extract<Outcome, { kind: 'txn-done' }>,
  index: number,
): void {
  const command: StoreCommand = { kind: 'txn', requestId, compare: [], then: [], else: [] };
  const applied = { outcome, repeated: true, revision: outcome.revision, events: [] };
  observeApplied(context, { command, applied }, true, index);
}

/** The change could not be made here: certainly not, or nobody knows. Whoever asked is to ask again, with the same id. */
export function executeFailed(
  context: ReplicaContext,
  server: ReplicaServer,
  { replyTo, requestId }: Extract<Purpose, { for: 'execute' }>,
  error: string,
  detail: string,
): void {
  if (error === 'invalid') answerExecuted(context, replyTo, requestId, failedAs(detail));
  else sendElsewhere(context, server, replyTo);
}

/** Any server answers reads, once the leader has confirmed up to where it must have applied. */
export function onRead(
  context: ReplicaContext,
  server: ReplicaServer,
  { readId, operations }: ServerMessageOf<'store-read'>,
): void {
  const replyTo = context.replyTo();
  mindLeases(context, server);
  const fault = findReadFault(operations, server.store.limits);
  if (fault !== undefined) return answer(context, replyTo, { type: 'store-read-failed', readId, detail: fault });
  query(context, server, { kind: 'read', operations }, { for: 'read', replyTo, readId });
}

/** Only the primary knows what a lease has left. */
export function onTimeToLive(
  context: ReplicaContext,
  server: ReplicaServer,
  { readId, leaseId, keys }: ServerMessageOf<'store-time-to-live'>,
): void {
  const replyTo = context.replyTo();
  if (server.role !== 'leader') return sendElsewhere(context, server, replyTo);
  mindLeases(context, server);
  const purpose = { for: 'time-to-live', replyTo, readId, leaseId, term: server.term } as const;
  query(context, server, { kind: 'lease', leaseId, keys }, purpose);
}

export function afterTimeToLive(
  context: ReplicaContext,
  server: ReplicaServer,
  { replyTo, readId, leaseId, term }: Extract<Purpose, { for: 'time-to-live' }>,
  found: QueryAnswer,
): void {
  if (server.office !== 'primary' || server.term !== term) return sendElsewhere(context, server, replyTo);
  if (found.kind !== 'lease') return answer(context, replyTo, { type: 'store-lease-unknown', readId, leaseId });
  const { ttlMs, keys, more } = found;
  // Where its end is under way nothing is left.
  const remainingMs = timeLeftMs(context, server, leaseId) ?? 0;
  const told: StoreAnswer = { type: 'store-lease-time-left', readId, leaseId, ttlMs, remainingMs, keys, more };
  answer(context, replyTo, told);
}

export function onLeases(
  context: ReplicaContext,
  server: ReplicaServer,
  { readId }: ServerMessageOf<'store-leases'>,
): void {
  mindLeases(context, server);
  query(context, server, { kind: 'leases' }, { for: 'leases', replyTo: context.replyTo(), readId });
}

/**
 * Any server serves watches, from what its replica has applied. "From now on" is from what is committed now, of which this replica need not
 * know yet, so raft is asked where that is. The answer to the round itself tells a member that the server is there, and knows a leader.
 */
export function onWatch(context: ReplicaContext, server: ReplicaServer, message: ServerMessageOf<'store-watch'>): void {
  const { session, round, watches } = message;
  const isNew = (watch: (typeof watches)[number]): boolean =>
    watch.nextRevision === 0 && !knowsWatch(server, session, watch.watchId);
  const isRefused = !server.sessions.has(session) && server.sessions.size >= server.options.maxSessions;
  const asking = isRefused ? [] : watches.filter(isNew);
  takeRound(context, server, { ...message, watches: watches.filter((watch) => !asking.includes(watch)) });
  if (server.sessions.get(session)?.round === round) {
    for (const watch of asking) askForPresent(context, server, session, watch);
  }
  const { leader, store } = server;
  context.reply<StoreAnswer>({ type: 'store-watching', session, round, leader, revision: store.revision });
}

function askForPresent(
  context: ReplicaContext,
  server: ReplicaServer,
  session: string,
  watch: ServerMessageOf<'store-watch'>['watches'][number],
): void {
  const name = `${session} ${watch.watchId}`;
  if (server.asking.has(name)) return;
  server.asking.add(name);
  query(context, server, { kind: 'revision' }, { for: 'watch', session, watch });
}

/** `revision` undefined: raft could not say; the member's next round asks again. */
export function afterPresent(
  context: ReplicaContext,
  server: ReplicaServer,
  { session: id, watch }: Extract<Purpose, { for: 'watch' }>,
  revision: number | undefined,
): void {
  server.asking.delete(`${id} ${watch.watchId}`);
  const session = server.sessions.get(id);
  if (revision === undefined || session === undefined || knowsWatch(server, id, watch.watchId)) return;
  takeWatch(context, server, session, { ...watch, nextRevision: revision + 1, report: true });
}
