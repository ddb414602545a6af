import { addressOf, type AnyAddress, type NodeId } from '../../../runtime/address.js';
import type { Random } from '../../../runtime/ports.js';
import { takeNews } from '../dissemination.js';
import { drawPeers } from '../peers.js';
import { retransmitLimit } from '../timing.js';
import { hear } from './hearing.js';
import type { MembershipMessage, Rumour } from './messages.js';
import { groupSize, type MembershipContext, type MembershipState } from './state.js';
import type { Status } from './table.js';

/** The actor path at which every member answers. */
export const MEMBERSHIP_ACTOR = 'membership';

export type Received<K extends MembershipMessage['type']> = Extract<MembershipMessage, { type: K }>;

export function membershipAt(node: NodeId): AnyAddress {
  return addressOf(node, MEMBERSHIP_ACTOR);
}

export function say(context: MembershipContext, to: AnyAddress, message: MembershipMessage): void {
  context.send(to, message);
}

export function drawMembers(
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
export function load(state: MembershipState, owed: readonly Rumour[]): { incarnation: number; rumours: Rumour[] } {
  const { rumoursPerMessage, retransmitMultiplier } = state.options;
  const limit = retransmitLimit(retransmitMultiplier, groupSize(state));
  const room = Math.max(0, rumoursPerMessage - owed.length);
  return { incarnation: state.incarnation, rumours: [...owed, ...takeNews(state.news, room, limit)] };
}

/** Takes in what a message carries and, where its sender is behind, tells it so. */
export function hearAndCorrect(
  context: MembershipContext,
  state: MembershipState,
  message: { readonly incarnation: number; readonly rumours: readonly Rumour[] },
): void {
  const corrections = hear(context, state, message);
  if (corrections.length > 0) say(context, context.sender, { type: 'correction', ...load(state, corrections) });
}
