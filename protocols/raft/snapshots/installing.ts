import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import { followConfiguration, replaceConfigurations } from '../configuration/active.js';
import { countingMark } from '../identity/identity.js';
import { follow, isEcho, observeTerm } from '../election/roles.js';
import { noteWrite } from '../log/durability.js';
import { lastIndex, resetLog, termAt } from '../log/log.js';
import { NO_ROUND, type RaftMessageOf } from '../messages.js';
import { observeRaft } from '../observations.js';
import { answerAppliedReads } from '../reads/reads.js';
import { commitUpTo } from '../replication/commit.js';
import { memberAddress, sendingMember, type RaftTurn } from '../state.js';
import { tellRestored } from '../status.js';
import { saveSnapshot } from './compaction.js';
import { isIntact, replicaOf } from './snapshot.js';
import type { IncomingSnapshot, Snapshot, SnapshotHead } from './types.js';

/**
 * Follower (§7, Figure 13): takes the next piece of a snapshot and says how far it has come, which also is how a transfer is taken up
 * again after pieces were lost, or by another leader. The last piece puts the snapshot in the place of the log.
 */
export function onInstallSnapshot(turn: RaftTurn, message: RaftMessageOf<'install-snapshot'>): void {
  const { context, state } = turn;
  const leader = sendingMember(context, state);
  if (leader === '') return;
  observeTerm(turn, message.term);
  const { head, offset, data, round } = message;
  const { term } = state;
  if (message.term < term) {
    // Tells a leader of the past to step down.
    const refusal = {
      type: 'append-rejected',
      term,
      prevIndex: head.index,
      hintIndex: 0,
      hintTerm: 0,
      round: NO_ROUND,
      ...countingMark(turn.state),
    } as const;
    return context.send(memberAddress(state, leader), refusal);
  }
  if (isEcho(state, message.term, round)) return;
  follow(turn, leader, round);
  if (hasAlready(turn, head)) return accept(turn, leader, round);
  const incoming = takePiece(turn, head, offset, data);
  if (incoming === undefined || incoming.received < head.size) {
    const received = { type: 'snapshot-received', term, session: head.session, offset: incoming?.received ?? 0, round };
    return context.send(memberAddress(state, leader), {
      ...received,
      ...countingMark(state),
    } as RaftMessageOf<'snapshot-received'>);
  }
  state.incoming = undefined;
  if (install(turn, { head, image: joined(incoming.pieces, head.size) })) accept(turn, leader, round);
}

/** Our log goes as far: what it holds beyond the snapshot stays (Figure 13, rule 6). */
function hasAlready(turn: RaftTurn, { index, term }: SnapshotHead): boolean {
  const { state } = turn;
  if (index > state.commit && termAt(state.log, index) === term) commitUpTo(turn, index);
  answerAppliedReads(turn);
  return index <= state.commit;
}

/** All that is committed here is in the leader's log. */
function accept({ context, state }: RaftTurn, leader: NodeId, round: number): void {
  const { term, commit } = state;
  const accepted = { type: 'append-accepted', term, index: commit, round, ...countingMark(state) } as const;
  context.send(memberAddress(state, leader), accepted);
}

function takePiece(
  { state }: RaftTurn,
  head: SnapshotHead,
  offset: number,
  data: Uint8Array,
): IncomingSnapshot | undefined {
  if (head.size > state.parameters.maxSnapshotBytes) return undefined;
  if (state.incoming?.session !== head.session) {
    if (offset !== 0) return undefined;
    state.incoming = { session: head.session, pieces: [], received: 0 };
  }
  const { incoming } = state;
  if (offset === incoming.received && offset + data.length <= head.size) {
    incoming.pieces.push(data);
    incoming.received += data.length;
  }
  return incoming;
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const image = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    image.set(piece, offset);
    offset += piece.length;
  }
  return image;
}

/** The snapshot takes the place of machine, log and configuration. Answers false where its bytes are not those that were promised. */
function install(turn: RaftTurn, snapshot: Snapshot): boolean {
  const { context, state } = turn;
  const replica = isIntact(snapshot) ? replicaOf(turn.machine, snapshot) : undefined;
  if (replica === undefined) return false;
  assert(state.role === 'follower', `a ${state.role} takes no snapshot`);
  const { index, term, prefixHash, configurationIndex, configuration } = snapshot.head;
  // What was committed is in both; the rest of our log is not in the leader's.
  state.durableIndex = Math.min(state.durableIndex, state.commit);
  if (lastIndex(state.log) > index) context.storage.truncate(index + 1);
  resetLog(state.log, index, term, prefixHash);
  Object.assign(state.replica, replica);
  state.commit = index;
  state.applied = index;
  state.snapshot = snapshot;
  saveSnapshot(turn);
  state.pendingWrites.length = 0;
  noteWrite(turn);
  replaceConfigurations(state, { index: configurationIndex, configuration });
  const { stateHash } = replica;
  observeRaft(context, { type: 'raft-snapshot-installed', index, entryTerm: term, hash: prefixHash, stateHash });
  followConfiguration(turn);
  tellRestored(turn);
  answerAppliedReads(turn);
  return true;
}
