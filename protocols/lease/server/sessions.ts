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
  for (const watchId of session.watchIds) if (!named.has(watchId)) dropWatch(server, round.session, session, watchId);
  for (const watch of round.watches) takeWatch(context, server, round.session, session, watch);
}

function sessionOf(context: Context<ServerMessage>, server: LeaseServer, round: Round): Session | undefined {
  const known = server.sessions.get(round.session);
  if (known !== undefined) return known;
  if (server.sessions.size >= server.options.maxSessions) {
    for (const { watchId } of round.watches) {
      const detail = `${server.options.maxSessions} sessions watch already; end some`;
      fail(context, round.session, context.sender, watchId, 'unavailable', detail);
    }
    return undefined;
  }
  const session = { address: context.sender, round: -1, heardMs: context.nowMs(), watchIds: new Set<string>() };
  server.sessions.set(round.session, session);
  if (!context.hasTimer('sessions'))
    context.setTimer('sessions', server.options.sessionIdleMs, { type: 'sessions-due' });
  return session;
}

function takeWatch(
  context: Context<ServerMessage>,
  server: LeaseServer,
  sessionId: string,
  session: Session,
  spec: WatchSpec,
): void {
  const { watchId, prefix, nextRevision } = spec;
  const hubId = hubIdOf(sessionId, watchId);
  const known = server.hub.watches.get(hubId);
  if (known === undefined && session.watchIds.size >= server.options.maxWatchesPerSession) {
    const detail = `a session may have ${server.options.maxWatchesPerSession} watches; share or end some`;
    return fail(context, sessionId, session.address, watchId, 'invalid', detail);
  }
  if (prefix.length > server.store.limits.maxKeyLength || nextRevision < 0) {
    const detail = `a prefix has up to ${server.store.limits.maxKeyLength} characters, and no revision is negative`;
    return fail(context, sessionId, session.address, watchId, 'invalid', detail);
  }
  const isWhereKnown = known !== undefined && known.prefix === prefix && known.nextRevision === nextRevision;
  const watch = isWhereKnown ? known : addWatch(server.hub, server.store, hubId, prefix, nextRevision);
  session.watchIds.add(watchId);
  if (!isWhereKnown) {
    const fromRevision = watch.nextRevision;
    const resumed: StoreObservation = { type: 'watch-resumed', session: sessionId, watchId, prefix, fromRevision };
    context.observe(resumed);
  }
  if (isCompacted(server.store, watch)) return endCompacted(context, server, sessionId, session, watchId);
  const here = watch.nextRevision;
  const batch = takeBatch(server.hub, server.store, hubId, server.options.maxEventsPerBatch);
  if (batch !== undefined) sendBatch(context, server, sessionId, session, watchId, batch);
  // Who asked for "from now on" is told where that is, also when nothing has happened yet.
  else if (nextRevision === 0) {
    sendBatch(context, server, sessionId, session, watchId, { fromRevision: here, nextRevision: here, changes: [] });
  }
}

function endCompacted(
  context: Context<ServerMessage>,
  server: LeaseServer,
  sessionId: string,
  session: Session,
  watchId: string,
): void {
  dropWatch(server, sessionId, session, watchId);
  const detail = `events up to revision ${server.store.compactedRevision} are gone; read, then watch from there`;
  fail(context, sessionId, session.address, watchId, 'compacted', detail);
}

function dropWatch(server: LeaseServer, sessionId: string, session: Session, watchId: string): void {
  removeWatch(server.hub, hubIdOf(sessionId, watchId));
  session.watchIds.delete(watchId);
}

/** Sends the events of the newest revision to all whom they concern. */
export function publish(context: Context<ServerMessage>, server: LeaseServer, events: readonly WatchEvent[]): void {
  for (const hubId of watchesOf(server.hub, events)) {
    const { session: sessionId, watchId } = partsOf(hubId);
    const session = server.sessions.get(sessionId);
    const watch = server.hub.watches.get(hubId);
    assert(session !== undefined && watch !== undefined, 'a watch of the hub belongs to a session');
    if (isCompacted(server.store, watch)) {
      endCompacted(context, server, sessionId, session, watchId);
      continue;
    }
    const batch = takeBatch(server.hub, server.store, hubId, server.options.maxEventsPerBatch);
    if (batch !== undefined) sendBatch(context, server, sessionId, session, watchId, batch);
  }
}

function sendBatch(
  context: Context<ServerMessage>,
  server: LeaseServer,
  session: string,
  { address }: Session,
  watchId: string,
  batch: WatchBatch,
): void {
  const { revision } = server.store;
  const message: StoreAnswer = { type: 'store-watch-batch', session, watchId, revision, ...batch };
  context.send(address, message);
}

function fail(
  context: Context<ServerMessage>,
  session: string,
  address: string,
  watchId: string,
  error: 'compacted' | 'invalid' | 'unavailable',
  detail: string,
): void {
  const message: StoreAnswer = { type: 'store-watch-failed', session, watchId, error, detail };
  context.send(address, message);
}

/** Forgets the sessions of members that have long been silent, so that the dead cost nothing. */
export function forgetIdleSessions(context: Context<ServerMessage>, server: LeaseServer): void {
  const sinceMs = context.nowMs() - server.options.sessionIdleMs;
  for (const [sessionId, session] of server.sessions) {
    if (session.heardMs > sinceMs) continue;
    for (const watchId of session.watchIds) dropWatch(server, sessionId, session, watchId);
    server.sessions.delete(sessionId);
  }
  if (server.sessions.size > 0) context.setTimer('sessions', server.options.sessionIdleMs, { type: 'sessions-due' });
}
