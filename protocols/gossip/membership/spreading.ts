import { nodeOf } from '../../../runtime/address.js';
import { countNews } from '../dissemination.js';
import { syncScale } from '../timing.js';
import { hear, RUMOURS_HEARD_MAX } from './hearing.js';
import type { Rumour } from './messages.js';
import { drawMembers, hearAndCorrect, load, membershipAt, say, type Received } from './speaking.js';
import { groupSize, rumourOf, type MembershipContext, type MembershipState } from './state.js';
import { isThere } from './table.js';

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
  for (const peer of drawMembers(state, gossipFanout, context.random('gossip'), isThere)) {
    const carried = load(state, []);
    if (carried.rumours.length === 0) return;
    say(context, membershipAt(peer), { type: 'rumours', ...carried });
  }
  if (countNews(state.news) > 0) context.setTimer('gossip', gossipIntervalMs, { type: 'gossip-due' });
}

/** Push/pull: part of the table goes to a random member, which answers with what is newer or missing there. */
export function onSyncDue(context: MembershipContext, state: MembershipState): void {
  const { membershipSyncIntervalMs } = state.options;
  const [peer] = drawMembers(state, 1, context.random('sync'), isThere);
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
