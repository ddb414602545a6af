import type { NodeId } from '../../../runtime/address.js';
import type { ReplyTo } from '../../../runtime/context.js';
import type { RaftMessageOf } from '../messages.js';
import type { RaftTurn } from '../state.js';

/** A leader of a later term is known. */
export function concludeTransfer(turn: RaftTurn, leader: NodeId): void {
  const { context, state } = turn;
  const { transfer } = state;
  if (transfer === undefined) return;
  if (leader !== transfer.to)
    return endTransfer(turn, 'unavailable', `${leader} was elected in place of ${transfer.to}`);
  state.transfer = undefined;
  if (transfer.replyTo !== undefined) context.answer(transfer.replyTo, { type: 'leadership-transferred', to: leader });
}

export function endTransfer(turn: RaftTurn, error: 'unavailable' | 'unknown', detail: string): void {
  const { replyTo } = turn.state.transfer ?? {};
  turn.state.transfer = undefined;
  if (replyTo !== undefined) failTransfer(turn, replyTo, error, detail);
}

export function failTransfer(
  { context }: RaftTurn,
  replyTo: ReplyTo,
  error: RaftMessageOf<'transfer-failed'>['error'],
  detail: string,
): void {
  context.answer(replyTo, { type: 'transfer-failed', error, detail });
}
