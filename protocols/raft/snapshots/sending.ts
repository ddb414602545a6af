import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import type { RaftMessageOf } from '../messages.js';
import type { Progress } from '../replication/progress.js';
import { memberAddress, type RaftTurn } from '../state.js';

/** The follower lacks entries that our log no longer has: it gets the snapshot from here on (§7). */
export function beginSnapshot({ state }: RaftTurn, progress: Progress): void {
  const { snapshot } = state;
  assert(snapshot !== undefined, 'a log whose beginning is gone has a snapshot in its place');
  progress.mode = 'snapshot';
  progress.probeSent = false;
  progress.sending = { snapshot, offset: 0 };
  progress.inFlight.length = 0;
  progress.bytesInFlight = 0;
}

/**
 * The piece that the follower lacks next; again with each heartbeat, until it says that it has it. One at a time: it is large already, and
 * what the group works on must not wait behind it.
 */
export function sendChunk({ context, state }: RaftTurn, peer: NodeId, progress: Progress): void {
  const { sending } = progress;
  assert(sending !== undefined, `${peer} is sent a snapshot`);
  const { snapshot, offset } = sending;
  const data = snapshot.image.slice(offset, offset + state.parameters.snapshotChunkBytes);
  progress.probeSent = true;
  const { term, reads } = state;
  const head = { ...snapshot.head };
  context.send(memberAddress(state, peer), { type: 'install-snapshot', term, head, offset, data, round: reads.round });
}

/** The follower has the snapshot up to `offset`. What it says of another one counts for nothing. */
export function noteReceived(progress: Progress, message: RaftMessageOf<'snapshot-received'>): boolean {
  const { sending } = progress;
  if (sending === undefined || sending.snapshot.head.session !== message.session) return false;
  if (message.offset > sending.snapshot.head.size || message.offset === sending.offset) return false;
  progress.sending = { snapshot: sending.snapshot, offset: message.offset };
  progress.probeSent = false;
  return true;
}

/**
 * The follower holds our log up to `index`. Where our log still has what follows it goes on by entries; where it has been compacted since,
 * the follower needs the next snapshot.
 */
export function noteSnapshotAccepted(turn: RaftTurn, progress: Progress, index: number): void {
  const isBehind = index < turn.state.log.firstIndex - 1;
  if (isBehind && index >= (progress.sending?.snapshot.head.index ?? 0)) return beginSnapshot(turn, progress);
  if (isBehind) return;
  progress.mode = 'probe';
  progress.sending = undefined;
  progress.probeSent = false;
  progress.next = Math.max(index, progress.match) + 1;
}
