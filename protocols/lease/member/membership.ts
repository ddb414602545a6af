import type { AnyAddress, NodeId } from '../../../runtime/address.js';
import type { CoordinatorAnswer, OperationResult, WatchEvent } from '../../coordinator/index.js';
import type { Outcome } from '../store/index.js';
import { memberKey, memberOfKey, membersPrefix } from './keys.js';
import { executeOwn, readOwn } from './requests.js';
import type { LiveSession, Member, MemberContext } from './state.js';
import { startWatch } from './watches.js';

/** Puts the member's key under its session, so that the others see it until the session ends. */
export function register(context: MemberContext, member: Member, session: LiveSession): void {
  const key = memberKey(member.options.namespace, context.node);
  const value = { incarnation: context.incarnation };
  session.registeredRevision = 0;
  executeOwn(
    context,
    member,
    (requestId) => ({
      kind: 'txn',
      requestId,
      compare: [],
      then: [
        { kind: 'get', key },
        { kind: 'put', key, value, leaseId: session.leaseId },
      ],
      else: [],
    }),
    { for: 'registration' },
  );
}

/** Whether the session's lease was still there. An earlier life's lease is ended at once: that life is over, others need not wait. */
export function settleRegistration(context: MemberContext, member: Member, outcome: Outcome): boolean {
  const { session } = member;
  if (outcome.kind !== 'txn-done') return outcome.kind === 'failed' && outcome.error !== 'lease-not-found';
  if (session.phase !== 'live') return true;
  session.registeredRevision = outcome.revision;
  const [before] = outcome.results;
  const earlier = before?.kind === 'get' ? (before.found?.leaseId ?? '') : '';
  if (earlier !== '' && earlier !== session.leaseId) endLease(context, member, earlier);
  return true;
}

/** Ends a lease of an earlier session. Nothing depends on its success: the store ends the lease anyway when its time is over. */
export function endLease(context: MemberContext, member: Member, leaseId: string): void {
  const { giveUpAfterMs } = member.options;
  const command = (requestId: string) => ({ kind: 'lease-revoke', requestId, leaseId }) as const;
  executeOwn(context, member, command, { for: 'clean-up' }, giveUpAfterMs);
}

export function callRoll(context: MemberContext, member: Member): void {
  readOwn(context, member, membersPrefix(member.options.namespace), { for: 'roll-call' });
}

export function settleRollCall(
  context: MemberContext,
  member: Member,
  revision: number,
  results: readonly OperationResult[],
): void {
  const [found] = results;
  const keys =
    found?.kind === 'range' ? found.found.map((entry) => memberOfKey(member.options.namespace, entry.key)) : [];
  member.membership.alive = new Set(keys);
  startWatch(context, member, { prefix: membersPrefix(member.options.namespace) }, revision + 1, { for: 'membership' });
  for (const reply of member.membership.asked.splice(0)) context.answer(reply, membersAnswer(member));
}

export function takeMemberEvents(context: MemberContext, member: Member, events: readonly WatchEvent[]): void {
  const { alive, listeners } = member.membership;
  if (alive === undefined) return;
  let isChanged = false;
  for (const { kind, entry } of events) {
    const node = memberOfKey(member.options.namespace, entry.key);
    if (alive.has(node) !== (kind === 'put')) isChanged = true;
    if (kind === 'put') alive.add(node);
    else alive.delete(node);
    if (node === context.node) mindOwnKey(context, member, kind, entry.leaseId, entry.modRevision);
  }
  if (!isChanged) return;
  for (const listener of listeners) context.send(listener, membersAnswer(member));
}

/** A late request of an earlier session may have taken the own key over, or with it away; then it is put again. */
function mindOwnKey(
  context: MemberContext,
  member: Member,
  kind: WatchEvent['kind'],
  leaseId: string,
  modRevision: number,
): void {
  const { session } = member;
  if (session.phase !== 'live' || session.registeredRevision === 0) return;
  if (modRevision <= session.registeredRevision) return;
  if (kind === 'put' && leaseId === session.leaseId) return;
  register(context, member, session);
}

export function watchMembers(context: MemberContext, member: Member, client: AnyAddress): void {
  const { membership } = member;
  membership.listeners.add(client);
  if (membership.alive === undefined) membership.asked.push(context.replyTo());
  else context.reply(membersAnswer(member));
}

function membersAnswer(member: Member): CoordinatorAnswer {
  const { alive } = member.membership;
  const isAlive = (node: NodeId): boolean => alive?.has(node) ?? false;
  return { type: 'members', members: member.members.map((node) => ({ node, alive: isAlive(node) })) };
}
