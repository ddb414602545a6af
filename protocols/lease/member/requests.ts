import { assert } from '../../../runtime/assert.js';
import type { StoreRequest } from '../messages.js';
import type { StoreCommand } from '../store/index.js';
import { leadingServer, noteUnanswered } from './servers.js';
import { nextRequestId, type Member, type MemberContext, type Pending, type Purpose } from './state.js';

/**
 * Requests to the store over a network that may lose or double anything: the same request, with the same id, is sent until an
 * answer names that id or its time is over. The store applies it once, whichever copies arrive, so any answer is the answer.
 */
export function request(
  context: MemberContext,
  member: Member,
  id: string,
  message: StoreRequest,
  purpose: Purpose,
  giveUpAfterMs: number | undefined,
): void {
  assert(!member.pending.has(id), `request ${id} is under way already`);
  const nowMs = context.nowMs();
  const { retryAfterMs } = member.options;
  const pending: Pending = {
    id,
    request: message,
    purpose,
    firstSentMs: nowMs,
    lastSentMs: nowMs,
    nextSendMs: nowMs,
    retryAfterMs,
    attempts: 0,
    giveUpMs: giveUpAfterMs === undefined ? undefined : nowMs + giveUpAfterMs,
  };
  member.pending.set(id, pending);
  transmit(context, member, pending);
}

/** A change of the member's own; it is asked until it is answered or the session ends. */
export function executeOwn(
  context: MemberContext,
  member: Member,
  command: (requestId: string) => StoreCommand,
  purpose: Purpose,
  giveUpAfterMs?: number,
): void {
  const requestId = nextRequestId(member);
  const message: StoreRequest = { type: 'store-execute', command: command(requestId) };
  request(context, member, requestId, message, purpose, giveUpAfterMs);
}

/** Reads all keys under a prefix for the member's own use. */
export function readOwn(context: MemberContext, member: Member, prefix: string, purpose: Purpose): void {
  const readId = nextRequestId(member);
  const message: StoreRequest = { type: 'store-read', readId, operations: [{ kind: 'range', prefix, limit: 0 }] };
  request(context, member, readId, message, purpose, undefined);
}

function transmit(context: MemberContext, member: Member, pending: Pending): void {
  if (pending.attempts > 0) noteUnanswered(context, member, pending.lastSentMs);
  context.send(leadingServer(member), pending.request);
  pending.lastSentMs = context.nowMs();
  pending.attempts += 1;
  const quarter = Math.floor(pending.retryAfterMs / 4);
  const jitterMs = context.random('retry').between(0, 2 * quarter) - quarter;
  // A whole number, which a timer can meet exactly.
  pending.nextSendMs = Math.ceil(context.nowMs() + pending.retryAfterMs + jitterMs);
  pending.retryAfterMs = Math.min(pending.retryAfterMs * 2, member.options.retryAtMostMs);
  armRetry(context, member, pending.nextSendMs);
}

/** Another server leads: it is asked at once for all that is under way. Retries take their course. */
export function sendAgain(context: MemberContext, member: Member): void {
  for (const pending of member.pending.values()) {
    context.send(leadingServer(member), pending.request);
    pending.lastSentMs = context.nowMs();
  }
}

function armRetry(context: MemberContext, member: Member, atMs: number): void {
  if (member.retryAtMs !== undefined && member.retryAtMs <= atMs) return;
  member.retryAtMs = atMs;
  context.setTimer('retry', Math.max(0, atMs - context.nowMs()), { type: 'retry-due' });
}

/** Sends again what has waited long enough, and takes out and returns what nobody waits for any longer. */
export function retryDue(context: MemberContext, member: Member): Pending[] {
  member.retryAtMs = undefined;
  const nowMs = context.nowMs();
  const over: Pending[] = [];
  let nextMs: number | undefined;
  for (const pending of [...member.pending.values()]) {
    if (pending.giveUpMs !== undefined && nowMs >= pending.giveUpMs) {
      member.pending.delete(pending.id);
      over.push(pending);
      continue;
    }
    if (nowMs >= pending.nextSendMs) transmit(context, member, pending);
    if (nextMs === undefined || pending.nextSendMs < nextMs) nextMs = pending.nextSendMs;
  }
  if (nextMs !== undefined) armRetry(context, member, nextMs);
  return over;
}

/** Takes out the request that an answer names; undefined where it was answered before. */
export function takePending(member: Member, id: string): Pending | undefined {
  const pending = member.pending.get(id);
  member.pending.delete(id);
  return pending;
}
