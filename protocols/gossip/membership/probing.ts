import { addressOf, nodeOf, type AnyAddress, type NodeId } from '../../../runtime/address.js';
import { countNews, takeNews } from '../dissemination.js';
import type { Random } from '../../../runtime/ports.js';
import { observe } from '../observations.js';
import { choosePeers, drawPeers, shuffle } from '../peers.js';
import { retransmitLimit, syncScale } from '../timing.js';
import { hear, learn, RUMOURS_HEARD_MAX } from './hearing.js';
import type { MembershipMessage, Rumour } from './messages.js';
import { groupSize, rumourOf, type MembershipContext, type MembershipState } from './state.js';
import type { Status } from './table.js';

/** The actor path at which every member answers. */
export const MEMBERSHIP_ACTOR = 'membership';

type Received<K extends MembershipMessage['type']> = Extract<MembershipMessage, { type: K }>;

function membershipAt(node: NodeId): AnyAddress {
  return addressOf(node, MEMBERSHIP_ACTOR);
}

function say(context: MembershipContext, to: AnyAddress, message: MembershipMessage): void {
  context.send(to, message);
}

const isNotDead = (status: Status): boolean => status !== 'dead';

function drawMembers(
  state: MembershipState,
  count: number,
  random: Random,
  isWanted: (status: Status, node: NodeId) => boolean,
): NodeId[] {
  return drawPeers(state.probeOrder, count, random, (node) => {
    const member = state.members.get(node);
    return member !== undefined && isWanted(member.status, node);
  });
}

/** What a message carries beside its purpose: the sender's incarnation, answers owed to the receiver, then the news sent least often. */
function load(state: MembershipState, owed: readonly Rumour[]): { incarnation: number; rumours: Rumour[] } {
  const { rumoursPerMessage, retransmitMultiplier } = state.options;
  const limit = retransmitLimit(retransmitMultiplier, groupSize(state));
  const room = Math.max(0, rumoursPerMessage - owed.length);
  return { incarnation: state.incarnation, rumours: [...owed, ...takeNews(state.news, room, limit)] };
}

/** Takes in what a message carries and, where its sender is behind, tells it so. */
function hearAndCorrect(
  context: MembershipContext,
  state: MembershipState,
  message: { readonly incarnation: number; readonly rumours: readonly Rumour[] },
): void {
  const corrections = hear(context, state, message);
  if (corrections.length > 0) say(context, context.sender, { type: 'correction', ...load(state, corrections) });
}

/** The turn of a protocol period (SWIM section 3.1): judge the last probe, begin the next. */
export function onProbeDue(context: MembershipContext, state: MembershipState): void {
  const { probe, options } = state;
  if (probe !== null && !probe.isAnswered) {
    const { target, incarnation } = probe;
    observe(context, { type: 'probe-failed', member: target, incarnation });
    learn(context, state, { member: target, incarnation, status: 'suspect', accuser: state.node });
  }
  state.probe = null;
  state.period++;
  const nowMs = context.nowMs();
  for (const [sequence, { expiresAtMs }] of state.relays) if (expiresAtMs <= nowMs) state.relays.delete(sequence);
  beginProbe(context, state);
  if (state.period % options.deadProbePeriods === 0) pingSomeoneDead(context, state);
  context.setTimer('probe', options.probeIntervalMs, { type: 'probe-due' });
}

function beginProbe(context: MembershipContext, state: MembershipState): void {
  const target = nextProbeTarget(context, state);
  const member = target === undefined ? undefined : state.members.get(target);
  if (target === undefined || member === undefined) return;
  const sequence = ++state.sequence;
  state.probe = { sequence, target, incarnation: member.incarnation, isAnswered: false };
  say(context, membershipAt(target), { type: 'ping', sequence, ...load(state, []) });
  context.setTimer('probe-timeout', state.options.probeTimeoutMs, { type: 'probe-timed-out', sequence });
}

/**
 * The next member that is not dead, in a shuffled order that is walked to its end before it is shuffled again: no member waits longer than
 * 2n - 1 periods (SWIM section 4.3).
 */
function nextProbeTarget(context: MembershipContext, state: MembershipState): NodeId | undefined {
  for (let tried = 0; tried <= state.probeOrder.length; tried++) {
    if (state.probeNext >= state.probeOrder.length) {
      shuffle(state.probeOrder, context.random('probe-order'));
      state.probeNext = 0;
    }
    const candidate = state.probeOrder[state.probeNext++];
    if (candidate !== undefined && state.members.get(candidate)?.status !== 'dead') return candidate;
  }
  return undefined;
}

/** Nobody speaks to the dead otherwise, and both sides of a healed partition believe the other dead. No answer accuses nobody. */
function pingSomeoneDead(context: MembershipContext, state: MembershipState): void {
  const [target] = choosePeers([...state.dead], 1, context.random('dead-probe'));
  if (target === undefined) return;
  say(context, membershipAt(target), { type: 'ping', sequence: ++state.sequence, ...load(state, []) });
}

/** No ack in time: k others are asked to ping, in case only the way between the two is broken (SWIM section 3.1). */
export function onProbeTimedOut(
  context: MembershipContext,
  state: MembershipState,
  { sequence }: Received<'probe-timed-out'>,
): void {
  const { probe } = state;
  if (probe === null || probe.sequence !== sequence || probe.isAnswered) return;
  const isHelper = (status: Status, node: NodeId): boolean => status === 'alive' && node !== probe.target;
  for (const peer of drawMembers(state, state.options.indirectProbes, context.random('indirect-probe'), isHelper)) {
    say(context, membershipAt(peer), { type: 'ping-req', sequence, target: probe.target, ...load(state, []) });
  }
}

export function onPing(context: MembershipContext, state: MembershipState, message: Received<'ping'>): void {
  const corrections = hear(context, state, message);
  say(context, context.sender, {
    type: 'ack',
    sequence: message.sequence,
    of: state.node,
    ...load(state, corrections),
  });
}

export function onPingReq(context: MembershipContext, state: MembershipState, message: Received<'ping-req'>): void {
  hearAndCorrect(context, state, message);
  if (!state.members.has(message.target) || state.relays.size >= state.options.membersMax) return;
  const sequence = ++state.sequence;
  state.relays.set(sequence, {
    to: context.sender,
    sequence: message.sequence,
    target: message.target,
    expiresAtMs: context.nowMs() + state.options.probeIntervalMs,
  });
  say(context, membershipAt(message.target), { type: 'ping', sequence, ...load(state, []) });
}

export function onAck(context: MembershipContext, state: MembershipState, message: Received<'ack'>): void {
  hearAndCorrect(context, state, message);
  const { probe } = state;
  if (probe !== null && probe.sequence === message.sequence && probe.target === message.of) {
    const isRelayed = nodeOf(context.sender) !== message.of;
    if (isRelayed && !probe.isAnswered) observe(context, { type: 'probe-relayed', member: message.of });
    probe.isAnswered = true;
    context.cancelTimer('probe-timeout');
    return;
  }
  const relay = state.relays.get(message.sequence);
  if (relay?.target !== message.of) return;
  state.relays.delete(message.sequence);
  say(context, relay.to, { type: 'ack', sequence: relay.sequence, of: relay.target, ...load(state, []) });
}

export function onRumours(context: MembershipContext, state: MembershipState, message: Received<'rumours'>): void {
  hearAndCorrect(context, state, message);
}

/** Whoever is accused refutes, and tells the accuser at once. */
export function onCorrection(
  context: MembershipContext,
  state: MembershipState,
  message: Received<'correction'>,
): void {
  const { incarnation } = state;
  hear(context, state, message);
  if (state.incarnation > incarnation) say(context, context.sender, { type: 'rumours', ...load(state, []) });
}

/** News goes to random members beside what pings carry, for as long as there is any. */
export function onGossipDue(context: MembershipContext, state: MembershipState): void {
  const { gossipFanout, gossipIntervalMs } = state.options;
  for (const peer of drawMembers(state, gossipFanout, context.random('gossip'), isNotDead)) {
    const carried = load(state, []);
    if (carried.rumours.length === 0) return;
    say(context, membershipAt(peer), { type: 'rumours', ...carried });
  }
  if (countNews(state.news) > 0) context.setTimer('gossip', gossipIntervalMs, { type: 'gossip-due' });
}

/** Push/pull: part of the table goes to a random member, which answers with what is newer or missing there. */
export function onSyncDue(context: MembershipContext, state: MembershipState): void {
  const { membershipSyncIntervalMs } = state.options;
  const [peer] = drawMembers(state, 1, context.random('sync'), isNotDead);
  if (peer !== undefined) {
    say(context, membershipAt(peer), { type: 'sync', incarnation: state.incarnation, rumours: nextPartOfTable(state) });
  }
  context.setTimer('sync', membershipSyncIntervalMs * syncScale(groupSize(state)), { type: 'sync-due' });
}

export function onSync(context: MembershipContext, state: MembershipState, message: Received<'sync'>): void {
  const corrections = hear(context, state, message);
  // The sender has spoken for itself by the incarnation it stated.
  const mentioned = new Set([nodeOf(context.sender), ...message.rumours.map(({ member }) => member)]);
  const missing = nextPartOfTable(state).filter(({ member }) => !mentioned.has(member));
  const rumours = [...corrections, ...missing].slice(0, RUMOURS_HEARD_MAX);
  say(context, context.sender, { type: 'rumours', incarnation: state.incarnation, rumours });
}

/** The table a part at a time, so that one exchange stays bounded however large the group is. */
function nextPartOfTable(state: MembershipState): Rumour[] {
  const entries = [...state.members];
  const part: Rumour[] = [];
  for (let i = 0; i < Math.min(entries.length, RUMOURS_HEARD_MAX); i++) {
    const entry = entries[(state.syncCursor + i) % entries.length];
    if (entry !== undefined) part.push(rumourOf(state.node, entry[0], entry[1]));
  }
  state.syncCursor = entries.length === 0 ? 0 : (state.syncCursor + part.length) % entries.length;
  return part;
}
