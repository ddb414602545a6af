import type { NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import { lastIndex, termAt, type LogEntry, type RaftLog } from './log.js';
import { memberAddress, type Progress, type RaftState, type RaftTurn } from './state.js';

/** What a new leader knows of a follower: nothing, so it looks from its own end of the log (§5.3). */
export function newProgress(log: RaftLog, nowMs: number): Progress {
  return {
    match: 0,
    next: lastIndex(log) + 1,
    mode: 'probe',
    probeSent: false,
    inFlight: [],
    round: 0,
    lastContactMs: nowMs,
  };
}

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
  const progress = progressOf(turn.state, peer);
  while (progress.next <= lastIndex(turn.state.log) && hasRoom(turn.state, progress)) {
    sendEntries(turn, peer, progress, hasRoom(turn.state, progress));
  }
}

/**
 * One append to each follower, with what it lacks if its pipeline has room, and empty else. Its `prevIndex` is the end of what was
 * sent, so a follower that missed something says so; and a probe that was lost is sent anew.
 */
export function heartbeatToAll(turn: RaftTurn): void {
  for (const peer of turn.state.peers) {
    const progress = progressOf(turn.state, peer);
    progress.probeSent = false;
    sendEntries(turn, peer, progress, hasRoom(turn.state, progress));
  }
}

function hasRoom(state: RaftState, progress: Progress): boolean {
  if (progress.mode === 'probe') return !progress.probeSent;
  return progress.inFlight.length < state.parameters.maxAppendsInFlight;
}

function sendEntries({ context, state }: RaftTurn, peer: NodeId, progress: Progress, withEntries: boolean): void {
  const { log } = state;
  const prevIndex = progress.next - 1;
  assert(progress.match <= prevIndex, `${peer}: next ${progress.next} is not beyond match ${progress.match}`);
  const prevTerm = termAt(log, prevIndex);
  assert(prevTerm !== undefined, `${peer}: entry ${prevIndex}, after which it should append, is not in the log`);
  const batch = withEntries ? batchFrom(state, progress.next) : [];
  const entries = batch.length > 1 && context.faultPoint('raft.batch-of-one') ? batch.slice(0, 1) : batch;
  const { term, commit, reads } = state;
  // Safe before our own disk has these entries: nobody counts us as their holder until it has (`durableIndex`). The term was durable
  // before anybody voted for us, and if we crash now we cannot lead it again (thesis, §10.2.1).
  context.send(
    memberAddress(state, peer),
    { type: 'append-entries', term, prevIndex, prevTerm, entries, commit, round: reads.round },
    { beforeDurable: true },
  );
  if (progress.mode === 'probe') progress.probeSent = true;
  else if (entries.length > 0) {
    progress.next += entries.length;
    progress.inFlight.push(progress.next - 1);
  }
}

/** The entries from `fromIndex` on, within the limits of one append. */
function batchFrom(state: RaftState, fromIndex: number): readonly LogEntry[] {
  const { log, parameters } = state;
  const from = fromIndex - log.firstIndex;
  const most = Math.min(log.entries.length, from + parameters.maxEntriesPerAppend);
  let bytes = 0;
  let until = from;
  while (until < most) {
    bytes += log.sizes[until] ?? 0;
    if (bytes > parameters.maxBytesPerAppend && until > from) break;
    until++;
  }
  return log.entries.slice(from, until);
}
