import type { KeyValue, OperationResult } from '../../coordinator/index.js';
import type { ElectionLeader, LeaseAnswer, LeaseRequest } from '../client-messages.js';
import type { MemberObservation } from '../observations.js';
import { compareOutOf, type Outcome } from '../store/index.js';
import { answerAll, executeForClient, hasRoom, type ClientPurpose } from './client-requests.js';
import { guardOf } from './elections.js';
import { electionPrefix } from './keys.js';
import { request } from './requests.js';
import { nextRequestId, type Member, type MemberContext } from './state.js';

/*
 * Proclaim and Leader of etcd's elections (client/v3/concurrency/election.go): the leader's key is the oldest under the election's prefix, its
 * value what the leader proclaims. A leader changes it under the condition that it is still the key that it put.
 */

/** Puts the leader's key anew if it is still there as it was put: who has lost the election changes nothing. */
export function proclaim(
  context: MemberContext,
  member: Member,
  { requestId, election, token, candidate }: Extract<LeaseRequest, { type: 'proclaim' }>,
): void {
  const candidacy = member.candidacies.get(election);
  const leads = candidacy?.phase === 'elected' && candidacy.token === token && candidacy.client === context.sender;
  if (!leads) {
    return context.reply<LeaseAnswer>({ type: 'proclaim-refused', requestId, election, token });
  }
  const { namespace } = member.options;
  const guard = compareOutOf(namespace, guardOf(candidacy));
  const put = { kind: 'put', key: guard.key, value: candidate, leaseId: candidacy.leaseId } as const;
  const command = { kind: 'txn', requestId, compare: [guard], then: [put], else: [] } as const;
  executeForClient(context, member, 'proclaim', command, { election, token });
}

/** Tells the leader what became of its proclamation. False where that is not what the outcome is of. */
export function settleProclaim(context: MemberContext, purpose: ClientPurpose, outcome: Outcome): boolean {
  const { requestId, replies, won } = purpose;
  if (outcome.kind !== 'txn-done' || won === undefined) return false;
  const answer: LeaseAnswer = outcome.succeeded
    ? { type: 'proclaimed', requestId, ...won, revision: outcome.revision }
    : { type: 'proclaim-refused', requestId, ...won };
  const { revision, succeeded } = outcome;
  const acknowledged: MemberObservation = { type: 'txn-acknowledged', requestId, revision, succeeded };
  context.observe(acknowledged);
  answerAll(context, replies, answer);
  return true;
}

export function readLeader(context: MemberContext, member: Member, election: string): void {
  if (!hasRoom(context, member, election)) return;
  const readId = nextRequestId(member);
  const purpose: ClientPurpose = { for: 'client', verb: 'leader', requestId: election, replies: [context.replyTo()] };
  const prefix = electionPrefix(member.options.namespace, election);
  const oldest = { kind: 'range', prefix, limit: 1, sort: { by: 'create', order: 'ascending' } } as const;
  const message = { type: 'store-read', readId, operations: [oldest] } as const;
  request(context, member, readId, message, purpose, member.options.giveUpAfterMs);
}

export function settleLeader(
  context: MemberContext,
  { replies, requestId: election }: ClientPurpose,
  revision: number,
  results: readonly OperationResult[],
): void {
  const [result] = results;
  const [oldest] = result?.kind === 'range' ? result.found : [];
  const leader = oldest === undefined ? null : leaderOf(oldest);
  answerAll<LeaseAnswer>(context, replies, { type: 'election-leader', election, leader, revision });
}

/** Who stands with this key, as a leader. */
export function leaderOf({ value, createRevision }: KeyValue): ElectionLeader {
  return { candidate: typeof value === 'string' ? value : JSON.stringify(value), token: createRevision };
}
