import { assert } from '../../runtime/assert.js';
import { isOpen, type Operation } from '../histories/index.js';
import type { Model } from './model.js';

/** No state: the operation is not possible. */
export const IMPOSSIBLE = -1;
/** No operation. */
export const NONE = -1;

const UNKNOWN_YET = -2;
const ROW_CLASSES_MAX = 256;
const REMEMBERED_MAX = 2_000_000;

/**
 * A history as numbers, for a search to go through fast. Operations: first those whose outcome is known, then the open ones, each in the order of their
 * calls. States and classes of operations are numbered as they are met, so that the model is asked once for each pair of them.
 */
export class CompiledHistory<State> {
  readonly operations: readonly Operation[];
  readonly count: number;
  /** Operations below this number have a known outcome; the others are open. */
  readonly completedCount: number;
  /** By operation: 1 where it changes no state. */
  readonly isRead: Uint8Array;
  /** By operation: the open one of the same class that was called next before it, or NONE. That one might as well take effect first. */
  readonly twinBefore: Int32Array;
  /** In the order of time: operation n calling is n, returning is ~n. Of events at one position, calls come first. */
  readonly events: Int32Array;
  readonly initialState: number;

  private readonly classes: Int32Array;
  private readonly classCount: number;
  private readonly states: State[] = [];
  private readonly stateNumbers = new Map<string | number, number>();
  private readonly rows: Int32Array[] = [];
  private readonly remembered = new Map<number, number>();

  constructor(
    readonly model: Model<State>,
    key: string | null,
    operations: readonly Operation[],
  ) {
    const inOrder = [...operations].sort((left, right) => left.calledAt - right.calledAt);
    const completed = inOrder.filter((operation) => !isOpen(operation));
    this.operations = [...completed, ...inOrder.filter(isOpen)];
    this.count = this.operations.length;
    for (const { calledAt, returnedAt } of this.operations)
      assert(calledAt <= returnedAt, 'nothing returns before its call');
    this.completedCount = completed.length;
    this.isRead = Uint8Array.from(this.operations, (operation) => (model.isRead?.(operation) === true ? 1 : 0));
    const numbers = new Map<string, number>();
    this.classes = Int32Array.from(this.operations, (operation, index) => {
      const name = model.classOf?.(operation) ?? `${index}`;
      const number = numbers.get(name) ?? numbers.size;
      numbers.set(name, number);
      return number;
    });
    this.classCount = numbers.size;
    this.twinBefore = this.findTwins();
    this.events = this.orderEvents();
    this.initialState = this.numberOf(model.initial(key));
  }

  get stateCount(): number {
    return this.states.length;
  }

  stateOf(number: number): State {
    const state = this.states[number];
    assert(state !== undefined, `state ${number} was never met`);
    return state;
  }

  operationOf(number: number): Operation {
    const operation = this.operations[number];
    assert(operation !== undefined, `there is no operation ${number}`);
    return operation;
  }

  isOpen(operation: number): boolean {
    return operation >= this.completedCount;
  }

  /** The state after the operation, or IMPOSSIBLE. */
  next(state: number, operation: number): number {
    const kind = this.classes[operation] ?? 0;
    if (this.classCount > ROW_CLASSES_MAX) return this.nextRemembered(state, kind, operation);
    const row = this.rows[state] ?? this.newRow(state);
    const known = row[kind] ?? UNKNOWN_YET;
    if (known !== UNKNOWN_YET) return known;
    const found = this.ask(state, operation);
    row[kind] = found;
    return found;
  }

  private nextRemembered(state: number, kind: number, operation: number): number {
    const pair = state * this.classCount + kind;
    const known = this.remembered.get(pair);
    if (known !== undefined) return known;
    const found = this.ask(state, operation);
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(pair, found);
    return found;
  }

  private newRow(state: number): Int32Array {
    const row = new Int32Array(this.classCount).fill(UNKNOWN_YET);
    this.rows[state] = row;
    return row;
  }

  private ask(state: number, operation: number): number {
    const after = this.model.step(this.stateOf(state), this.operationOf(operation));
    return after === undefined ? IMPOSSIBLE : this.numberOf(after);
  }

  private numberOf(state: State): number {
    const key = this.model.stateKey(state);
    const known = this.stateNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.states.length;
    this.states.push(state);
    this.stateNumbers.set(key, number);
    return number;
  }

  private findTwins(): Int32Array {
    const last = new Map<number, number>();
    const twins = new Int32Array(this.count).fill(NONE);
    for (let operation = this.completedCount; operation < this.count; operation++) {
      const kind = this.classes[operation] ?? 0;
      twins[operation] = last.get(kind) ?? NONE;
      last.set(kind, operation);
    }
    return twins;
  }

  private orderEvents(): Int32Array {
    const { operations, completedCount } = this;
    const events = new Int32Array(this.count + completedCount);
    for (let operation = 0; operation < this.count; operation++) events[operation] = operation;
    for (let operation = 0; operation < completedCount; operation++) events[this.count + operation] = ~operation;
    const timeOf = (event: number): number =>
      (event < 0 ? operations[~event]?.returnedAt : operations[event]?.calledAt) ?? Infinity;
    // Of events at one time calls come first: then the operations were under way together.
    return events.sort((left, right) => timeOf(left) - timeOf(right) || (left < 0 ? 1 : 0) - (right < 0 ? 1 : 0));
  }
}
