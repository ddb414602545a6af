import { assert } from '../../../runtime/assert.js';
import {
  configurationIndex,
  followConfiguration,
  forgetConfigurations,
  noteConfigurations,
} from '../configuration/active.js';
import { appendEntry, lastIndex, prefixHashAt, requestBytesAt, truncateFrom, type LogEntry } from './log.js';
import { observeRaft } from '../observations.js';
import type { RaftTurn } from '../state.js';

/** The cell that holds `currentTerm` and `votedFor` (Figure 2, "persistent state on all servers"). */
export const HARD_STATE_CELL = 'hard-state';

/** Whatever this turn sends leaves only when these are durable; nothing here has to wait for that. */
export function saveHardState({ context, state }: RaftTurn): void {
  context.storage.put(HARD_STATE_CELL, { term: state.term, votedFor: state.votedFor });
}

/** Appends entries to the log, in memory and on disk, in one atomic record. */
export function appendEntries(turn: RaftTurn, entries: readonly LogEntry[]): void {
  const { context, state } = turn;
  if (entries.length === 0) return;
  const fromIndex = lastIndex(state.log) + 1;
  const hashes: number[] = [];
  for (const entry of entries) {
    const index = appendEntry(state.log, entry);
    const stored = context.storage.append({ ...entry });
    assert(stored === index, `the log on disk is at ${stored}, the one in memory at ${index}`);
    hashes.push(prefixHashAt(state.log, index));
    if (state.role === 'leader') state.uncommittedBytes += requestBytesAt(state.log, index);
  }
  noteWrite(turn);
  observeRaft(context, { type: 'raft-appended', fromIndex, terms: entries.map((entry) => entry.term), hashes });
  if (noteConfigurations(state, fromIndex, entries)) followConfiguration(turn);
}

/** This turn has written: all that leaves from now on waits for that, and the log as it is now is durable with it. */
export function noteWrite({ context, state }: RaftTurn): void {
  const lsn = context.storage.pendingLsn();
  state.pendingWrites.push({ lsn, index: lastIndex(state.log), sinceMs: context.nowMs() });
}

/**
 * Removes the entries from `fromIndex` on, because the leader of a later term has others there (§5.3). What waits to become
 * durable there is forgotten as well: an old record's durability must not count for the entries that take its place.
 */
export function truncateEntries(turn: RaftTurn, fromIndex: number): void {
  const { context, state } = turn;
  assert(state.role !== 'leader', 'a leader never removes entries of its own log');
  assert(fromIndex > state.commit, `entry ${fromIndex} is committed (${state.commit}) and may not be removed`);
  truncateFrom(state.log, fromIndex);
  context.storage.truncate(fromIndex);
  state.durableIndex = Math.min(state.durableIndex, fromIndex - 1);
  while ((state.pendingWrites.at(-1)?.index ?? 0) >= fromIndex) {
    const pending = state.pendingWrites.pop();
    const before = state.pendingWrites.at(-1)?.index ?? state.durableIndex;
    // The part of that append that stays.
    if (pending !== undefined && before < fromIndex - 1) {
      state.pendingWrites.push({ ...pending, index: fromIndex - 1 });
      break;
    }
  }
  observeRaft(context, { type: 'raft-truncated', fromIndex });
  if (forgetConfigurations(state, fromIndex)) followConfiguration(turn);
  assert(configurationIndex(state) < fromIndex, 'the configuration in force is in the log');
}

/** Notes what became durable; answers whether the durable end of the log has moved. */
export function noteDurable({ state }: RaftTurn, lsn: number): boolean {
  const before = state.durableIndex;
  let done = 0;
  for (const { lsn: needed, index } of state.pendingWrites) {
    if (needed > lsn) break;
    state.durableIndex = index;
    done++;
  }
  if (done > 0) state.pendingWrites.splice(0, done);
  assert(state.durableIndex >= before, 'durability does not go back');
  assert(state.durableIndex <= lastIndex(state.log), `durable up to ${state.durableIndex}, beyond the end of the log`);
  return state.durableIndex > before;
}
