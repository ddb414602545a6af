import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { COORDINATOR_ACTOR, coordinatorAnswers, type WatchEvent } from '../../protocols/coordinator/index.js';
import { leaseAnswers, type LeaseRequest, type WatchInterest } from '../../protocols/lease/index.js';

const understood = combineMessages(
  'range-watcher',
  messages('range-watcher', { 'ask-progress': {} }),
  combineMessages('range-watcher', coordinatorAnswers, leaseAnswers),
);
type RangeWatcherMessage = MessageOf<typeof understood>;
type RangeContext = Context<RangeWatcherMessage>;

/** What it watches: a range over the prefixes of several of the others, some without events of one kind. */
export type RangeWatcherParams = {
  readonly from: string;
  readonly end: string;
  readonly without: readonly WatchEvent['kind'][];
  readonly previous: boolean;
};

interface RangeWatcherState {
  readonly params: RangeWatcherParams;
  next: number;
}

/** `before`: the mod revision of the entry as it was before, 0 where there was none, -1 where that is not told. */
export type RangeObservation =
  | (Pick<WatchInterest, keyof WatchInterest> & {
      readonly type: 'range-asked' | 'range-started';
      readonly watchId: string;
      readonly fromRevision: number;
    })
  | {
      readonly type: 'range-given';
      readonly watchId: string;
      readonly revision: number;
      readonly events: readonly { readonly kind: string; readonly key: string; readonly before: number }[];
    }
  | { readonly type: 'range-progress'; readonly watchId: string; readonly revision: number };

const WATCH_ID = 'range';
const ASK_MS = 60_000;
const PROGRESS_EVERY_MS = 2000;

/** Watches a range, observes all that it is given, and now and then asks how far that is complete. */
export const rangeWatcher: Actor<RangeWatcherState, RangeWatcherMessage, RangeWatcherParams> = actor(understood, {
  init: (params: RangeWatcherParams): RangeWatcherState => ({ params, next: 1 }),
  start(context, state) {
    watch(context, state, 1);
    context.setTimer('progress', PROGRESS_EVERY_MS, { type: 'ask-progress' });
  },
  on: {
    'ask-progress'(context) {
      tell(context, { type: 'watch-progress-wanted', watchId: WATCH_ID });
      context.setTimer('progress', PROGRESS_EVERY_MS, { type: 'ask-progress' });
    },
    'watch-started'(context, state, { revision }) {
      observe(context, {
        type: 'range-started',
        watchId: WATCH_ID,
        fromRevision: revision,
        ...interestOf(state.params),
      });
    },
    'watch-events'(context, state, { revision, events }) {
      state.next = revision + 1;
      observe(context, { type: 'range-given', watchId: WATCH_ID, revision, events: events.map(observedOf) });
    },
    'watch-progress'(context, state, { revision }) {
      state.next = Math.max(state.next, revision + 1);
      observe(context, { type: 'range-progress', watchId: WATCH_ID, revision });
    },
    'watch-ended': (context, state) => watch(context, state, 0),
    failed: (context, state) => watch(context, state, state.next),
  },
});

function interestOf({ from, end, without }: RangeWatcherParams): WatchInterest {
  return { prefix: '', from, end, without };
}

function observedOf({ kind, entry, previous }: WatchEvent): { kind: string; key: string; before: number } {
  return { kind, key: entry.key, before: previous === undefined ? -1 : (previous?.modRevision ?? 0) };
}

function tell(context: RangeContext, request: LeaseRequest): void {
  context.send(addressOf(context.node, COORDINATOR_ACTOR), request);
}

function watch(context: RangeContext, state: RangeWatcherState, fromRevision: number): void {
  const { params } = state;
  state.next = fromRevision;
  observe(context, { type: 'range-asked', watchId: WATCH_ID, fromRevision, ...interestOf(params) });
  const request: LeaseRequest = {
    type: 'watch-range',
    watchId: WATCH_ID,
    ...interestOf(params),
    fromRevision,
    previous: params.previous,
    progress: true,
  };
  context.ask(addressOf(context.node, COORDINATOR_ACTOR), request, { timeoutMs: ASK_MS });
}

function observe(context: RangeContext, observation: RangeObservation): void {
  context.observe(observation);
}
