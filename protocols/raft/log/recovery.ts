import type { Durable } from '../../../runtime/actor.js';
import { assert } from '../../../runtime/assert.js';
import { noteConfigurations } from '../configuration/active.js';
import { HARD_STATE_CELL } from './durability.js';
import { appendEntry, lastIndex, type LogEntry } from './log.js';
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
  assert(durable.log.firstIndex === 1, `the log begins at ${durable.log.firstIndex}, but nothing ever compacts it`);
  for (const entry of durable.log.entries) {
    appendEntry(state.log, entry as unknown as LogEntry);
  }
  noteConfigurations(state, 1, state.log.entries);
  const last = state.log.entries.at(-1)?.term ?? 0;
  assert(last <= state.term, `the log holds an entry of term ${last}, later than our own term ${state.term}`);
  state.durableIndex = lastIndex(state.log);
  return state;
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
