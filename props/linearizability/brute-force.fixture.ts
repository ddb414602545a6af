import type { Operation } from '../histories/index.js';
import type { Model } from './model.js';

/** Tries every order of the operations, with every choice of open ones, and remembers nothing: slow, and plain enough to be believed. */
export function isLinearizableByForce<State>(model: Model<State>, operations: readonly Operation[]): boolean {
  const keys = new Set(operations.map((operation) => model.partition?.(operation) ?? null));
  return [...keys].every((key) => {
    const own = operations.filter((operation) => (model.partition?.(operation) ?? null) === key);
    return canGoOn(model, model.initial(key), own);
  });
}

function canGoOn<State>(model: Model<State>, state: State, left: readonly Operation[]): boolean {
  if (left.every(({ returnedAt }) => returnedAt === Infinity)) return true;
  return left.some((operation) => {
    const isFirst = left.every((other) => other === operation || operation.calledAt < other.returnedAt);
    const after = isFirst ? model.step(state, operation) : undefined;
    if (after === undefined) return false;
    const others = left.filter((other) => other !== operation);
    return canGoOn(model, after, others);
  });
}

/** Whether the operations, taken in this order, are what the model would have answered, and whether the order keeps to time. */
export function isOrderRight<State>(
  model: Model<State>,
  operations: readonly Operation[],
  order: readonly Operation[],
): boolean {
  if (new Set(order).size !== order.length) return false;
  if (operations.some((operation) => operation.returnedAt !== Infinity && !order.includes(operation))) return false;
  let state: State | undefined = model.initial(order[0] === undefined ? null : (model.partition?.(order[0]) ?? null));
  for (const [index, operation] of order.entries()) {
    if (order.slice(index).some((later) => later.returnedAt < operation.calledAt)) return false;
    state = state === undefined ? undefined : model.step(state, operation);
    if (state === undefined) return false;
  }
  return true;
}
