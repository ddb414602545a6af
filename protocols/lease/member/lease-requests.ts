import type { LeaseAnswer } from '../client-messages.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import { answerAll, failAll, hasRoom, type ClientPurpose } from './client-requests.js';
import { request } from './requests.js';
import { nextRequestId, type Member, type MemberContext } from './state.js';

/** What the store answers to questions about leases. */
export type LeaseReading = Extract<
  StoreAnswer,
  { type: 'store-lease-time-left' | 'store-lease-unknown' | 'store-leases-listed' }
>;

export function readTimeToLive(context: MemberContext, member: Member, leaseId: string, keys: boolean): void {
  const question = (readId: string): StoreRequest => ({ type: 'store-time-to-live', readId, leaseId, keys });
  readOfLeases(context, member, leaseId, 'lease-time-to-live', question);
}

export function listLeases(context: MemberContext, member: Member): void {
  readOfLeases(context, member, '', 'lease-list', (readId) => ({ type: 'store-leases', readId }));
}

function readOfLeases(
  context: MemberContext,
  member: Member,
  leaseId: string,
  verb: 'lease-time-to-live' | 'lease-list',
  question: (readId: string) => StoreRequest,
): void {
  if (!hasRoom(context, member, leaseId)) return;
  const readId = nextRequestId(member);
  const purpose: ClientPurpose = { for: 'client', verb, requestId: leaseId, replies: [context.replyTo()] };
  request(context, member, readId, question(readId), purpose, member.options.giveUpAfterMs);
}

export function settleLeaseReading(
  context: MemberContext,
  { options: { namespace } }: Member,
  purpose: ClientPurpose,
  answer: LeaseReading,
): void {
  const { replies } = purpose;
  switch (answer.type) {
    case 'store-lease-unknown':
      return failAll(
        context,
        replies,
        answer.leaseId,
        'lease-not-found',
        `there is no lease "${answer.leaseId}"; it has ended or never was`,
      );
    case 'store-lease-time-left': {
      const { leaseId, ttlMs, remainingMs, more } = answer;
      const keys = answer.keys.filter((key) => key.startsWith(namespace)).map((key) => key.slice(namespace.length));
      return answerAll<LeaseAnswer>(context, replies, {
        type: 'lease-time-left',
        leaseId,
        ttlMs,
        remainingMs,
        keys,
        more,
      });
    }
    case 'store-leases-listed':
      return answerAll<LeaseAnswer>(context, replies, { type: 'leases', leases: answer.leases, more: answer.more });
  }
}
