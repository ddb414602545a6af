import type { Plain } from '../../runtime/data.js';
import type { Operation } from '../histories/index.js';
import { samePlain } from './models/values.js';

/** What an operation does to a register or a key, as far as the history itself tells. */
interface Touch {
  readonly operation: Operation;
  /** The register or key. */
  readonly part: string;
  /** What it may set it to; undefined where it sets nothing. */
  readonly sets: Plain | undefined;
  /** What the part certainly holds at the moment of the operation (after it, where it writes). */
  readonly shows: Plain | undefined;
}

/**
 * The history with one read more, by a process of its own, of a value that was overwritten before: something shows the part to hold another value
 * after all that can have set the value it tells, and nothing can set it again before the read has ended. So no order explains it, whatever
 * else may. Undefined where there is no place for one.
 */
export function withStaleRead(
  operations: readonly Operation[],
  initial: Plain,
): { readonly operations: readonly Operation[]; readonly stale: Operation } | undefined {
  const touches = operations.flatMap(touchesOf);
  for (const later of touches.toReversed()) {
    if (later.shows === undefined || later.operation.returnedAt === Infinity) continue;
    const values = touches
      .filter(({ part, operation }) => part === later.part && operation.returnedAt < later.operation.calledAt)
      .flatMap(({ sets }) => (sets === undefined ? [] : [sets]));
    for (const value of [initial, ...values]) {
      if (samePlain(value, later.shows)) continue;
      if (touches.some((touch) => canSetAgain(touch, later.part, value, later.operation))) continue;
      const stale = staleRead(later.operation, later.part, value);
      return { operations: [...operations, stale], stale };
    }
  }
  return undefined;
}

/** Whether the operation can set the value after `shown` took effect and before the read that comes right behind it. */
function canSetAgain({ operation, part, sets }: Touch, own: string, value: Plain, shown: Operation): boolean {
  if (part !== own || sets === undefined || operation === shown) return false;
  const mayBe = samePlain(sets, value) || (operation.f === 'append' && operation.returnedAt === Infinity);
  return mayBe && operation.returnedAt > shown.calledAt && operation.calledAt < shown.returnedAt;
}

/** Between the answer of `shown` and whatever comes next. */
function staleRead(shown: Operation, part: string, value: Plain): Operation {
  const [calledAt, returnedAt] = [shown.returnedAt + 0.25, shown.returnedAt + 0.5];
  const by = { process: 'late reader', calledAt, returnedAt, line: 0 };
  if (shown.f === 'txn') {
    return { ...by, f: 'txn', key: null, argument: [['read', part, null]], result: [['read', part, value]] };
  }
  const isKeyed = shown.key !== null;
  return { ...by, f: isKeyed ? 'get' : 'read', key: isKeyed ? part : null, argument: null, result: value };
}

function touchesOf(operation: Operation): readonly Touch[] {
  const { f, key, argument, result } = operation;
  const isKnown = operation.returnedAt !== Infinity;
  const touch = (part: string, sets: Plain | undefined, shows: Plain | undefined): Touch => ({
    operation,
    part,
    sets,
    shows,
  });
  const part = key ?? '';
  switch (f) {
    case 'write':
    case 'put':
      return [touch(part, argument, isKnown ? argument : undefined)];
    case 'cas': {
      const [, after = null] = argument as readonly Plain[];
      return result === false ? [] : [touch(part, after, isKnown ? after : undefined)];
    }
    case 'read':
      return [touch(part, undefined, result)];
    // Texts only grow, so what somebody got is overwritten once somebody got more.
    case 'get':
      return [touch(part, result, result)];
    case 'append':
      return [];
    case 'txn':
      return stepsTouch(operation, touch);
    default:
      return [];
  }
}

function stepsTouch(
  { argument, result, returnedAt }: Operation,
  touch: (part: string, sets: Plain | undefined, shows: Plain | undefined) => Touch,
): readonly Touch[] {
  const steps = (result ?? argument) as readonly (readonly Plain[])[];
  return steps.map(([kind, name, value]) => {
    const isWrite = kind === 'write';
    return touch(String(name), isWrite ? value : undefined, returnedAt === Infinity ? undefined : value);
  });
}
