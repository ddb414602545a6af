import { hasTopPriority } from '../election/priorities.js';
import { lastIndex, type LogEntry } from '../log/log.js';
import { observeRaft } from '../observations.js';
import { setFollowers } from '../replication/progress.js';
import type { RaftState, RaftTurn } from '../state.js';
import { isVoter, membersOf } from './configuration.js';

/** The index of the entry that made the configuration in force. */
export function configurationIndex(state: RaftState): number {
  return state.configurations.at(-1)?.index ?? 0;
}

/**
 * Whether this member may stand for election: its disk is known, and it votes, or it did before a change that is not known as committed. It can be the only one
 * that has the change, and so the only one that can be elected (thesis, §4.2.2).
 */
export function mayStand({ configurations, configuration, self, commit, identity }: RaftState): boolean {
  if (!identity.isKnown) return false;
  if (isVoter(configuration, self)) return true;
  return configurations.some(
    (placed, n) => isVoter(placed.configuration, self) && (configurations[n + 1]?.index ?? 0) > commit,
  );
}

/** Entries from `fromIndex` on have come into the log: the last configuration among them is in force from now on, committed or not (thesis, §4.1). */
export function noteConfigurations(state: RaftState, fromIndex: number, entries: readonly LogEntry[]): boolean {
  let isChanged = false;
  entries.forEach(({ configuration }, offset) => {
    if (configuration === undefined) return;
    state.configurations.push({ index: fromIndex + offset, configuration });
    isChanged = true;
  });
  if (isChanged) bringIntoForce(state);
  return isChanged;
}

/** The entries from `fromIndex` on were removed: the last configuration before them is in force again. */
export function forgetConfigurations(state: RaftState, fromIndex: number): boolean {
  const before = state.configurations.length;
  while (configurationIndex(state) >= fromIndex) state.configurations.pop();
  if (state.configurations.length === before) return false;
  bringIntoForce(state);
  return true;
}

/** A snapshot has come in the place of the log: its configuration is the only one that is known. */
export function replaceConfigurations(state: RaftState, placed: RaftState['configurations'][number]): void {
  state.configurations.splice(0, state.configurations.length, placed);
  bringIntoForce(state);
}

function bringIntoForce(state: RaftState): void {
  state.configuration = state.configurations.at(-1)?.configuration ?? state.configuration;
  state.peers = membersOf(state.configuration).filter((member) => member !== state.self);
  state.hasTopPriority = hasTopPriority(state);
}

/** In the turn in which another configuration has come into force: a leader follows it, and everybody says so. */
export function followConfiguration(turn: RaftTurn): void {
  const { context, state } = turn;
  if (state.role === 'leader') {
    setFollowers(state.progress, state.peers, lastIndex(state.log), context.nowMs());
  }
  observeConfiguration(turn);
}

export function observeConfiguration({ context, state }: RaftTurn): void {
  const { voters, outgoing, learners } = state.configuration;
  const index = configurationIndex(state);
  observeRaft(context, { type: 'raft-configured', index, term: state.term, voters, outgoing, learners });
}
