import type { Operation } from '../histories/index.js';
import { IMPOSSIBLE, type CompiledHistory } from './compiled-history.js';
import { describeOperation, describeState } from './model.js';
import type { DeadEnd } from './search.js';

/** Why a history is not linearizable, for whoever reads it. */
export interface Counterexample {
  readonly key: string | null;
  /** All operations of the part, in the order of their calls. */
  readonly operations: readonly Operation[];
  /** The longest legal order that was found, of operations called before the culprit returned. */
  readonly prefix: readonly Operation[];
  /** The state after each operation of the prefix, in words. */
  readonly prefixStates: readonly string[];
  readonly initialState: string;
  /** The first operation whose answer no order explains. */
  readonly culprit: Operation;
  /** Why none of the operations that might come next can. */
  readonly refusals: readonly Refusal[];
  /** States in which all orders that explain everything before the culprit's return end; the first few. */
  readonly states: readonly string[];
}

export interface Refusal {
  readonly operation: Operation;
  /** A sentence. */
  readonly reason: string;
}

/** Puts a dead end of the search into words. */
export function counterexampleOf<State>(
  history: CompiledHistory<State>,
  key: string | null,
  { culprit, prefix, state, states }: DeadEnd,
): Counterexample {
  const { model } = history;
  const words = (number: number): string => describeState(model, history.stateOf(number));
  const prefixStates: string[] = [];
  let at = history.initialState;
  for (const operation of prefix) {
    at = history.next(at, operation);
    prefixStates.push(words(at));
  }
  return {
    key,
    operations: [...history.operations].sort((left, right) => left.calledAt - right.calledAt),
    prefix: prefix.map((operation) => history.operationOf(operation)),
    prefixStates,
    initialState: words(history.initialState),
    culprit: history.operationOf(culprit),
    refusals: refusalsOf(history, culprit, prefix, state),
    states: [...new Set(states.map(words))],
  };
}

function refusalsOf<State>(
  history: CompiledHistory<State>,
  culprit: number,
  prefix: readonly number[],
  state: number,
): readonly Refusal[] {
  const done = new Set(prefix);
  const returned = history.operationOf(culprit).returnedAt;
  const stateWords = describeState(history.model, history.stateOf(state));
  const culpritWords = describeOperation(history.operationOf(culprit));
  const refusals: Refusal[] = [];
  history.operations.forEach((operation, number) => {
    if (done.has(number) || operation.calledAt > returned) return;
    const after = history.next(state, number);
    // An open operation that would change nothing explains nothing.
    if (after === state && history.isOpen(number)) return;
    const what = `process ${operation.process}: ${describeOperation(operation)}`;
    const why =
      after === IMPOSSIBLE
        ? `${what} cannot be next: the state is ${stateWords}`
        : `${what} could be next and lead to ${describeState(history.model, history.stateOf(after))}, but that does not help ${culpritWords}`;
    refusals.push({ operation, reason: why });
  });
  // The culprit first: it is what the reader looks for.
  const own = history.operationOf(culprit);
  return refusals.sort((left, right) => Number(right.operation === own) - Number(left.operation === own));
}
