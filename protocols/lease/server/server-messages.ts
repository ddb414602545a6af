import { combineMessages, messages, type MessageOf } from '../../../runtime/schema.js';
import { storeRequests } from '../messages.js';

const storeTimers = messages('store-timer', { 'leases-due': {}, 'checkpoint-due': {}, 'sessions-due': {} });

export const serverMessages = combineMessages('lease-store', storeRequests, storeTimers);
export type ServerMessage = MessageOf<typeof serverMessages>;
