import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import { storeRequests } from '../lease/index.js';
import { raftAnswers } from '../raft/index.js';

const serverTimers = messages('replicated-store-timer', {
  'leases-due': {},
  'checkpoint-due': {},
  'sessions-due': {},
  'promotion-due': {},
  /** A proposal to end a lease was refused; it is due again. */
  'expiry-again': {},
});

export const serverMessages = combineMessages(
  'replicated-lease-store',
  combineMessages('replicated-lease-store', storeRequests, raftAnswers),
  serverTimers,
);
export type ServerMessage = MessageOf<typeof serverMessages>;
export type ServerMessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;
