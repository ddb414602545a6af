import type { AnyAddress } from '../../../runtime/address.js';
import { eventsUnder } from './applying.js';
import type { Received } from './messages.js';
import { attend, isThere, reply, tell, type CoordinatorContext, type CoordinatorState } from './state.js';
import { compareNames } from '../peers.js';

const WATCHES_MAX = 10_000;

function nameOfWatch(client: AnyAddress, watchId: string): string {
  return `${client} ${watchId}`;
}

/** Begins a watch of this replica's revisions; one of the same client and id takes the place of the former. */
export function onWatch(context: CoordinatorContext, state: CoordinatorState, watch: Received<'watch'>): void {
  const { watchId, prefix, fromRevision } = watch;
  const client = context.sender;
  const name = nameOfWatch(client, watchId);
  if (fromRevision < 0) {
    const detail = `fromRevision: ${fromRevision} is negative; 0 is from now on`;
    reply(context, { type: 'failed', requestId: watchId, error: 'invalid', detail });
    return;
  }
  if (state.watches.size >= WATCHES_MAX && !state.watches.has(name)) {
    const detail = `watch: ${WATCHES_MAX} watches are open already; end some with unwatch`;
    reply(context, { type: 'failed', requestId: watchId, error: 'invalid', detail });
    return;
  }
  if (fromRevision > 0 && fromRevision <= state.compactedRevision) {
    reply(context, { type: 'watch-ended', watchId, error: 'compacted' });
    return;
  }
  const firstRevision = fromRevision === 0 ? state.replica.revision + 1 : fromRevision;
  state.watches.set(name, { client, watchId, prefix, firstRevision });
  attend(context, state, client);
  reply(context, { type: 'watch-started', watchId, revision: firstRevision });
  if (fromRevision === 0) return;
  for (const past of state.history) {
    const events = past.revision < fromRevision ? [] : eventsUnder(past, prefix);
    if (events.length > 0) tell(context, client, { type: 'watch-events', watchId, revision: past.revision, events });
  }
}

export function onUnwatch(
  context: CoordinatorContext,
  state: CoordinatorState,
  { watchId }: Received<'unwatch'>,
): void {
  state.watches.delete(nameOfWatch(context.sender, watchId));
}

export function onWatchMembers(context: CoordinatorContext, state: CoordinatorState): void {
  if (!state.memberWatchers.includes(context.sender)) {
    if (state.memberWatchers.length >= WATCHES_MAX) {
      const detail = `watch-members: ${WATCHES_MAX} watch already`;
      return reply(context, { type: 'failed', requestId: '', error: 'invalid', detail });
    }
    state.memberWatchers.push(context.sender);
  }
  attend(context, state, context.sender);
  tellMembers(context, state, context.sender);
}

/** Who is alive in the local view; a suspect counts as alive until it is declared dead. */
export function tellMembers(context: CoordinatorContext, state: CoordinatorState, client: AnyAddress): void {
  const members = [...state.statusOf.keys()].sort(compareNames).map((node) => ({ node, alive: isThere(state, node) }));
  tell(context, client, { type: 'members', members });
}

/** A client has ended: nothing more is sent to it. */
export function forgetClient(state: CoordinatorState, client: AnyAddress): void {
  for (const [name, watch] of state.watches) if (watch.client === client) state.watches.delete(name);
  const index = state.memberWatchers.indexOf(client);
  if (index >= 0) state.memberWatchers.splice(index, 1);
}
