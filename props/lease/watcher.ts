import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { COORDINATOR_ACTOR, coordinatorAnswers, type CoordinatorRequest } from '../../protocols/coordinator/index.js';

const understood = combineMessages('watcher', messages('watcher', { rewatch: {} }), coordinatorAnswers);
type WatcherMessage = MessageOf<typeof understood>;

export type WatcherParams = { readonly watchesAll: boolean };

interface WatcherState {
  /** By watch id: the next revision wanted. */
  readonly next: Map<string, number>;
  /** Watches that were begun, and have given nothing yet. */
  readonly fresh: Set<string>;
}

const PREFIXES: Readonly<Record<string, string>> = Object.freeze({ registers: 'register/', all: '' });
const ASK_MS = 60_000;

/**
 * Watches the registers from the first revision, and, where told so, everything from "now". Told to `rewatch`, it ends its watches and begins them where
 * they were. What it is given is checked against itself here, and against the store by the properties.
 */
export const watcher: Actor<WatcherState, WatcherMessage, WatcherParams> = actor(understood, {
  init: (): WatcherState => ({ next: new Map(), fresh: new Set() }),
  start(context, state, { watchesAll }) {
    watch(context, state, 'registers', 1);
    if (watchesAll) watch(context, state, 'all', 0);
    ask(context, { type: 'watch-members' });
  },
  on: {
    rewatch(context, state) {
      for (const [watchId, next] of [...state.next]) {
        context.send(addressOf(context.node, COORDINATOR_ACTOR), { type: 'unwatch', watchId });
        watch(context, state, watchId, next);
      }
    },
    'watch-started': (_context, state, { watchId, revision }) => {
      if ((state.next.get(watchId) ?? 0) < revision) state.next.set(watchId, revision);
    },
    'watch-events'(context, state, { watchId, revision }) {
      const next = state.next.get(watchId) ?? 0;
      if (revision < next) context.observe({ type: 'watcher-went-back', watchId, revision, next });
      if (state.fresh.delete(watchId)) context.observe({ type: 'watcher-got-first', watchId, revision });
      state.next.set(watchId, revision + 1);
    },
    'watch-ended'(context, state, { watchId }) {
      // What was missed is gone from the history; a real client would read the present state first.
      watch(context, state, watchId, 0);
    },
  },
});

function ask(context: Context<WatcherMessage>, request: CoordinatorRequest): void {
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS });
}

function watch(context: Context<WatcherMessage>, state: WatcherState, watchId: string, fromRevision: number): void {
  state.next.set(watchId, fromRevision);
  state.fresh.add(watchId);
  context.observe({ type: 'watcher-asked', watchId, prefix: PREFIXES[watchId] ?? '', fromRevision });
  ask(context, { type: 'watch', watchId, prefix: PREFIXES[watchId] ?? '', fromRevision });
}
