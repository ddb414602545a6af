import { nodeOf } from '../../../runtime/address.js';
import type { ReplyTo } from '../../../runtime/context.js';
import type { CoordinatorError } from '../../coordinator/index.js';
import { addWatch, isCompacted, recordChange, removeWatch, takeBatch, watchesOf } from '../../lease/index.js';
import { answerClient, query } from './asking.js';
import type { StoreNotice, StoreSummary } from './replicated-store.js';
import type { Client, CoordinatorMessageOf, CoordinatorTurn } from './state.js';

const EVENTS_PER_BATCH = 1000;

/** Watches of one member, all clients together, at most. */
const WATCHES_MAX = 10_000;

/**
 * Watches are served from the changes that this replica applies, in the order of the log: so in revision order, none lost, none
 * doubled. The history of changes is bounded; a watch from before it ends with `compacted`.
 */
export function onWatch(turn: CoordinatorTurn, message: CoordinatorMessageOf<'watch'>): void {
  const { context, state } = turn;
  const { watchId, prefix, fromRevision } = message;
  const replyTo = context.replyTo();
  const client = context.sender;
  if (nodeOf(client) !== context.node || fromRevision < 0 || state.watchers.size >= WATCHES_MAX) {
    return answerClient(turn, replyTo, { type: 'watch-ended', watchId, error: 'invalid' });
  }
  if (fromRevision > 0) return beginWatch(turn, replyTo, client, watchId, prefix, fromRevision);
  // "From now on" is from what is committed now, of which this replica need not know yet.
  const purpose = { for: 'watch', replyTo, client, watchId, prefix } as const;
  query(turn, { kind: 'read', operations: [] }, purpose);
}

export function beginWatch(
  turn: CoordinatorTurn,
  replyTo: ReplyTo,
  client: Client,
  watchId: string,
  prefix: string,
  fromRevision: number,
): void {
  const { context, state } = turn;
  const key = watchKey(client, watchId);
  const watch = addWatch(state.hub, state.changes, key, prefix, fromRevision);
  if (isCompacted(state.changes, watch)) {
    removeWatch(state.hub, key);
    state.watchers.delete(key);
    return answerClient(turn, replyTo, { type: 'watch-ended', watchId, error: 'compacted' });
  }
  state.watchers.set(key, { client, watchId });
  context.watch(client);
  answerClient(turn, replyTo, { type: 'watch-started', watchId, revision: fromRevision });
  serveWatch(turn, key);
}

export function refuseWatch(turn: CoordinatorTurn, replyTo: ReplyTo, watchId: string, error: CoordinatorError): void {
  answerClient(turn, replyTo, { type: 'watch-ended', watchId, error });
}

export function onUnwatch({ context, state }: CoordinatorTurn, message: CoordinatorMessageOf<'unwatch'>): void {
  endWatch({ context, state }, watchKey(context.sender, message.watchId));
}

/** The client has ended, and its watches with it. */
export function endWatchesOf(turn: CoordinatorTurn, client: string): void {
  for (const [key, watcher] of turn.state.watchers) if (watcher.client === client) endWatch(turn, key);
}

function endWatch({ state }: CoordinatorTurn, key: string): void {
  removeWatch(state.hub, key);
  state.watchers.delete(key);
}

/** A change was applied here: remembers it and tells the watches that it concerns. */
export function serveChange(turn: CoordinatorTurn, notice: StoreNotice): void {
  const { changes, hub } = turn.state;
  if (notice.events.length === 0) return;
  changes.revision = notice.revision;
  recordChange(changes, notice.events);
  for (const key of watchesOf(hub, notice.events)) serveWatch(turn, key);
}

/** After a snapshot: what happened meanwhile is served from the store's own history, as far as that goes back. */
export function restoreChanges(turn: CoordinatorTurn, summary: StoreSummary): void {
  const { changes, hub } = turn.state;
  const { revision, compactedRevision, history, historyEvents } = summary;
  Object.assign(changes, { revision, compactedRevision, history: [...history], historyEvents });
  for (const key of [...hub.watches.keys()]) serveWatch(turn, key);
}

function serveWatch(turn: CoordinatorTurn, key: string): void {
  const { context, state } = turn;
  const watcher = state.watchers.get(key);
  const watch = state.hub.watches.get(key);
  if (watcher === undefined || watch === undefined) return;
  if (isCompacted(state.changes, watch)) {
    endWatch(turn, key);
    return context.send(watcher.client, { type: 'watch-ended', watchId: watcher.watchId, error: 'compacted' });
  }
  const batch = () => takeBatch(state.hub, state.changes, key, EVENTS_PER_BATCH);
  for (let next = batch(); next !== undefined; next = batch()) {
    for (const { revision, events } of next.changes) {
      context.send(watcher.client, { type: 'watch-events', watchId: watcher.watchId, revision, events });
    }
  }
}

function watchKey(client: string, watchId: string): string {
  return `${client}\n${watchId}`;
}
