import { isWithin } from '../../../runtime/address.js';
import { observe } from '../observations.js';
import { retransmitLimit } from '../timing.js';
import { announceSelf, beginSuspicion, endSuspicion } from './hearing.js';
import { groupSize, rumourOf, type MembershipContext, type MembershipState } from './state.js';
import { refutingIncarnation } from './table.js';

// A member that leaves says so itself, and nobody has to find out by suspecting it. It answers pings as long as its node runs, each time with the
// news that it has left.

/** The rounds of gossip in which the news is sent on as often as dissemination asks for. */
function tellingMs(state: MembershipState): number {
  const { retransmitMultiplier, gossipIntervalMs } = state.options;
  return gossipIntervalMs * (retransmitLimit(retransmitMultiplier, groupSize(state)) + 1);
}

export function onLeave(context: MembershipContext, state: MembershipState): void {
  if (!isWithin(state.node, context.sender)) return;
  state.leaveAskedBy.push(context.replyTo());
  if (state.hasLeft) return onLeftTold(context, state);
  state.hasLeft = true;
  state.probe = null;
  for (const timer of ['probe', 'probe-timeout', 'sync']) context.cancelTimer(timer);
  for (const [node, member] of state.members) endSuspicion(context, node, member);
  observe(context, { type: 'group-left', incarnation: state.incarnation });
  announceSelf(context, state);
  context.setTimer('left-told', tellingMs(state), { type: 'left-told' });
}

export function onLeftTold(context: MembershipContext, state: MembershipState): void {
  if (context.hasTimer('left-told')) return;
  for (const asker of state.leaveAskedBy) context.answer(asker, { type: 'has-left', incarnation: state.incarnation });
  state.leaveAskedBy = [];
}

/** Comes back under a higher incarnation, which overrides that it left. */
export function onRejoin(context: MembershipContext, state: MembershipState): void {
  if (!isWithin(state.node, context.sender) || !state.hasLeft) return;
  state.hasLeft = false;
  state.incarnation = refutingIncarnation(state.incarnation, 0);
  observe(context, { type: 'group-rejoined', incarnation: state.incarnation });
  announceSelf(context, state);
  // Suspicions were put aside; whoever refuted meanwhile says so with its next message.
  for (const [node, member] of state.members) {
    if (member.status === 'suspect') beginSuspicion(context, state, member, rumourOf(state.node, node, member));
  }
  beginPeriods(context, state);
}

/** Members that start together must not probe in step. */
export function beginPeriods(context: MembershipContext, { options }: MembershipState): void {
  const phase = context.random('phase');
  context.setTimer('probe', phase.between(1, options.probeIntervalMs), { type: 'probe-due' });
  context.setTimer('sync', phase.between(1, options.probeIntervalMs), { type: 'sync-due' });
}
