import type { Plain } from '../../runtime/data.js';
import { HistoryError, type Operation, type ProcessName } from '../histories/index.js';
import { describeOperation, plainKey } from '../linearizability/index.js';
import { Demands, isMark, SessionDemands, type Demand, type SessionGuarantee } from './session-demands.js';

export const SESSION_GUARANTEES: readonly SessionGuarantee[] = [
  'read-your-writes',
  'monotonic-reads',
  'monotonic-writes',
  'writes-follow-reads',
];

/** Why no order of the writes of a key keeps the guarantees. */
export interface SessionViolation {
  readonly key: string | null;
  /** The operations that contradict each other, and what each pair of them demands. */
  readonly culprit: Operation;
  readonly explanation: string;
}

const READS: ReadonlySet<string> = new Set(['read', 'get']);
const WRITES: ReadonlySet<string> = new Set(['write', 'put']);
const INITIAL = 'at first';
const AFTER_FIRST = { before: INITIAL, guarantee: 'monotonic-writes' } as const;

/**
 * Whether the writes of each key can be put in one order that every session (a process) sees in the asked ways: it sees its own writes, never an older value
 * after a newer one, and its writes come in their order and behind what it had read. Nothing is asked of the order between sessions.
 *
 * Values tell which write was read, so each must be written once.
 * @returns undefined where it is so.
 * @throws HistoryError naming the line of a value that is written twice, or an operation that neither reads nor writes.
 */
export function findSessionViolation(
  operations: readonly Operation[],
  guarantees: readonly SessionGuarantee[],
  initial: Plain,
  file = 'the history',
): SessionViolation | undefined {
  const keys = new Map<string | null, Operation[]>();
  for (const operation of [...operations].sort((left, right) => left.calledAt - right.calledAt)) {
    requireReadOrWrite(operation, file);
    const own = keys.get(operation.key) ?? [];
    keys.set(operation.key, own);
    own.push(operation);
  }
  for (const [key, own] of keys) {
    const found = judgeKey(key, own, new Set(guarantees), initial, file);
    if (found !== undefined) return found;
  }
  return undefined;
}

function requireReadOrWrite({ f, line }: Operation, file: string): void {
  if (READS.has(f) || WRITES.has(f)) return;
  throw new HistoryError(
    file,
    line,
    `sessions are judged by read, get, write and put; there is no saying what ${f} saw`,
  );
}

function judgeKey(
  key: string | null,
  operations: readonly Operation[],
  guarantees: ReadonlySet<SessionGuarantee>,
  initial: Plain,
  file: string,
): SessionViolation | undefined {
  const writes = writesOf(operations, initial, file);
  const demands = new Demands(guarantees);
  const sessions = new Map<ProcessName, SessionDemands>();
  for (const operation of operations) {
    const session = sessions.get(operation.process) ?? new SessionDemands(demands);
    sessions.set(operation.process, session);
    if (WRITES.has(operation.f)) {
      session.write(operation, nameOf(operation.argument));
    } else if (operation.result !== undefined) {
      const value = nameOfRead(operation.result, initial);
      if (value !== INITIAL && !writes.has(value)) {
        return { key, culprit: operation, explanation: `${describeOperation(operation)}: nobody wrote that` };
      }
      session.read(operation, value);
    }
  }
  const fromFirst = [...writes].map(([after, because]) => ({ ...AFTER_FIRST, after, because }));
  return contradiction(key, [...demands.all, ...fromFirst]);
}

function writesOf(operations: readonly Operation[], initial: Plain, file: string): ReadonlyMap<string, Operation> {
  const writes = new Map<string, Operation>();
  for (const operation of operations) {
    if (!WRITES.has(operation.f)) continue;
    const value = nameOf(operation.argument);
    const other = writes.get(value);
    if (other !== undefined || value === nameOf(initial)) {
      const where = other === undefined ? 'what was there at first' : `written at line ${other.line} too`;
      throw new HistoryError(
        file,
        operation.line,
        `${value} is ${where}; sessions can be judged only where each value is written once`,
      );
    }
    writes.set(value, operation);
  }
  return writes;
}

function nameOf(value: Plain): string {
  return String(plainKey(value));
}

function nameOfRead(value: Plain, initial: Plain): string {
  const name = nameOf(value);
  return name === nameOf(initial) ? INITIAL : name;
}

/** Looks for writes each of which must come before the next, and the last before the first. */
function contradiction(key: string | null, demands: readonly Demand[]): SessionViolation | undefined {
  const from = new Map<string, Demand[]>();
  for (const demand of demands) {
    const known = from.get(demand.before);
    if (known === undefined) from.set(demand.before, [demand]);
    else known.push(demand);
  }
  const done = new Set<string>();
  for (const start of from.keys()) {
    const cycle = findCycle(start, from, done);
    if (cycle === undefined) continue;
    const between = betweenWrites(cycle);
    const told = between.filter(({ before }) => before !== INITIAL);
    const last = told.reduce((latest, demand) => (demand.because.calledAt > latest.because.calledAt ? demand : latest));
    const sentences = between.map(({ before, after, guarantee, because }) =>
      before === INITIAL
        ? `${after} was written after what was there at first`
        : `${before} comes before ${after} (${guarantee}: line ${because.line}, process ${because.process}, ${describeOperation(because)})`,
    );
    return { key, culprit: last.because, explanation: sentences.join('; but ') };
  }
  return undefined;
}

/** The same circle from write to write: a demand that leads over marks is told as the one that it ends with. */
function betweenWrites(cycle: readonly Demand[]): readonly Demand[] {
  const start = cycle.findIndex(({ before }) => !isMark(before));
  const told: Demand[] = [];
  let before = '';
  for (const demand of [...cycle.slice(start), ...cycle.slice(0, start)]) {
    if (!isMark(demand.before)) before = demand.before;
    if (!isMark(demand.after)) told.push({ ...demand, before });
  }
  return told;
}

function findCycle(
  start: string,
  from: ReadonlyMap<string, readonly Demand[]>,
  done: Set<string>,
): readonly Demand[] | undefined {
  const path: Demand[] = [];
  const depthOf = new Map<string, number>([[start, 0]]);
  const nextOf = new Map<string, number>();
  let at = start;
  for (;;) {
    const index = nextOf.get(at) ?? 0;
    nextOf.set(at, index + 1);
    const demand = from.get(at)?.[index];
    if (demand === undefined) {
      done.add(at);
      depthOf.delete(at);
      const back = path.pop();
      if (back === undefined) return undefined;
      at = back.before;
      continue;
    }
    const depth = depthOf.get(demand.after);
    if (depth !== undefined) return [...path.slice(depth), demand];
    if (done.has(demand.after)) continue;
    path.push(demand);
    depthOf.set(demand.after, path.length);
    at = demand.after;
  }
}
