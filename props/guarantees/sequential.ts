import { isOpen, type Operation, type ProcessName } from '../histories/index.js';
import { describeOperation, type CheckOptions, type Model, type Verdict } from '../linearizability/index.js';

/** What came of it; where it is illegal, the longest order and what each process would have had to do next. */
export interface SequentialResult {
  readonly verdict: Verdict;
  readonly steps: number;
  readonly order: readonly Operation[];
  readonly refusals: readonly Operation[];
  readonly explanation?: string;
}

interface Frame {
  readonly positions: readonly number[];
  readonly states: ReadonlyMap<string | null, unknown>;
  readonly openTaken: ReadonlySet<Operation>;
  readonly candidates: readonly Operation[];
  next: number;
  /** The operation that led here. */
  readonly by: Operation | undefined;
}

const CONFIGURATIONS_MAX = 1_000_000;
const ASK_EVERY_STEPS = 4096;

/**
 * Sequential consistency (Lamport, 1979): whether there is an order of all operations that keeps the order of each process and gives every answer. Unlike
 * linearizability it asks nothing of the order between processes, and it does not hold of a whole because it holds of its parts, so
 * all keys are searched together: for small histories.
 */
export function checkSequential<State>(
  model: Model<State>,
  operations: readonly Operation[],
  { stepsMax = Infinity, goesOn = () => true }: CheckOptions = {},
): SequentialResult {
  const search = new SequentialSearch(model, operations);
  while (search.verdict === 'unknown' && search.steps < stepsMax) {
    if (search.steps % ASK_EVERY_STEPS === 0 && !goesOn({ steps: search.steps, parts: 1, partsDone: 0 })) break;
    if (search.isFull) break;
    search.step();
  }
  return search.result();
}

class SequentialSearch<State> {
  verdict: Verdict = 'unknown';
  steps = 0;

  private readonly processes: readonly (readonly Operation[])[];
  private readonly open: readonly { readonly operation: Operation; readonly process: number; readonly after: number }[];
  private readonly completedCount: number;
  private readonly seen = new Set<string>();
  private readonly numbers = new Map<Operation, number>();
  private readonly stack: Frame[] = [];
  private best: readonly Operation[] = [];
  private bestFrame: Frame;

  constructor(
    private readonly model: Model<State>,
    operations: readonly Operation[],
  ) {
    const inOrder = [...operations].sort((left, right) => left.calledAt - right.calledAt);
    const own = new Map<ProcessName, Operation[]>();
    const open: { readonly operation: Operation; readonly process: ProcessName; readonly after: number }[] = [];
    for (const operation of inOrder) {
      this.numbers.set(operation, this.numbers.size);
      const line = own.get(operation.process) ?? [];
      own.set(operation.process, line);
      if (isOpen(operation)) open.push({ operation, process: operation.process, after: line.length });
      else line.push(operation);
    }
    const names = [...own.keys()];
    this.processes = [...own.values()];
    this.open = open.map((one) => ({ ...one, process: names.indexOf(one.process) }));
    this.completedCount = inOrder.length - open.length;
    this.bestFrame = this.frame(
      this.processes.map(() => 0),
      new Map(),
      new Set(),
      undefined,
    );
    this.stack.push(this.bestFrame);
    if (this.completedCount === 0) this.verdict = 'legal';
  }

  get isFull(): boolean {
    return this.seen.size >= CONFIGURATIONS_MAX;
  }

  step(): void {
    this.steps++;
    const frame = this.stack.at(-1);
    if (frame === undefined) {
      this.verdict = 'illegal';
      return;
    }
    const operation = frame.candidates[frame.next++];
    if (operation === undefined) {
      this.stack.pop();
      return;
    }
    const key = this.partOf(operation);
    const state = this.stateOf(frame, key);
    const after = this.model.step(state, operation);
    if (after === undefined) return;
    const isSame = this.model.stateKey(after) === this.model.stateKey(state);
    if (isSame && isOpen(operation)) return;
    // A read that is possible is never worth waiting with.
    if (this.model.isRead?.(operation) === true) frame.next = frame.candidates.length;
    this.enter(frame, operation, key, after);
  }

  result(): SequentialResult {
    const { verdict, steps, bestFrame } = this;
    const refusals = bestFrame.candidates.filter((operation) => !isOpen(operation));
    const result = { verdict, steps, order: this.best, refusals };
    if (verdict !== 'illegal') return result;
    const next = refusals.map(
      (operation) => `process ${operation.process} (line ${operation.line}): ${describeOperation(operation)}`,
    );
    return {
      ...result,
      explanation: `behind the longest order, of ${this.best.length} operations, none of these can be next: ${next.join('; ')}`,
    };
  }

  private enter(frame: Frame, operation: Operation, key: string | null, after: State): void {
    const positions = [...frame.positions];
    const openTaken = isOpen(operation) ? new Set([...frame.openTaken, operation]) : frame.openTaken;
    if (!isOpen(operation)) {
      const process = this.processes.findIndex((line, index) => line[positions[index] ?? 0] === operation);
      positions[process] = (positions[process] ?? 0) + 1;
    }
    const entered = this.frame(positions, new Map([...frame.states, [key, after]]), openTaken, operation);
    const name = this.nameOf(entered);
    if (this.seen.has(name)) return;
    this.seen.add(name);
    this.stack.push(entered);
    if (positions.reduce((sum, position) => sum + position, 0) === this.completedCount) this.verdict = 'legal';
    if (this.verdict !== 'legal' && this.stack.length - 1 <= this.best.length) return;
    this.best = this.stack.flatMap(({ by }) => (by === undefined ? [] : [by]));
    this.bestFrame = entered;
  }

  private frame(
    positions: readonly number[],
    states: ReadonlyMap<string | null, unknown>,
    openTaken: ReadonlySet<Operation>,
    by: Operation | undefined,
  ): Frame {
    const next = this.processes.flatMap((line, process) => line[positions[process] ?? 0] ?? []);
    const reads = next.filter((operation) => this.model.isRead?.(operation) === true);
    const others = next.filter((operation) => this.model.isRead?.(operation) !== true);
    const open = this.open
      .filter(({ operation, process, after }) => !openTaken.has(operation) && (positions[process] ?? 0) >= after)
      .map(({ operation }) => operation);
    return { positions, states, openTaken, candidates: [...reads, ...others, ...open], next: 0, by };
  }

  private partOf(operation: Operation): string | null {
    return this.model.partition?.(operation) ?? null;
  }

  private stateOf(frame: Frame, key: string | null): State {
    return frame.states.has(key) ? (frame.states.get(key) as State) : this.model.initial(key);
  }

  private nameOf({ positions, states, openTaken }: Frame): string {
    const held = [...states].map(([key, state]) => `${String(key)}=${this.model.stateKey(state as State)}`).sort();
    const open = [...openTaken]
      .map((operation) => this.numbers.get(operation) ?? 0)
      .sort((left, right) => left - right);
    return JSON.stringify([positions, open, held]);
  }
}
