import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { coordinatorAnswers } from '../../protocols/coordinator/index.js';
import { observed } from '../observations.js';
import { hearClock, newClusterTime, settleTime, type ClusterTime } from '../planning/cluster-time.js';
import {
  askCoordinator,
  forgetRequests,
  newStoreClient,
  storeTimers,
  transact,
  type StoreClient,
} from '../store/client.js';
import { clockKey, KEYS, lastPartOf } from '../store/keys.js';
import { openMirror } from '../store/mirror.js';
import { put } from '../store/operations.js';
import { clockType, decode } from '../store/records.js';
import { storeHandlers, storeTimedOut, type StoreEvent } from '../store/routing.js';
import { CLUSTER_TIME_USERS, timeRequests, type TimeNews } from './cluster-time-user.js';
import type { SchedulerOptions } from './options.js';

export const clockMessages = combineMessages(
  'clock',
  combineMessages(
    'clock',
    combineMessages('clock', messages('clock', { 'publish-now': {} }), timeRequests),
    storeTimers,
  ),
  coordinatorAnswers,
);
export type ClockMessage = MessageOf<typeof clockMessages>;
type ClockContext = Context<ClockMessage>;

export interface ClockState {
  readonly options: SchedulerOptions;
  readonly store: StoreClient;
  readonly time: ClusterTime;
  /** Members that the coordinator knows of; 0 until it has told. */
  memberCount: number;
  /** Monotonic time of the start. */
  sinceMs: number;
}

const MIRROR = 'clocks';

/**
 * Publishes this node's wall clock, hears those of the others, and tells the actors of this node the time that the members agree
 * on. Until a majority was heard (or nobody for `clockPatienceMs`) there is no time, and nothing is planned.
 */
export const clock: Actor<ClockState, ClockMessage, SchedulerOptions & Plain> = actor(clockMessages, {
  init: (options: SchedulerOptions & Plain): ClockState => ({
    options,
    store: newStoreClient(options.store),
    time: newClusterTime(),
    memberCount: 0,
    sinceMs: 0,
  }),
  start(context, state) {
    state.sinceMs = context.nowMs();
    openMirror(context, state.store, MIRROR, KEYS.clocks);
    publish(context, state);
  },
  on: {
    ...storeHandlers<ClockState, ClockContext>(onStore),
    members(_context, state, { members }) {
      state.memberCount = members.length;
    },
    'publish-now': publish,
    'tell-time'(context, { time: { epochMs } }) {
      if (epochMs !== null) context.reply({ type: 'cluster-time', epochMs } satisfies TimeNews);
    },
  },
  signals: {
    askTimedOut: (context, state, question) => storeTimedOut(context, state, question, onStore),
  },
});

function publish(context: ClockContext, state: ClockState): void {
  const { options, memberCount } = state;
  if (memberCount === 0) askCoordinator(context, { type: 'watch-members' }, options.store.askTimeoutMs, null);
  const wallMs = Math.floor(context.wallMs());
  hearClock(state.time, context.node, wallMs, context.nowMs());
  settle(context, state);
  // What could not be published by now is out of date.
  forgetRequests(context, state.store);
  const transaction = { compare: [], then: [put(clockKey(context.node), { wallMs })], else: [] };
  transact(context, state.store, transaction, { kind: 'publish' });
  const jitterMs = context.random('publish').between(0, Math.floor(options.clockEveryMs / 10));
  context.setTimer('publish', options.clockEveryMs + jitterMs, { type: 'publish-now' });
}

function onStore(context: ClockContext, state: ClockState, event: StoreEvent): void {
  if (event.kind !== 'changed') return;
  for (const { key, before, after } of event.changes) {
    const node = lastPartOf(key);
    const published = after === undefined ? undefined : decode(clockType, after);
    // How old the first reading of a clock is, nobody knows; the next one is fresh.
    if (before === undefined || published === undefined || node === context.node) continue;
    hearClock(state.time, node, published.value.wallMs, context.nowMs());
  }
  settle(context, state);
}

function settle(context: ClockContext, state: ClockState): void {
  const { time, memberCount, options, sinceMs } = state;
  const isPatient = context.nowMs() - sinceMs < options.clockPatienceMs;
  if (isPatient && memberCount === 0) return;
  const quorum = isPatient ? Math.floor(memberCount / 2) + 1 : 1;
  if (!settleTime(time, quorum) || time.epochMs === null) return;
  const { epochMs } = time;
  context.observe(observed.clusterTime(Math.floor(context.nowMs() + epochMs)));
  const news: TimeNews = { type: 'cluster-time', epochMs };
  for (const user of CLUSTER_TIME_USERS) context.send(addressOf<TimeNews>(context.node, user), news);
}
