import type { Context } from '../../../runtime/context.js';
import { assert } from '../../../runtime/assert.js';
import type { WatchEvent } from '../../coordinator/index.js';
import type { StoreAnswer, StoreRequest, WatchSpec } from '../messages.js';
import type { StoreObservation } from '../observations.js';
import {
  addWatch,
  isCompacted,
  removeWatch,
  takeBatch,
  versionBefore,
  watchesOf,
  type Watch,
  type WatchBatch,
  type WatchInterest,
} from '../store/index.js';
import type { Session, WatchServer } from './state.js';

type Round = Extract<StoreRequest, { type: 'store-watch' }>;

/** What serving watches asks of an actor: the timer `sessions` is theirs. */
export type SessionContext = Pick<
  Context<{ readonly type: 'sessions-due' }>,
  'sender' | 'nowMs' | 'send' | 'observe' | 'setTimer' | 'hasTimer' | 'faultPoint'
>;

/** Session names hold no space, so that the two parts can be told apart. */
function hubIdOf(session: string, watchId: string): string {
  return `${session} ${watchId}`;
}

function partsOf(hubId: string): { session: string; watchId: string } {
  const space = hubId.indexOf(' ');
  return { session: hubId.slice(0, space), watchId: hubId.slice(space + 1) };
}

/** Sets the watches of a session to what its round says, and sends each what it lacks. */
export function takeRound(context: SessionContext, server: WatchServer, round: Round): void {
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
  context: SessionContext,
  server: WatchServer,
  next: Extract<StoreRequest, { type: 'store-watch-next' }>,
): void {
  const session = server.sessions.get(next.session);
  const watch = server.hub.watches.get(hubIdOf(next.session, next.watchId));
  if (session === undefined || watch === undefined || next.nextRevision <= 0) return;
  const { watchId, nextRevision, nextEvent = 0 } = next;
  takeWatch(context, server, session, { watchId, nextRevision, nextEvent, ...watch.interest });
}

function sessionOf(context: SessionContext, server: WatchServer, round: Round): Session | undefined {
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

export function takeWatch(context: SessionContext, server: WatchServer, session: Session, spec: WatchSpec): void {
  const { watchId, nextRevision } = spec;
  const hubId = hubIdOf(session.id, watchId);
  const fault = findWatchFault(server, session, spec);
  if (fault !== undefined) return fail(context, session, watchId, 'invalid', fault);
  const watch = placeWatch(context, server, session, spec);
  session.watchIds.add(watchId);
  const { nextRevision: fromRevision, nextEvent: fromEvent } = watch;
  if (isCompacted(server.store, watch)) return endCompacted(context, server, session, watchId);
  const sent = sendBatches(context, server, session, watchId);
  // Who asked for "from now on" is told where that is, also when nothing has happened yet.
  if (sent > 0 || (nextRevision !== 0 && spec.report !== true)) return;
  const position = fromEvent > 0 ? { fromEvent, nextEvent: fromEvent } : {};
  sendBatch(context, server, session, hubId, { fromRevision, nextRevision: fromRevision, ...position, changes: [] });
}

/** The watch as the hub has it, if it stands where the member says; else set there. */
function placeWatch(context: SessionContext, server: WatchServer, session: Session, spec: WatchSpec): Watch {
  const { watchId, prefix, nextRevision, nextEvent = 0 } = spec;
  const hubId = hubIdOf(session.id, watchId);
  const known = server.hub.watches.get(hubId);
  const isThere = known?.nextRevision === nextRevision && known.nextEvent === nextEvent;
  if (known !== undefined && isThere && isSameInterest(known.interest, spec)) return known;
  const watch = addWatch(server.hub, server.store, hubId, interestOf(spec), nextRevision, nextEvent);
  const fromRevision = watch.nextRevision;
  const resumed: StoreObservation = { type: 'watch-resumed', session: session.id, watchId, prefix, fromRevision };
  context.observe(resumed);
  return watch;
}

/** What a watch of a session is for, and whether it wants to know what was before. */
interface SessionInterest extends WatchInterest {
  readonly previous?: boolean;
}

function interestOf({ prefix, from, end, without, previous }: WatchSpec): SessionInterest {
  return {
    prefix,
    ...(from === undefined ? {} : { from }),
    ...(end === undefined ? {} : { end }),
    ...(without === undefined ? {} : { without }),
    ...(previous === undefined ? {} : { previous }),
  };
}

function isSameInterest(known: SessionInterest, spec: WatchSpec): boolean {
  return (
    known.prefix === spec.prefix &&
    known.from === spec.from &&
    known.end === spec.end &&
    known.previous === spec.previous &&
    known.without?.join() === spec.without?.join()
  );
}

function findWatchFault(server: WatchServer, session: Session, spec: WatchSpec): string | undefined {
  const { maxWatchesPerSession } = server.options;
  const { maxKeyLength } = server.store.limits;
  if (!session.watchIds.has(spec.watchId) && session.watchIds.size >= maxWatchesPerSession) {
    return `a session may have ${maxWatchesPerSession} watches; share or end some`;
  }
  for (const place of ['prefix', 'from', 'end'] as const) {
    const text = spec[place] ?? '';
    if (text.length > maxKeyLength + 1) return `${place}: longer than any key`;
  }
  if (spec.end !== undefined && spec.end <= (spec.from ?? '')) return `end: is not after "from"; no key is in between`;
  if ((spec.nextEvent ?? 0) < 0) return `nextEvent: ${spec.nextEvent} is negative`;
  return spec.nextRevision < 0 ? `nextRevision: ${spec.nextRevision} is negative` : undefined;
}

function sendBatches(context: SessionContext, server: WatchServer, session: Session, watchId: string): number {
  const { batchesPerRequest, maxEventsPerBatch, fragmentBytes } = server.options;
  const hubId = hubIdOf(session.id, watchId);
  for (let sent = 0; sent < batchesPerRequest; sent++) {
    const most = context.faultPoint('lease.batch-of-one') ? 1 : maxEventsPerBatch;
    const batch = takeBatch(server.hub, server.store, hubId, most, fragmentBytes);
    if (batch === undefined) return sent;
    sendBatch(context, server, session, hubId, batch);
  }
  return batchesPerRequest;
}

function endCompacted(context: SessionContext, server: WatchServer, session: Session, watchId: string): void {
  dropWatch(server, session, watchId);
  const detail = `events before revision ${server.store.compactedRevision} are gone; read, then watch from there`;
  fail(context, session, watchId, 'compacted', detail);
}

function dropWatch(server: WatchServer, session: Session, watchId: string): void {
  removeWatch(server.hub, hubIdOf(session.id, watchId));
  session.watchIds.delete(watchId);
}

/** Sends the events of the newest revision to all whom they concern. */
export function publish(context: SessionContext, server: WatchServer, events: readonly WatchEvent[]): void {
  serve(context, server, watchesOf(server.hub, events));
}

/** The history has become another, further one: sends every watch what it lacks. */
export function publishAll(context: SessionContext, server: WatchServer): void {
  serve(context, server, [...server.hub.watches.keys()]);
}

function serve(context: SessionContext, server: WatchServer, hubIds: readonly string[]): void {
  for (const hubId of hubIds) {
    const { session: sessionId, watchId } = partsOf(hubId);
    const session = server.sessions.get(sessionId);
    const watch = server.hub.watches.get(hubId);
    assert(session !== undefined && watch !== undefined, 'a watch of the hub belongs to a session');
    if (isCompacted(server.store, watch)) endCompacted(context, server, session, watchId);
    else sendBatches(context, server, session, watchId);
  }
}

/** Whether a watch of a session is known here, wherever it stands. */
export function knowsWatch({ hub }: WatchServer, session: string, watchId: string): boolean {
  return hub.watches.has(hubIdOf(session, watchId));
}

function sendBatch(
  context: SessionContext,
  server: WatchServer,
  session: Session,
  hubId: string,
  batch: WatchBatch,
): void {
  const { revision } = server.store;
  const { watchId } = partsOf(hubId);
  const interest: SessionInterest | undefined = server.hub.watches.get(hubId)?.interest;
  const changes = previousAsWanted(server, batch.changes, interest?.previous === true);
  const message: StoreAnswer = { type: 'store-watch-batch', session: session.id, watchId, revision, ...batch, changes };
  context.send(session.address, message);
}

function previousAsWanted(
  { store }: WatchServer,
  changes: WatchBatch['changes'],
  isWanted: boolean,
): WatchBatch['changes'] {
  if (!isWanted && store.past !== undefined) return changes;
  return changes.map(({ revision, events }) => ({
    revision,
    events: events.map(({ kind, entry, previous: told }) => {
      const previous = isWanted ? previousOf(store, { kind, entry }, told) : undefined;
      return previous === undefined ? { kind, entry } : { kind, entry, previous };
    }),
  }));
}

/** A history without past versions has the previous entries in its events; what is compacted is not told from there either. */
function previousOf(
  store: WatchServer['store'],
  event: WatchEvent,
  told: WatchEvent['previous'],
): WatchEvent['previous'] {
  const { past, compactedRevision } = store;
  if (past !== undefined) return versionBefore({ past }, event);
  return told === null || event.entry.modRevision > compactedRevision ? told : undefined;
}

function fail(
  context: SessionContext,
  session: Pick<Session, 'id' | 'address'>,
  watchId: string,
  error: 'compacted' | 'invalid' | 'unavailable',
  detail: string,
): void {
  const message: StoreAnswer = { type: 'store-watch-failed', session: session.id, watchId, error, detail };
  context.send(session.address, message);
}

/** Forgets the sessions of members that have long been silent, so that the dead cost nothing. */
export function forgetIdleSessions(context: SessionContext, server: WatchServer): void {
  const sinceMs = context.nowMs() - server.options.sessionIdleMs;
  for (const session of server.sessions.values()) {
    if (session.heardMs > sinceMs) continue;
    for (const watchId of session.watchIds) dropWatch(server, session, watchId);
    server.sessions.delete(session.id);
  }
  if (server.sessions.size > 0) context.setTimer('sessions', server.options.sessionIdleMs, { type: 'sessions-due' });
}
