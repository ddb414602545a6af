import type { Context } from '../../../runtime/context.js';
import { assert } from '../../../runtime/assert.js';
import type { WatchEvent } from '../../coordinator/index.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import type { StoreObservation } from '../observations.js';
import { addWatch, isCompacted, removeWatch, takeBatch, watchesOf, type WatchBatch } from '../store/index.js';
import type { ServerMessage } from './server-messages.js';
import type { LeaseServer, Session } from './state.js';

type Round = Extract<StoreRequest, { type: 'store-watch' }>;
type WatchSpec = Round['watches'][number];

/** Session names hold no space, so that the two parts can be told apart. */
function hubIdOf(session: string, watchId: string): string {
  return `${session} ${watchId}`;
}

function partsOf(hubId: string): { session: string; watchId: string } {
  const space = hubId.indexOf(' ');
  return { session: hubId.slice(0, space), watchId: hubId.slice(space + 1) };
}

/** Sets the watches of a session to what its round says, and sends each what it lacks. */
export function takeRound(context: Context<ServerMessage>, server: LeaseServer, round: Round): void {
  if (round.session === '' || round.session.includes(' ')) return;
  const session = sessionOf(context, server, round);
  if (session === undefined || round.round <= session.round) return;
  session.round = round.round;
  session.heardMs = context.nowMs();
  const named = new Set(round.watches.map((watch) => watch.watchId));
  for (const watchId of session.watchIds) if (!named.has(watchId)) dropWatch(server, session, watchId);
  for (const watch of round.watches) takeWatch(context, server, session, watch);
}

/** Sends one watch what it lacks. A session or watch that is not known comes with the next round. */
export function takeNext(
  context: Context<ServerMessage>,
  server: LeaseServer,
  next: Extract<StoreRequest, { type: 'store-watch-next' }>,
): void {
  const session = server.sessions.get(next.session);
  const watch = server.hub.watches.get(hubIdOf(next.session, next.watchId));
  if (session === undefined || watch === undefined || next.nextRevision <= 0) return;
  takeWatch(context, server, session, { ...next, prefix: watch.prefix });
}

function sessionOf(context: Context<ServerMessage>, server: LeaseServer, round: Round): Session | undefined {
  const known = server.sessions.get(round.session);
  if (known !== undefined) return known;
  if (server.sessions.size >= server.options.maxSessions) {
    for (const { watchId } of round.watches) {
      const detail = `${server.options.maxSessions} sessions watch already; end some`;
      fail(context, { id: round.session, address: context.sender }, watchId, 'unavailable', detail);
    }
    return undefined;
  }
  const session: Session = {
    id: round.session,
    address: context.sender,
    round: -1,
    heardMs: context.nowMs(),
    watchIds: new Set(),
  };
  server.sessions.set(session.id, session);
  if (!context.hasTimer('sessions')) {
    context.setTimer('sessions', server.options.sessionIdleMs, { type: 'sessions-due' });
  }
  return session;
}

function takeWatch(context: Context<ServerMessage>, server: LeaseServer, session: Session, spec: WatchSpec): void {
  const { watchId, prefix, nextRevision } = spec;
  const hubId = hubIdOf(session.id, watchId);
  const known = server.hub.watches.get(hubId);
  const fault = findWatchFault(server, session, spec);
  if (fault !== undefined) return fail(context, session, watchId, 'invalid', fault);
  const isWhereKnown = known !== undefined && known.prefix === prefix && known.nextRevision === nextRevision;
  const watch = isWhereKnown ? known : addWatch(server.hub, server.store, hubId, prefix, nextRevision);
  session.watchIds.add(watchId);
  const fromRevision = watch.nextRevision;
  if (!isWhereKnown) {
    const resumed: StoreObservation = { type: 'watch-resumed', session: session.id, watchId, prefix, fromRevision };
    context.observe(resumed);
  }
  if (isCompacted(server.store, watch)) return endCompacted(context, server, session, watchId);
  const sent = sendBatches(context, server, session, watchId);
  // Who asked for "from now on" is told where that is, also when nothing has happened yet.
  if (sent > 0 || nextRevision !== 0) return;
  sendBatch(context, server, session, watchId, { fromRevision, nextRevision: fromRevision, changes: [] });
}

function findWatchFault(server: LeaseServer, session: Session, spec: WatchSpec): string | undefined {
  const { maxWatchesPerSession } = server.options;
  const { maxKeyLength } = server.store.limits;
  if (!session.watchIds.has(spec.watchId) && session.watchIds.size >= maxWatchesPerSession) {
    return `a session may have ${maxWatchesPerSession} watches; share or end some`;
  }
  if (spec.prefix.length > maxKeyLength) return `prefix: longer than ${maxKeyLength} characters`;
  return spec.nextRevision < 0 ? `nextRevision: ${spec.nextRevision} is negative` : undefined;
}

function sendBatches(context: Context<ServerMessage>, server: LeaseServer, session: Session, watchId: string): number {
  const { batchesPerRequest, maxEventsPerBatch } = server.options;
  const hubId = hubIdOf(session.id, watchId);
  for (let sent = 0; sent < batchesPerRequest; sent++) {
    const most = context.faultPoint('lease.batch-of-one') ? 1 : maxEventsPerBatch;
    const batch = takeBatch(server.hub, server.store, hubId, most);
    if (batch === undefined) return sent;
    sendBatch(context, server, session, watchId, batch);
  }
  return batchesPerRequest;
}

function endCompacted(context: Context<ServerMessage>, server: LeaseServer, session: Session, watchId: string): void {
  dropWatch(server, session, watchId);
  const detail = `events before revision ${server.store.compactedRevision} are gone; read, then watch from there`;
  fail(context, session, watchId, 'compacted', detail);
}

function dropWatch(server: LeaseServer, session: Session, watchId: string): void {
  removeWatch(server.hub, hubIdOf(session.id, watchId));
  session.watchIds.delete(watchId);
}

/** Sends the events of the newest revision to all whom they concern. */
export function publish(context: Context<ServerMessage>, server: LeaseServer, events: readonly WatchEvent[]): void {
  for (const hubId of watchesOf(server.hub, events)) {
    const { session: sessionId, watchId } = partsOf(hubId);
    const session = server.sessions.get(sessionId);
    const watch = server.hub.watches.get(hubId);
    assert(session !== undefined && watch !== undefined, 'a watch of the hub belongs to a session');
    if (isCompacted(server.store, watch)) endCompacted(context, server, session, watchId);
    else sendBatches(context, server, session, watchId);
  }
}

function sendBatch(
  context: Context<ServerMessage>,
  server: LeaseServer,
  session: Session,
  watchId: string,
  batch: WatchBatch,
): void {
  const { revision } = server.store;
  const message: StoreAnswer = { type: 'store-watch-batch', session: session.id, watchId, revision, ...batch };
  context.send(session.address, message);
}

function fail(
  context: Context<ServerMessage>,
  session: Pick<Session, 'id' | 'address'>,
  watchId: string,
  error: 'compacted' | 'invalid' | 'unavailable',
  detail: string,
): void {
  const message: StoreAnswer = { type: 'store-watch-failed', session: session.id, watchId, error, detail };
  context.send(session.address, message);
}

/** Forgets the sessions of members that have long been silent, so that the dead cost nothing. */
export function forgetIdleSessions(context: Context<ServerMessage>, server: LeaseServer): void {
  const sinceMs = context.nowMs() - server.options.sessionIdleMs;
  for (const session of server.sessions.values()) {
    if (session.heardMs > sinceMs) continue;
    for (const watchId of session.watchIds) dropWatch(server, session, watchId);
    server.sessions.delete(session.id);
  }
  if (server.sessions.size > 0) context.setTimer('sessions', server.options.sessionIdleMs, { type: 'sessions-due' });
}
