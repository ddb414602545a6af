import type { Plain } from '../../runtime/data.js';
import type { Operation } from '../histories/index.js';

/**
 * What an object is when one operation at a time happens to it: the specification that a history is judged by.
 *
 * `step` must be a function of its arguments alone and must not change the state that it is given.
 */
export interface Model<State> {
  readonly name: string;
  /** The object, or the part of it that `key` names, before anything has happened. */
  initial(key: string | null): State;
  /**
   * The state after the operation, or undefined where it cannot have answered so in this state. A `result` that is undefined is not known: whatever
   * the object would have answered is right.
   */
  step(state: State, operation: Operation): State | undefined;
  /** Equal for states that no operation can tell apart, different for others. */
  stateKey(state: State): string | number;
  /**
   * The part of the object that the operation is about. Operations on different parts must not influence each other; each part is then
   * checked alone, which is a great deal faster. Default: the whole object is one part.
   */
  partition?(operation: Operation): string | null;
  /** Operations of the same class step alike in every state; fewer classes mean less work. Default: each operation is a class. */
  classOf?(operation: Operation): string;
  /** Whether the operation leaves every state in which it is possible as it was. Those are never worth waiting with. Default: no. */
  isRead?(operation: Operation): boolean;
  /** What is wrong with an operation that the model does not know: it says what is expected. */
  fault?(operation: Operation): string | undefined;
  /** For whoever reads a counterexample. */
  describeState?(state: State): string;
}

/** `cas([1,2])`, `read() → 3`, `write(4) → ?` where the outcome is not known. */
export function describeOperation({ f, key, argument, result, returnedAt }: Operation): string {
  const about = [...(key === null ? [] : [key]), ...(argument === null ? [] : [textOf(argument)])].join(', ');
  const called = `${f}(${about})`;
  if (returnedAt === Infinity) return `${called} → ?`;
  if (result === false) return `${called} → refused`;
  return result === undefined || isEcho(argument, result) ? called : `${called} → ${textOf(result)}`;
}

/** The state in a few words. */
export function describeState<State>(model: Model<State>, state: State): string {
  return model.describeState?.(state) ?? String(model.stateKey(state));
}

/** A value as short text. */
export function textOf(value: Plain): string {
  if (value === null) return 'nil';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = JSON.stringify(value);
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX / 2)}…${text.slice(-TEXT_MAX / 2)}`;
}
const TEXT_MAX = 60;

/** Jepsen repeats the argument as the result of what has none. */
function isEcho(argument: Plain, result: Plain): boolean {
  return argument !== null && JSON.stringify(argument) === JSON.stringify(result);
}
