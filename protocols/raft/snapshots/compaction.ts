import { assert } from '../../../runtime/assert.js';
import { compactTo, prefixHashAt, termAt, type RaftLog } from '../log/log.js';
import { noteWrite } from '../log/durability.js';
import { observeRaft } from '../observations.js';
import type { RaftState, RaftTurn } from '../state.js';
import { makeSnapshot } from './snapshot.js';

/**
 * Takes a snapshot when enough has been applied since the last (§7), and drops the log before it but for the last entries, for followers
 * that are a little behind. Only what is durable is dropped; snapshot, and the end of what it stands for, are one record.
 */
export function compactWhenDue(turn: RaftTurn): void {
  const { context, state } = turn;
  const { parameters, applied } = state;
  const since = applied - (state.snapshot?.head.index ?? 0);
  const isDue = since >= parameters.compactAfterEntries || (since > 0 && context.faultPoint('raft.compact-early'));
  if (!isDue || state.durableIndex < applied) return;
  const { index, configuration } = configurationAt(state, applied);
  const term = termAt(state.log, applied);
  assert(term !== undefined, `the log has the entry ${applied} that was applied`);
  const prefixHash = prefixHashAt(state.log, applied);
  state.snapshot = makeSnapshot(turn.machine, state.replica, {
    index: applied,
    term,
    prefixHash,
    configurationIndex: index,
    configuration,
  });
  compactTo(
    state.log,
    Math.max(state.log.firstIndex - 1, Math.min(applied - parameters.keepEntries, sendingFrom(turn))),
  );
  dropConfigurations(state, applied);
  saveSnapshot(turn);
  noteWrite(turn);
  observeRaft(context, { type: 'raft-compacted', index: applied, firstIndex: state.log.firstIndex });
}

/**
 * The lowest index up to which a follower that is heard is being sent a snapshot: it will want what follows. Where that has grown beyond the
 * largest snapshot, it is better sent the next one; and one that never takes its own must not make the log grow for ever.
 */
function sendingFrom({ context, state }: RaftTurn): number {
  const { electionTimeoutMs, maxSnapshotBytes } = state.parameters;
  const sinceMs = context.nowMs() - electionTimeoutMs.max;
  let lowest = Infinity;
  for (const { sending, lastContactMs } of state.progress.values()) {
    if (sending !== undefined && lastContactMs >= sinceMs) lowest = Math.min(lowest, sending.snapshot.head.index);
  }
  return lowest === Infinity ? lowest : Math.max(lowest, lowestIndexWithin(state.log, maxSnapshotBytes));
}

/** The lowest index after which the log has no more than `maxBytes`. */
function lowestIndexWithin({ firstIndex, sizes }: RaftLog, maxBytes: number): number {
  let count = sizes.length;
  for (let bytes = 0; count > 0; count--) {
    bytes += sizes[count - 1] ?? 0;
    if (bytes > maxBytes) break;
  }
  return firstIndex + count - 1;
}

function configurationAt(state: RaftState, index: number): RaftState['configurations'][number] {
  const placed = state.configurations.findLast((candidate) => candidate.index <= index);
  assert(placed !== undefined, `some configuration is in force at ${index}`);
  return placed;
}

/** What came before the configuration at `index` can never be in force again: entries up to there are committed. */
function dropConfigurations({ configurations }: RaftState, index: number): void {
  const kept = configurations.findLastIndex((placed) => placed.index <= index);
  configurations.splice(0, kept);
}

/** Writes the snapshot together with where the log begins, in one record. */
export function saveSnapshot({ context, state }: RaftTurn): void {
  const { snapshot, log } = state;
  assert(snapshot !== undefined, 'there is a snapshot to be saved');
  const { baseTerm, baseHash } = log;
  const { head, image } = snapshot;
  context.storage.snapshot({ head: { ...head }, image, baseIndex: log.firstIndex - 1, baseTerm, baseHash });
  context.storage.compact(log.firstIndex - 1);
}
