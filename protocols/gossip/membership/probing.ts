import { nodeOf, type NodeId } from '../../../runtime/address.js';
import { observe } from '../observations.js';
import { choosePeers, shuffle } from '../peers.js';
import { noteHealth, scaledByHealth } from './health.js';
import { hear, learn } from './hearing.js';
import type { Rumour } from './messages.js';
import { drawMembers, hearAndCorrect, load, membershipAt, say, type Received } from './speaking.js';
import { ownStanding, rumourOf, type MembershipContext, type MembershipState, type Probe } from './state.js';
import { isThere, type Status } from './table.js';

/** The turn of a protocol period (SWIM section 3.1): judge the last probe, begin the next. */
export function onProbeDue(context: MembershipContext, state: MembershipState): void {
  const { probe, options } = state;
  if (probe !== null && !probe.isAnswered) failProbe(context, state, probe);
  state.probe = null;
  state.period++;
  forgetRelays(context, state);
  beginProbe(context, state);
  if (state.period % options.deadProbePeriods === 0) pingSomeoneDead(context, state);
  context.setTimer('probe', scaledByHealth(options.probeIntervalMs, state.health), { type: 'probe-due' });
}

/**
 * Neither the member nor any helper brought an answer. Helpers that said so themselves vouch for this member's own health; each that was silent
 * speaks against it. Where nobody could be asked, the failure itself does.
 */
function failProbe(context: MembershipContext, state: MembershipState, probe: Probe): void {
  const { target, incarnation, helpersCount, silentHelpers } = probe;
  observe(context, { type: 'probe-failed', member: target, incarnation });
  noteHealth(context, state, helpersCount === 0 ? 1 : silentHelpers.length);
  learn(context, state, { member: target, incarnation, status: 'suspect', accuser: state.node });
}

function forgetRelays(context: MembershipContext, state: MembershipState): void {
  const nowMs = context.nowMs();
  for (const [sequence, { expiresAtMs }] of state.relays) if (expiresAtMs <= nowMs) state.relays.delete(sequence);
}

function beginProbe(context: MembershipContext, state: MembershipState): void {
  const target = nextProbeTarget(context, state);
  const member = target === undefined ? undefined : state.members.get(target);
  if (target === undefined || member === undefined) return;
  const sequence = ++state.sequence;
  const timeoutMs = scaledByHealth(state.options.probeTimeoutMs, state.health);
  const { incarnation } = member;
  state.probe = { sequence, target, incarnation, timeoutMs, isAnswered: false, silentHelpers: [], helpersCount: 0 };
  say(context, membershipAt(target), { type: 'ping', sequence, ...load(state, accusationOwed(state, target)) });
  context.setTimer('probe-timeout', timeoutMs, { type: 'probe-timed-out', sequence });
}

/** Whoever is suspected learns it first of all from a ping, and can refute with the ack (Lifeguard section IV-C). */
function accusationOwed(state: MembershipState, target: NodeId): Rumour[] {
  const member = state.members.get(target);
  if (!state.options.buddySystem || member?.status !== 'suspect') return [];
  return [rumourOf(state.node, target, member)];
}

/**
 * The next member that is there, in a shuffled order that is walked to its end before it is shuffled again: no member waits longer than
 * 2n - 1 periods (SWIM section 4.3).
 */
function nextProbeTarget(context: MembershipContext, state: MembershipState): NodeId | undefined {
  for (let tried = 0; tried <= state.probeOrder.length; tried++) {
    if (state.probeNext >= state.probeOrder.length) {
      shuffle(state.probeOrder, context.random('probe-order'));
      state.probeNext = 0;
    }
    const candidate = state.probeOrder[state.probeNext++];
    if (candidate !== undefined && isThere(state.members.get(candidate)?.status ?? 'left')) return candidate;
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
  const helpers = drawMembers(state, state.options.indirectProbes, context.random('indirect-probe'), isHelper);
  probe.silentHelpers = helpers;
  probe.helpersCount = helpers.length;
  const { target, timeoutMs } = probe;
  for (const helper of helpers) {
    say(context, membershipAt(helper), { type: 'ping-req', sequence, target, timeoutMs, ...load(state, []) });
  }
}

export function onPing(context: MembershipContext, state: MembershipState, message: Received<'ping'>): void {
  const corrections = hear(context, state, message);
  // Whoever still pings a member that has left does not know it yet.
  if (state.hasLeft) corrections.unshift(rumourOf(state.node, state.node, ownStanding(state)));
  say(context, context.sender, {
    type: 'ack',
    sequence: message.sequence,
    of: state.node,
    ...load(state, corrections),
  });
}

/** The longest that a member of any health asks a helper to wait. */
function relayMaxMs({ options }: MembershipState): number {
  return options.probeIntervalMs * options.healthMax;
}

export function onPingReq(context: MembershipContext, state: MembershipState, message: Received<'ping-req'>): void {
  hearAndCorrect(context, state, message);
  const { target } = message;
  if (state.hasLeft || !state.members.has(target) || state.relays.size >= state.options.membersMax) return;
  const sequence = ++state.sequence;
  const timeoutMs = Math.max(1, Math.min(message.timeoutMs, relayMaxMs(state)));
  state.relays.set(sequence, {
    to: context.sender,
    sequence: message.sequence,
    target,
    expiresAtMs: context.nowMs() + Math.max(timeoutMs, state.options.probeIntervalMs),
  });
  say(context, membershipAt(target), { type: 'ping', sequence, ...load(state, accusationOwed(state, target)) });
  // Early enough to be there before the asker judges its probe (Lifeguard section IV-A: at 80 % of the time-out).
  context.setTimer(nackTimer(sequence), Math.ceil((timeoutMs * 4) / 5), { type: 'nack-due', sequence });
}

function nackTimer(sequence: number): string {
  return `nack/${sequence}`;
}

/** A later ack is still handed on. */
export function onNackDue(context: MembershipContext, state: MembershipState, due: Received<'nack-due'>): void {
  const relay = state.relays.get(due.sequence);
  if (relay === undefined) return;
  say(context, relay.to, { type: 'nack', sequence: relay.sequence, of: relay.target, ...load(state, []) });
}

export function onNack(context: MembershipContext, state: MembershipState, message: Received<'nack'>): void {
  hearAndCorrect(context, state, message);
  const { probe } = state;
  if (probe === null || probe.sequence !== message.sequence || probe.target !== message.of) return;
  const helper = nodeOf(context.sender);
  probe.silentHelpers = probe.silentHelpers.filter((silent) => silent !== helper);
}

export function onAck(context: MembershipContext, state: MembershipState, message: Received<'ack'>): void {
  hearAndCorrect(context, state, message);
  const { probe } = state;
  if (probe !== null && probe.sequence === message.sequence && probe.target === message.of) {
    const isRelayed = nodeOf(context.sender) !== message.of;
    if (isRelayed && !probe.isAnswered) observe(context, { type: 'probe-relayed', member: message.of });
    if (!probe.isAnswered) noteHealth(context, state, -1);
    probe.isAnswered = true;
    context.cancelTimer('probe-timeout');
    return;
  }
  const relay = state.relays.get(message.sequence);
  if (relay?.target !== message.of) return;
  state.relays.delete(message.sequence);
  context.cancelTimer(nackTimer(message.sequence));
  say(context, relay.to, { type: 'ack', sequence: relay.sequence, of: relay.target, ...load(state, []) });
}
