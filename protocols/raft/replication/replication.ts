import type { NodeId } from '../../../runtime/address.js';
import { assert } from '../../../runtime/assert.js';
import { commitUpTo } from './commit.js';
import { appendEntries, truncateEntries } from '../log/durability.js';
import { lastIndex, lastIndexOfTermAtMost, termAt } from '../log/log.js';
import { NO_ROUND, type RaftMessageOf } from '../messages.js';
import { isQuorum } from '../configuration/configuration.js';
import { noteRoundSent } from '../reads/lease.js';
import { answerAppliedReads, confirmRound } from '../reads/reads.js';
import { countingMark } from '../identity/identity.js';
import { HEARTBEAT_TIMER } from '../election/election-timer.js';
import { continueTransfer, yieldToPriority } from '../election/transfer.js';
import { becomeFollower, follow, isEcho, observeTerm } from '../election/roles.js';
import { afterProgress } from './after-progress.js';
import { noteAccepted, noteRejected, type Progress } from './progress.js';
import { heartbeatToAll, progressOf, replicateTo } from './sending.js';
import { noteReceived, noteSnapshotAccepted } from '../snapshots/sending.js';
import { answeringPeer, memberAddress, sendingMember, type RaftState, type RaftTurn } from '../state.js';
import { refreshContacts } from '../status.js';

/** Leader: tells everybody that it still leads, and repeats what may have been lost. */
export function onHeartbeatDue(turn: RaftTurn): void {
  const { context, state } = turn;
  if (context.sender !== context.self || state.role !== 'leader') return;
  refreshContacts(turn);
  if (mustMakeWay(turn) || context.faultPoint('raft.step-down-early')) return becomeFollower(turn);
  state.reads.round++;
  noteRoundSent(turn);
  heartbeatToAll(turn);
  // A change of the configuration may have left nobody whose answer is still to come.
  confirmRound(turn);
  continueTransfer(turn);
  yieldToPriority(turn);
  context.setTimer(HEARTBEAT_TIMER, state.parameters.heartbeatMs, { type: 'heartbeat-due' });
}

/**
 * A leader that hears no majority cannot commit, and one whose disk stalls answers nobody, since what it says waits for its disk; it
 * makes way, so that clients ask elsewhere (thesis, §6.2).
 */
function mustMakeWay({ context, state }: RaftTurn): boolean {
  const { checkQuorum, checkDisk } = state.parameters;
  const { configuration, inContact, progress } = state;
  const isHeard = (node: NodeId): boolean => inContact.includes(node) && progress.get(node)?.isKnown !== false;
  if (checkQuorum && !isQuorum(configuration, isHeard)) return true;
  const oldest = state.pendingWrites[0];
  return checkDisk && oldest !== undefined && context.nowMs() - oldest.sinceMs > state.parameters.electionTimeoutMs.max;
}

/**
 * Follower (§5.3): takes entries after an entry that both logs share, removes what conflicts with them, and learns what is
 * committed. Its answer leaves when what it took is durable.
 */
export function onAppendEntries(turn: RaftTurn, message: RaftMessageOf<'append-entries'>): void {
  const { context, state } = turn;
  const leader = sendingMember(context, state);
  if (leader === '') return;
  observeTerm(turn, message.term);
  // An answer with our higher term tells a leader of the past to step down.
  if (message.term < state.term) return reject(turn, leader, message, lastIndex(state.log));
  if (isEcho(state, message.term, message.round)) return;
  follow(turn, leader, message.round);
  const { prevIndex, prevTerm, entries, round } = withoutCompacted(state, message);
  if (termAt(state.log, prevIndex) !== prevTerm) {
    const hint = lastIndexOfTermAtMost(state.log, prevIndex, prevTerm);
    return reject(turn, leader, message, Math.min(hint, prevIndex - 1));
  }
  takeEntries(turn, prevIndex, entries);
  // Only up to here is our log known to equal the leader's; what may follow it can be another leader's.
  const verifiedIndex = prevIndex + entries.length;
  commitUpTo(turn, Math.min(message.commit, verifiedIndex));
  answerAppliedReads(turn);
  context.send(memberAddress(state, leader), {
    type: 'append-accepted',
    term: state.term,
    index: verifiedIndex,
    round,
    ...countingMark(state),
  });
}

/** Leaves out entries that a snapshot stands for here: they are committed, so the leader's are the same. */
function withoutCompacted(
  { log }: RaftState,
  message: RaftMessageOf<'append-entries'>,
): Pick<RaftMessageOf<'append-entries'>, 'prevIndex' | 'prevTerm' | 'entries' | 'round'> {
  const compacted = log.firstIndex - 1 - message.prevIndex;
  if (compacted <= 0) return message;
  const { entries, round } = message;
  return { prevIndex: log.firstIndex - 1, prevTerm: log.baseTerm, entries: entries.slice(compacted), round };
}

/** Appends what the log lacks. An entry that is there with the same term is the same entry; only a different term is a conflict. */
function takeEntries(turn: RaftTurn, prevIndex: number, entries: RaftMessageOf<'append-entries'>['entries']): void {
  const { log } = turn.state;
  let known = 0;
  while (known < entries.length && termAt(log, prevIndex + 1 + known) === entries[known]?.term) known++;
  const conflictIndex = prevIndex + 1 + known;
  if (known < entries.length && conflictIndex <= lastIndex(log)) truncateEntries(turn, conflictIndex);
  appendEntries(turn, entries.slice(known));
}

function reject(turn: RaftTurn, leader: NodeId, message: RaftMessageOf<'append-entries'>, hintIndex: number): void {
  const { context, state } = turn;
  context.send(memberAddress(state, leader), {
    type: 'append-rejected',
    term: state.term,
    prevIndex: message.prevIndex,
    hintIndex,
    hintTerm: termAt(state.log, hintIndex) ?? 0,
    round: message.term < state.term ? NO_ROUND : message.round,
    ...countingMark(state),
  });
}

/** Leader: an answer of this leadership, from a follower; undefined if it is of another term or we do not lead. */
function progressOfAnswer(
  turn: RaftTurn,
  { term, round, unknown }: { readonly term: number; readonly round: number; readonly unknown?: boolean },
): { peer: NodeId; progress: Progress } | undefined {
  const { context, state } = turn;
  const peer = answeringPeer(context, state);
  if (peer === '') return undefined;
  observeTerm(turn, term);
  if (state.role !== 'leader' || term !== state.term || round === NO_ROUND) return undefined;
  const progress = progressOf(state, peer);
  // An answer may come again when the follower has long been gone: only to a round that it had not answered, it shows that it is there.
  const isNew = round > progress.heardRound;
  if (isNew) {
    progress.heardRound = round;
    progress.lastContactMs = context.nowMs();
  }
  if (unknown !== true) {
    progress.isKnown = true;
    progress.round = Math.max(progress.round, round);
  } else if (isNew) progress.isKnown = false;
  return { peer, progress };
}

/** Leader: the follower holds the log up to `index`. Answers may come late, twice and out of order. */
export function onAppendAccepted(turn: RaftTurn, message: RaftMessageOf<'append-accepted'>): void {
  const found = progressOfAnswer(turn, message);
  if (found === undefined) return;
  const { peer, progress } = found;
  assert(
    message.index <= lastIndex(turn.state.log),
    `${peer} accepted ${message.index}, which was never sent in this term`,
  );
  if (progress.mode === 'snapshot') noteSnapshotAccepted(turn, progress, message.index);
  noteAccepted(progress, message.index);
  if (message.unknown !== true) progress.counted = Math.max(progress.counted, message.index);
  afterProgress(turn);
  // What was committed may have ended this leadership, or the follower's membership.
  if (turn.state.progress.get(peer) !== progress) return;
  confirmRound(turn);
  replicateTo(turn, peer);
  if (turn.state.transfer?.to === peer) continueTransfer(turn);
}

/**
 * Leader: the follower's log parts from ours before `prevIndex`. Goes back to where they can agree at the latest: at the last of our
 * entries not beyond the hint whose term is at most the hint's (§5.3).
 */
export function onAppendRejected(turn: RaftTurn, message: RaftMessageOf<'append-rejected'>): void {
  const found = progressOfAnswer(turn, message);
  if (found === undefined) return;
  const { peer, progress } = found;
  const { log } = turn.state;
  const { prevIndex, hintIndex, hintTerm } = message;
  const most = Math.min(hintIndex, prevIndex - 1);
  // Before the beginning of our log nothing can be compared: the follower needs the snapshot.
  const agreeIndex = most < log.firstIndex - 1 ? most : lastIndexOfTermAtMost(log, most, hintTerm);
  if (noteRejected(progress, prevIndex, agreeIndex)) replicateTo(turn, peer);
  confirmRound(turn);
}

/** Leader: the follower has a part of the snapshot, and gets the next. */
export function onSnapshotReceived(turn: RaftTurn, message: RaftMessageOf<'snapshot-received'>): void {
  const found = progressOfAnswer(turn, message);
  if (found === undefined) return;
  if (noteReceived(found.progress, message)) replicateTo(turn, found.peer);
  confirmRound(turn);
}
