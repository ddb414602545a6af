import type { CoordinatorAnswer, CoordinatorError, CoordinatorRequest } from '../../coordinator/index.js';
import type { LeaseAnswer, LeaseRequest } from '../client-messages.js';
import type { MemberObservation } from '../observations.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import {
  boundsInto,
  operationsInto,
  resultsOutOf,
  transactionInto,
  type Outcome,
  type StoreCommand,
} from '../store/index.js';
import { request } from './requests.js';
import { nextRequestId, type Member, type MemberContext, type Pending, type Purpose } from './state.js';
import { announceStart, askRound, findClientWatch, startWatch, stopWatch } from './watches.js';

export type ClientPurpose = Extract<Purpose, { for: 'client' }>;

/** Carries a change of a client to the store. A repetition while the first is under way shares its answer. */
export function executeForClient(
  context: MemberContext,
  member: Member,
  verb: 'txn' | 'lease-grant' | 'lease-revoke' | 'compact' | 'proclaim',
  command: Exclude<StoreCommand, { kind: 'lease-expire' }>,
  won?: ClientPurpose['won'],
): void {
  const { requestId } = command;
  const reply = context.replyTo();
  const under = member.pending.get(requestId);
  if (requestId === '') {
    failAll(context, [reply], '', 'invalid', `${verb}: requestId is empty; give each request an id of its own`);
  } else if (under !== undefined) {
    if (under.purpose.for === 'client' && under.purpose.verb === verb) under.purpose.replies.push(reply);
    else
      failAll(context, [reply], requestId, 'invalid', `requestId "${requestId}" is another request's, now under way`);
  } else if (hasRoom(context, member, requestId)) {
    const purpose: ClientPurpose = {
      ...{ for: 'client', verb, requestId, replies: [reply] },
      ...(won === undefined ? {} : { won }),
    };
    const { namespace } = member.options;
    const placed = command.kind === 'txn' ? transactionInto(namespace, command) : command;
    const message: StoreRequest = { type: 'store-execute', command: placed };
    request(context, member, requestId, message, purpose, member.options.giveUpAfterMs);
  }
}

export function hasRoom(context: MemberContext, member: Member, requestId: string): boolean {
  if (member.pending.size < member.options.maxPending) return true;
  const detail = `${member.options.maxPending} requests are under way; wait for some`;
  failAll(context, [context.replyTo()], requestId, 'unavailable', detail);
  return false;
}

export function readForClient(
  context: MemberContext,
  member: Member,
  { operations }: Extract<CoordinatorRequest, { type: 'read' }>,
): void {
  if (!hasRoom(context, member, '')) return;
  const readId = nextRequestId(member);
  const purpose: ClientPurpose = { for: 'client', verb: 'read', requestId: '', replies: [context.replyTo()] };
  const placed = operationsInto(member.options.namespace, operations);
  const message: StoreRequest = { type: 'store-read', readId, operations: placed };
  request(context, member, readId, message, purpose, member.options.giveUpAfterMs);
}

export function keepAliveForClient(context: MemberContext, member: Member, leaseId: string): void {
  if (!hasRoom(context, member, leaseId)) return;
  member.counter += 1;
  const attempt = member.counter;
  const purpose: ClientPurpose = {
    for: 'client',
    verb: 'lease-keep-alive',
    requestId: leaseId,
    replies: [context.replyTo()],
  };
  const message: StoreRequest = { type: 'store-keep-alive', leaseId, attempt };
  request(context, member, keepAliveId(attempt), message, purpose, member.options.giveUpAfterMs);
}

/** The id under which a client's keep-alive awaits its answer. No request of a client or the member is called so. */
export function keepAliveId(attempt: number): string {
  return `#keep-alive ${attempt}`;
}

/** Tells the client what its change came to. */
export function settleChange(
  context: MemberContext,
  { options: { namespace } }: Member,
  purpose: ClientPurpose,
  outcome: Outcome,
): void {
  const { requestId, replies, verb } = purpose;
  if (outcome.kind === 'txn-done' && verb === 'txn') {
    const { succeeded, revision } = outcome;
    const results = resultsOutOf(namespace, outcome.results);
    const acknowledged: MemberObservation = { type: 'txn-acknowledged', requestId, revision, succeeded };
    context.observe(acknowledged);
    answerAll(context, replies, { type: 'txn-done', requestId, succeeded, revision, results });
  } else if (outcome.kind === 'lease-granted' && verb === 'lease-grant') {
    answerAll(context, replies, {
      type: 'lease-granted',
      requestId,
      leaseId: outcome.leaseId,
      ttlMs: outcome.ttlMs,
    });
  } else if (outcome.kind === 'lease-ended' && verb === 'lease-revoke') {
    answerAll(context, replies, { type: 'lease-revoked', leaseId: outcome.leaseId });
  } else if (outcome.kind === 'compacted' && verb === 'compact') {
    answerAll<LeaseAnswer>(context, replies, { type: 'compacted', requestId, revision: outcome.revision });
  } else if (outcome.kind === 'failed') {
    failAll(context, replies, requestId, outcome.error, outcome.detail);
  } else {
    const detail = `requestId "${requestId}" was another kind of request before; give each request an id of its own`;
    failAll(context, replies, requestId, 'invalid', detail);
  }
}

export function settleRead(
  context: MemberContext,
  { options: { namespace } }: Member,
  { replies }: ClientPurpose,
  answer: Extract<StoreAnswer, { type: 'store-read-done' | 'store-read-failed' }>,
): void {
  if (answer.type === 'store-read-failed') return failAll(context, replies, '', 'invalid', answer.detail);
  const results = resultsOutOf(namespace, answer.results);
  answerAll(context, replies, { type: 'read-done', revision: answer.revision, results });
}

export function settleKeepAlive(
  context: MemberContext,
  { replies, requestId }: ClientPurpose,
  answer: Extract<StoreAnswer, { type: 'store-kept' | 'store-lease-gone' }>,
): void {
  const { leaseId } = answer;
  if (answer.type === 'store-kept') answerAll(context, replies, { type: 'lease-kept', leaseId, ttlMs: answer.ttlMs });
  else
    failAll(
      context,
      replies,
      requestId,
      'lease-not-found',
      `there is no lease "${leaseId}"; it has ended or never was`,
    );
}

const READING: ReadonlySet<ClientPurpose['verb']> = new Set(['read', 'leader', 'lease-time-to-live', 'lease-list']);

/** Nobody answered in time. A change may have taken effect; reading or asking again did no harm. */
export function giveUp(context: MemberContext, pending: Pending, purpose: ClientPurpose): void {
  const { verb, requestId, replies } = purpose;
  const changesNothing = READING.has(verb);
  const error = changesNothing ? 'unavailable' : 'unknown';
  const gaveUp: MemberObservation = { type: 'request-given-up', requestId: pending.id, attempts: pending.attempts };
  context.observe(gaveUp);
  failAll(context, replies, requestId, error, `${verb}: the store did not answer ${pending.attempts} tries`);
}

export function answerAll<Answer extends CoordinatorAnswer | LeaseAnswer = CoordinatorAnswer>(
  context: MemberContext,
  replies: ClientPurpose['replies'],
  answer: Answer,
): void {
  for (const reply of replies) context.answer(reply, answer);
}

export function failAll(
  context: MemberContext,
  replies: ClientPurpose['replies'],
  requestId: string,
  error: CoordinatorError,
  detail: string,
): void {
  answerAll(context, replies, { type: 'failed', requestId, error, detail });
}

export function watchForClient(
  context: MemberContext,
  member: Member,
  { watchId, fromRevision, progress = false, ...asked }: Omit<Extract<LeaseRequest, { type: 'watch-range' }>, 'type'>,
): void {
  const reply = context.replyTo();
  const client = context.sender;
  const before = findClientWatch(member, client, watchId);
  if (before !== undefined) stopWatch(context, member, before.id);
  if (member.watches.size >= member.options.maxWatches) {
    return failAll(context, [reply], watchId, 'invalid', `${member.options.maxWatches} watches are on; end some`);
  }
  if (fromRevision < 0)
    return failAll(context, [reply], watchId, 'invalid', `fromRevision: ${fromRevision} is negative`);
  const owner = { for: 'client', client, watchId, reply } as const;
  const wishes = boundsInto(member.options.namespace, asked);
  const id = startWatch(context, member, wishes, fromRevision, owner, progress);
  const watch = member.watches.get(id);
  if (watch !== undefined && fromRevision > 0) announceStart(context, watch);
}

/** The next batch of the watch, which may be empty, tells how far it is complete. */
export function reportProgress(context: MemberContext, member: Member, watchId: string): void {
  const watch = findClientWatch(member, context.sender, watchId);
  if (watch === undefined) return;
  watch.isProgressWanted = true;
  askRound(context, member);
}

export function unwatchForClient(context: MemberContext, member: Member, watchId: string): void {
  const watch = findClientWatch(member, context.sender, watchId);
  if (watch !== undefined) stopWatch(context, member, watch.id);
}
