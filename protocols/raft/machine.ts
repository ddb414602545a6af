import type { Plain } from '../../runtime/data.js';

/** What applying a command gave. */
export interface Applied {
  /** The answer to the proposer. Every replica computes the same. */
  readonly result: Plain;
  /** What subscribers on each replica's own node are told, in log order; absent: nothing. */
  readonly notice?: Plain;
}

/**
 * A replicated state machine: pure functions over one value of plain data (Map and Set allowed). Same commands in the same
 * order, same states and results on every replica; so no clock, no randomness, nothing of the node.
 */
export interface StateMachine<State> {
  init(): State;
  /** Applies the command of the entry at `index`; may change `state` in place. A command that makes no sense is a result, not an exception. */
  apply(state: State, command: Plain, index: number): Applied;
  /** The state as plain data, for snapshots, and back. Default: any state of plain data, Map, Set and typed arrays. */
  toImage?(state: State): Plain;
  ofImage?(image: Plain): State;
  /** What subscribers are told where the state came by a snapshot, in place of all notices up to then. Default: null. */
  summary?(state: State): Plain;
  /** Answers a query; must not change the state. */
  query(state: State, query: Plain): Plain;
}

/** A state machine of which only the outside is known. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the state is private to the machine
export type AnyStateMachine = StateMachine<any>;
