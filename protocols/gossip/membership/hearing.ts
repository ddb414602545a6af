import { isNodeId, nodeOf, type NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import { countNews, queueNews } from '../dissemination.js';
import { observe, observeStanding } from '../observations.js';
import { confirmationsExpected, confirmedTimeoutMs, suspicionTimeoutMs } from '../timing.js';
import { noteHealth } from './health.js';
import type { MembershipMessage, Rumour } from './messages.js';
import {
  groupSize,
  ownStanding,
  rumourOf,
  type Member,
  type MembershipContext,
  type MembershipState,
} from './state.js';
import { INCARNATION_MAX, isThere, judgeRumour, judgeRumourOfSelf, refutingIncarnation } from './table.js';
import { rememberGone } from './tombstones.js';

/** More rumours than this in one message are not looked at. */
export const RUMOURS_HEARD_MAX = 256;

/**
 * Takes in a message's rumours and, as one more, that its sender lives in the incarnation it states. Answers with what the sender ought to be
 * told: wherever it spoke of something that has been overridden, that which overrides it.
 *
 * This is how a member that was declared dead while it could not be reached learns of it: its next message states an incarnation that is
 * overridden here, and the answer is the accusation, which it refutes (memberlist's issue 311 is what happens without it).
 */
export function hear(
  context: MembershipContext,
  state: MembershipState,
  message: { readonly incarnation: number; readonly rumours: readonly Rumour[] },
): Rumour[] {
  const sender: Rumour = {
    member: nodeOf(context.sender),
    incarnation: message.incarnation,
    status: 'alive',
    accuser: '',
  };
  const corrections: Rumour[] = [];
  const hearOne = (rumour: Rumour): void => {
    const correction = learn(context, state, rumour);
    if (correction !== undefined) corrections.push(correction);
  };
  const owed = learn(context, state, sender);
  // Plain SWIM lets a suspicion find its way to the suspected among all other news.
  if (owed !== undefined && (owed.status !== 'suspect' || state.options.buddySystem)) corrections.push(owed);
  const heard = Math.min(message.rumours.length, RUMOURS_HEARD_MAX);
  for (let index = 0; index < heard; index++) hearOne(message.rumours[index] as Rumour);
  return corrections;
}

/** Takes in one rumour; answers with what overrides it, if anything does. */
export function learn(context: MembershipContext, state: MembershipState, rumour: Rumour): Rumour | undefined {
  if (!isNodeId(rumour.member) || rumour.incarnation < 0 || rumour.incarnation > INCARNATION_MAX) return undefined;
  if (rumour.member === state.node) return learnOfSelf(context, state, rumour);
  // It is told no more news, so what it believes of others is no help to anybody.
  if (state.hasLeft) return undefined;
  const known = state.members.get(rumour.member);
  switch (judgeRumour(known, rumour)) {
    case 'news':
      adopt(context, state, rumour);
      return undefined;
    case 'known':
      if (rumour.status === 'suspect') confirmSuspicion(context, state, rumour);
      return undefined;
    case 'stale':
      assert(known !== undefined, 'only something known makes a rumour stale');
      return rumourOf(state.node, rumour.member, known);
  }
}

function learnOfSelf(context: MembershipContext, state: MembershipState, rumour: Rumour): Rumour | undefined {
  const verdict = judgeRumourOfSelf(ownStanding(state), rumour);
  if (verdict === 'true') return undefined;
  if (verdict === 'refute') {
    state.incarnation = refutingIncarnation(state.incarnation, rumour.incarnation);
    observe(context, {
      type: 'refuted',
      incarnation: state.incarnation,
      accused: rumour.incarnation,
      status: rumour.status,
      accuser: rumour.accuser,
    });
    if (rumour.status !== 'alive') noteHealth(context, state, 1);
    announceSelf(context, state);
  }
  return rumourOf(state.node, state.node, ownStanding(state));
}

/** Spreads that this member lives, or has left, in its present incarnation. */
export function announceSelf(context: MembershipContext, state: MembershipState): void {
  state.viewChanged = true;
  spread(context, state, rumourOf(state.node, state.node, ownStanding(state)));
}

function adopt(context: MembershipContext, state: MembershipState, rumour: Rumour): void {
  const member = memberNamed(context, state, rumour.member);
  if (member === undefined) return;
  endSuspicion(context, rumour.member, member);
  member.incarnation = rumour.incarnation;
  member.status = rumour.status;
  if (rumour.status === 'dead') state.dead.add(rumour.member);
  else state.dead.delete(rumour.member);
  if (isThere(rumour.status)) state.goneAtMs.delete(rumour.member);
  else rememberGone(context, state, rumour.member);
  state.viewChanged = true;
  observeStanding(context, rumour);
  if (rumour.status === 'suspect') beginSuspicion(context, state, member, rumour);
  spread(context, state, rumour);
}

/** The member's entry; a new one, at a random place in the order of probing, for someone never heard of. */
function memberNamed(context: MembershipContext, state: MembershipState, node: NodeId): Member | undefined {
  const known = state.members.get(node);
  if (known !== undefined) return known;
  if (groupSize(state) >= state.options.membersMax) {
    observe(context, { type: 'member-refused', member: node, membersMax: state.options.membersMax });
    return undefined;
  }
  const member: Member = { incarnation: 0, status: 'alive', suspicion: null };
  state.members.set(node, member);
  const place = context.random('probe-order').between(0, state.probeOrder.length);
  state.probeOrder.splice(place, 0, node);
  // Whoever was probed in this round is not probed again in it because the others have moved up.
  if (place < state.probeNext) state.probeNext++;
  return member;
}

function spread(context: MembershipContext, state: MembershipState, rumour: Rumour): void {
  queueNews(state.news, rumour.member, rumour);
  if (!context.hasTimer('gossip')) context.setTimer('gossip', state.options.gossipIntervalMs, { type: 'gossip-due' });
  assert(countNews(state.news) > 0, 'what is to be spread waits to be sent');
}

function suspicionTimer(member: NodeId): string {
  return `suspicion/${member}`;
}

export function beginSuspicion(
  context: MembershipContext,
  state: MembershipState,
  member: Member,
  rumour: Rumour,
): void {
  const { suspicionMultiplier, suspicionMaxMultiplier, probeIntervalMs } = state.options;
  const minMs = suspicionTimeoutMs(suspicionMultiplier, groupSize(state), probeIntervalMs);
  member.suspicion = {
    startedAtMs: context.nowMs(),
    accusers: [rumour.accuser],
    confirmationsExpected: confirmationsExpected(suspicionMultiplier, groupSize(state)),
    minMs,
    maxMs: minMs * suspicionMaxMultiplier,
  };
  setSuspicionTimer(context, rumour, member);
}

/** Another member found it not answering either: the suspicion ends sooner, counted from when it began (Lifeguard section IV-B). */
function confirmSuspicion(context: MembershipContext, state: MembershipState, rumour: Rumour): void {
  const member = state.members.get(rumour.member);
  const suspicion = member?.suspicion;
  if (member === undefined || suspicion === null || suspicion === undefined) return;
  if (suspicion.accusers.includes(rumour.accuser)) return;
  if (suspicion.accusers.length > suspicion.confirmationsExpected) return;
  suspicion.accusers.push(rumour.accuser);
  setSuspicionTimer(context, rumour, member);
  spread(context, state, rumour);
}

function setSuspicionTimer(context: MembershipContext, rumour: Rumour, { suspicion }: Member): void {
  assert(suspicion !== null, 'a suspicion runs');
  const confirmations = suspicion.accusers.length - 1;
  const timeoutMs = confirmedTimeoutMs(
    confirmations,
    suspicion.confirmationsExpected,
    suspicion.minMs,
    suspicion.maxMs,
  );
  const remainingMs = Math.max(0, Math.ceil(suspicion.startedAtMs + timeoutMs - context.nowMs()));
  const { member, incarnation } = rumour;
  context.setTimer(suspicionTimer(member), remainingMs, { type: 'suspicion-due', member, incarnation });
  observe(context, { type: 'suspicion-timed', member, incarnation, confirmations, timeoutMs, remainingMs });
}

export function endSuspicion(context: MembershipContext, node: NodeId, member: Member): void {
  if (member.suspicion === null) return;
  member.suspicion = null;
  context.cancelTimer(suspicionTimer(node));
}

/** A suspicion has run out unrefuted: the member is dead (SWIM section 4.2, `Confirm`). */
export function onSuspicionDue(
  context: MembershipContext,
  state: MembershipState,
  due: Extract<MembershipMessage, { type: 'suspicion-due' }>,
): void {
  const member = state.members.get(due.member);
  if (member?.status !== 'suspect' || member.incarnation !== due.incarnation) return;
  learn(context, state, { member: due.member, incarnation: due.incarnation, status: 'dead', accuser: state.node });
}
