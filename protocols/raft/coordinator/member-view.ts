import { coordinatorAddress, type Client, type CoordinatorMessageOf, type CoordinatorTurn } from './state.js';

const VIEW_TIMER = 'member-view';
const VIEW_INTERVAL_MS = 1000;

/** Who is alive, as far as the leader hears. Best effort: nothing safe rests on it. */
export function onWatchMembers(turn: CoordinatorTurn): void {
  const { context, state } = turn;
  const client: Client = context.sender;
  state.memberViewers.add(client);
  if (client.startsWith(`${context.node}/`)) context.watch(client);
  context.reply(membersOf(turn));
}

/** Raft on this node leads and hears these members: all coordinators are to know, now and then again, since messages get lost. */
export function leadView(turn: CoordinatorTurn, inContact: readonly string[]): void {
  const { context, state } = turn;
  takeView(turn, state.term, inContact);
  broadcastView(turn);
  context.setTimer(VIEW_TIMER, VIEW_INTERVAL_MS, { type: 'member-view-due' });
}

export function onMemberViewDue(turn: CoordinatorTurn): void {
  const { context, state } = turn;
  if (context.sender !== context.self || state.role !== 'leader') return;
  broadcastView(turn);
  context.setTimer(VIEW_TIMER, VIEW_INTERVAL_MS, { type: 'member-view-due' });
}

export function stopView({ context }: CoordinatorTurn): void {
  context.cancelTimer(VIEW_TIMER);
}

function broadcastView({ context, state }: CoordinatorTurn): void {
  for (const member of state.members) {
    if (member === context.node) continue;
    const view = { type: 'member-view', term: state.viewTerm, alive: state.alive } as const;
    context.send(coordinatorAddress(member), view);
  }
}

/** Answers whether the view has changed. */
export function onMemberView(turn: CoordinatorTurn, message: CoordinatorMessageOf<'member-view'>): boolean {
  return takeView(turn, message.term, message.alive);
}

function takeView(turn: CoordinatorTurn, term: number, alive: readonly string[]): boolean {
  const { context, state } = turn;
  if (term < state.viewTerm) return false;
  const isSame = alive.length === state.alive.length && alive.every((member, i) => member === state.alive[i]);
  state.viewTerm = term;
  state.alive = alive;
  if (isSame) return false;
  for (const viewer of state.memberViewers) context.send(viewer, membersOf(turn));
  return true;
}

function membersOf({ state }: CoordinatorTurn): {
  readonly type: 'members';
  readonly members: readonly { readonly node: string; readonly alive: boolean }[];
} {
  return { type: 'members', members: state.members.map((node) => ({ node, alive: state.alive.includes(node) })) };
}
