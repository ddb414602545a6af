import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import { messages, t, type MessageOf } from '../../runtime/schema.js';

/** The actor path of a node's clock. */
export const CLOCK_ACTOR = 'clock';
/** Actors of a node that want to know the time of the cluster. */
export const CLUSTER_TIME_USERS = ['planner', 'worker', 'scheduler', 'auditor'] as const;

/** What the clock tells them. */
export const timeNews = messages('time-news', {
  /** To be added to the monotonic clock. */
  'cluster-time': { epochMs: t.int },
});
export type TimeNews = MessageOf<typeof timeNews>;

/** Asked by an actor that has just started. */
export const timeRequests = messages('time-request', { 'tell-time': {} });
export type TimeRequest = MessageOf<typeof timeRequests>;

/** The part of an actor's state that knows the time. */
export interface KnowsTime {
  /** null until the clock has told. */
  epochMs: number | null;
}

export function askForTime(context: Pick<Context, 'send' | 'node'>): void {
  context.send(addressOf<TimeRequest>(context.node, CLOCK_ACTOR), { type: 'tell-time' });
}

/** Whole milliseconds since the epoch, as the members agree; the node's own wall clock as long as nothing is agreed. */
export function clusterMs(context: Pick<Context, 'nowMs' | 'wallMs'>, { epochMs }: KnowsTime): number {
  return Math.floor(epochMs === null ? context.wallMs() : context.nowMs() + epochMs);
}
