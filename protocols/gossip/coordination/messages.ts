import { combineMessages, messages, t, type MessageOf } from '../../../runtime/schema.js';
import { coordinatorRequests } from '../../coordinator/index.js';
import { viewMessages } from '../membership/messages.js';
import { exchangeMessages, registerRequests } from '../registers/messages.js';

/** Timers of the coordinator actor. */
const timerMessages = messages('gossip-coordinator-timer', {
  'lease-due': { leaseId: t.string },
  'election-due': { election: t.string },
});

/** Everything that the coordinator actor of a member understands. */
export const gossipCoordinatorMessages = combineMessages(
  'gossip-coordinator',
  coordinatorRequests,
  combineMessages(
    'gossip-coordinator-own',
    combineMessages('gossip-coordinator-registers', exchangeMessages, registerRequests),
    combineMessages('gossip-coordinator-local', viewMessages, timerMessages),
  ),
);
export type GossipCoordinatorMessage = MessageOf<typeof gossipCoordinatorMessages>;
export type Received<K extends GossipCoordinatorMessage['type']> = Extract<GossipCoordinatorMessage, { type: K }>;
