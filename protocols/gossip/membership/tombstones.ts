import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import { dropNews } from '../dissemination.js';
import { observe } from '../observations.js';
import type { MembershipContext, MembershipState } from './state.js';

// Who died or left is remembered for `tombstoneMs` by the monotonic clock of this life, and then forgotten: before that, an old rumour could
// bring back a life that is over; never, and a cluster whose members come and go would fill every table.

const TIMER = 'tombstones';

export function rememberGone(context: MembershipContext, state: MembershipState, node: NodeId): void {
  if (state.seeds.has(node)) return;
  // Placed anew, at the end: the map is in the order of time.
  state.goneAtMs.delete(node);
  state.goneAtMs.set(node, context.nowMs());
  if (!context.hasTimer(TIMER)) context.setTimer(TIMER, state.options.tombstoneMs, { type: 'tombstones-due' });
}

export function onTombstonesDue(context: MembershipContext, state: MembershipState): void {
  const { tombstoneMs } = state.options;
  for (const [node, goneAtMs] of state.goneAtMs) {
    const heldMs = context.nowMs() - goneAtMs;
    if (heldMs < tombstoneMs) {
      context.setTimer(TIMER, Math.max(1, Math.ceil(tombstoneMs - heldMs)), { type: 'tombstones-due' });
      return;
    }
    forget(context, state, node, heldMs);
  }
}

function forget(context: MembershipContext, state: MembershipState, node: NodeId, heldMs: number): void {
  const member = state.members.get(node);
  assert(member !== undefined && member.suspicion === null, 'who is gone is known and no longer suspected');
  const { incarnation } = member;
  state.goneAtMs.delete(node);
  state.dead.delete(node);
  state.members.delete(node);
  dropNews(state.news, node);
  const place = state.probeOrder.indexOf(node);
  assert(place >= 0, 'every member has its place in the order of probing');
  state.probeOrder.splice(place, 1);
  if (place < state.probeNext) state.probeNext--;
  state.viewChanged = true;
  observe(context, {
    type: 'member-forgotten',
    member: node,
    incarnation,
    heldMs,
    tombstoneMs: state.options.tombstoneMs,
  });
}
