import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import { isQuorum } from '../configuration/configuration.js';
import { lastIndex, termAt, type LogEntry } from '../log/log.js';
import { memberAddress, type RaftState, type RaftTurn } from '../state.js';
import { beginSnapshot, sendChunk } from '../snapshots/sending.js';
import { hasRoom, noteSent, type Progress } from './progress.js';

export function progressOf(state: RaftState, peer: NodeId): Progress {
  const progress = state.progress.get(peer);
  assert(progress !== undefined, `the leader keeps no progress of ${peer}`);
  return progress;
}

/** Sends each follower what it lacks, as far as its pipeline has room. */
export function replicateToAll(turn: RaftTurn): void {
  for (const peer of turn.state.peers) replicateTo(turn, peer);
}

export function replicateTo(turn: RaftTurn, peer: NodeId): void {
  const { log, parameters } = turn.state;
  const progress = progressOf(turn.state, peer);
  if (progress.mode !== 'snapshot' && progress.next < log.firstIndex) beginSnapshot(turn, progress);
  if (progress.mode === 'snapshot') {
    if (!progress.probeSent) sendChunk(turn, peer, progress);
    return;
  }
  while (progress.next <= lastIndex(log) && hasRoom(progress, parameters)) sendEntries(turn, peer, progress, true);
}

/**
 * One append to each follower, with what it lacks if its pipeline has room, and empty else. Its `prevIndex` is the end of what was
 * sent, so a follower that missed something says so; and a probe that was lost is sent anew.
 */
export function heartbeatToAll(turn: RaftTurn): void {
  for (const peer of turn.state.peers) {
    const progress = progressOf(turn.state, peer);
    progress.probeSent = false;
    if (progress.mode !== 'snapshot' && progress.next < turn.state.log.firstIndex) beginSnapshot(turn, progress);
    if (progress.mode === 'snapshot') sendChunk(turn, peer, progress);
    else sendEntries(turn, peer, progress, hasRoom(progress, turn.state.parameters));
  }
}

const WHEN_DURABLE = Object.freeze({});
const AT_ONCE = Object.freeze({ beforeDurable: true });

function sendEntries({ context, state }: RaftTurn, peer: NodeId, progress: Progress, withEntries: boolean): void {
  const { log } = state;
  const prevIndex = progress.next - 1;
  assert(progress.match <= prevIndex, `${peer}: next ${progress.next} is not beyond match ${progress.match}`);
  const prevTerm = termAt(log, prevIndex);
  assert(prevTerm !== undefined, `${peer}: entry ${prevIndex}, after which it should append, is not in the log`);
  const from = progress.next - log.firstIndex;
  let until = withEntries ? batchEnd(state, from) : from;
  if (until > from + 1 && context.faultPoint('raft.batch-of-one')) until = from + 1;
  const entries: readonly LogEntry[] = log.entries.slice(from, until);
  const { term, commit, reads } = state;
  // Safe before our own disk has these entries: nobody counts us as their holder until it has (`durableIndex`). The term was durable
  // before anybody voted for us, and if we crash now we cannot lead it again (thesis, §10.2.1). Who needs nobody's vote but its own may
  // lead before the term is durable, and after a crash again, with other entries; what it sends waits for its disk.
  const electsItself = isQuorum(state.configuration, (member) => member === state.self);
  context.send(
    memberAddress(state, peer),
    { type: 'append-entries', term, prevIndex, prevTerm, entries, commit, round: reads.round },
    electsItself ? WHEN_DURABLE : AT_ONCE,
  );
  noteSent(progress, entries.length, bytesBetween(log.sizes, from, until));
}

/** Where a batch that begins at position `from` of the log's array ends, within the limits of one append. */
function batchEnd({ log, parameters }: RaftState, from: number): number {
  const most = Math.min(log.entries.length, from + parameters.maxEntriesPerAppend);
  let bytes = 0;
  let until = from;
  while (until < most) {
    bytes += log.sizes[until] ?? 0;
    if (bytes > parameters.maxBytesPerAppend && until > from) break;
    until++;
  }
  return until;
}

function bytesBetween(sizes: readonly number[], from: number, until: number): number {
  let bytes = 0;
  for (let i = from; i < until; i++) bytes += sizes[i] ?? 0;
  return bytes;
}
