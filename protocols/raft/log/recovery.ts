import type { Durable } from '../../../runtime/actor.js';
import { assert } from '../../../runtime/assert.js';
import { noteConfigurations, replaceConfigurations } from '../configuration/active.js';
import { HARD_STATE_CELL } from './durability.js';
import { recoverIdentity } from '../identity/identity.js';
import { isIntact, replicaOf } from '../snapshots/snapshot.js';
import type { Snapshot } from '../snapshots/types.js';
import { appendEntry, lastIndex, lastTerm, resetLog, type LogEntry } from './log.js';
import type { AnyStateMachine } from '../machine.js';
import { observeRaft } from '../observations.js';
import type { RaftParameters } from '../parameters.js';
import { initialState, type RaftState, type RaftTurn } from '../state.js';

const OBSERVED_ENTRIES_MAX = 128;

/**
 * After a crash (§5.1, "persistent state"): term, vote and log come back, everything else begins anew. The machine is rebuilt by
 * applying the log again as its commitment becomes known.
 */
export function recoverState(durable: Durable, parameters: RaftParameters, machine: AnyStateMachine): RaftState {
  const state = initialState(parameters, machine);
  state.wasRecovered = true;
  const hardState = durable.cells.get(HARD_STATE_CELL) as
    { readonly term: number; readonly votedFor: string } | undefined;
  state.term = hardState?.term ?? 0;
  state.votedFor = hardState?.votedFor ?? '';
  if (durable.snapshot === undefined) {
    assert(
      durable.log.firstIndex === 1,
      `the log begins at ${durable.log.firstIndex}, and there is no snapshot of what was before`,
    );
  } else recoverSnapshot(state, machine, durable.snapshot as unknown as StoredSnapshot, durable.log.firstIndex);
  for (const entry of durable.log.entries) {
    appendEntry(state.log, entry as unknown as LogEntry);
  }
  noteRecoveredConfigurations(state);
  const last = lastTerm(state.log);
  assert(last <= state.term, `the log holds an entry of term ${last}, later than our own term ${state.term}`);
  state.durableIndex = lastIndex(state.log);
  recoverIdentity(state.identity, durable.cells, hardState !== undefined || durable.snapshot !== undefined);
  return state;
}

type StoredSnapshot = Snapshot & { readonly baseIndex: number; readonly baseTerm: number; readonly baseHash: number };

/** The machine as of the snapshot, and a log that goes on after it or a little before (§7). */
function recoverSnapshot(state: RaftState, machine: AnyStateMachine, stored: StoredSnapshot, firstIndex: number): void {
  const { head, image, baseIndex, baseTerm, baseHash } = stored;
  assert(
    firstIndex === baseIndex + 1,
    `the log begins at ${firstIndex}, but the snapshot was made for one from ${baseIndex + 1} on`,
  );
  resetLog(state.log, baseIndex, baseTerm, baseHash);
  const snapshot = { head, image };
  const replica = replicaOf(machine, snapshot);
  assert(replica !== undefined && isIntact(snapshot), 'the snapshot on disk is as it was written');
  Object.assign(state.replica, replica);
  state.snapshot = snapshot;
  state.commit = head.index;
  state.applied = head.index;
}

/** Those of the log that the snapshot does not have already. */
function noteRecoveredConfigurations(state: RaftState): void {
  const { snapshot, log } = state;
  const from = Math.max(log.firstIndex, (snapshot?.head.index ?? 0) + 1);
  if (snapshot !== undefined) {
    const { configurationIndex, configuration } = snapshot.head;
    replaceConfigurations(state, { index: configurationIndex, configuration });
  }
  noteConfigurations(state, from, log.entries.slice(from - log.firstIndex));
}

export function observeRecovery({ context, state }: RaftTurn): void {
  if (!state.wasRecovered) return;
  const { log, term, votedFor } = state;
  const tail = log.entries.slice(-OBSERVED_ENTRIES_MAX);
  observeRaft(context, {
    type: 'raft-recovered',
    term,
    votedFor,
    lastIndex: lastIndex(log),
    terms: tail.map((entry) => entry.term),
    hashes: log.prefixHashes.slice(-OBSERVED_ENTRIES_MAX),
  });
}
