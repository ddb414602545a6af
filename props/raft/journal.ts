import type { Plain } from '../../runtime/data.js';
import type { StateMachine } from '../../protocols/raft/index.js';

/** A list that only grows: the smallest machine whose order, loss and doubling can be seen. */
export interface Journal {
  readonly ids: string[];
}

/** Commands are ids; the result is the position that the id got. A query's answer is the number of ids. */
export const journal: StateMachine<Journal> = Object.freeze({
  init: () => ({ ids: [] }),
  apply(state: Journal, command: Plain) {
    state.ids.push(String(command));
    return { result: state.ids.length - 1 };
  },
  query: (state: Journal) => state.ids.length,
});
