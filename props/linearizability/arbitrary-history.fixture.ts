import * as fc from 'fast-check';
import type { Plain } from '../../runtime/data.js';
import { pairEvents, type HistoryEvent, type Operation } from '../histories/index.js';

/** What a process asks, and the answers that it may be given. */
export interface Call {
  readonly f: string;
  readonly key: string | null;
  readonly argument: Plain;
  readonly result: Plain | undefined;
}

interface Move {
  readonly process: number;
  readonly call: Call;
  readonly outcome: 'ok' | 'info';
}

const PROCESSES = 3;

/**
 * Histories of a few processes that call and answer in any interleaving. Answers are drawn, so that some histories are legal and many are
 * nearly so; an operation that stays open costs its process, which goes on under another name.
 */
export function arbitraryHistory(call: fc.Arbitrary<Call>, operationsMax: number): fc.Arbitrary<readonly Operation[]> {
  const move = fc.record({
    process: fc.nat(PROCESSES - 1),
    call,
    outcome: fc.constantFrom<'ok' | 'info'>('ok', 'ok', 'ok', 'info'),
  });
  return fc
    .array(move, { minLength: 1, maxLength: 2 * operationsMax })
    .map((moves) => operationsOf(moves, operationsMax));
}

/** Each move calls, where its process is idle, or lets the process answer. */
function operationsOf(moves: readonly Move[], operationsMax: number): readonly Operation[] {
  const names = Array.from({ length: PROCESSES }, (_, process) => process);
  const underWay = new Map<number, Call>();
  const events: HistoryEvent[] = [];
  let called = 0;
  moves.forEach(({ process, call, outcome }, index) => {
    const name = names[process] ?? process;
    const begun = underWay.get(name);
    const line = index + 1;
    if (begun === undefined) {
      if (called++ >= operationsMax) return;
      underWay.set(name, call);
      events.push({ process: name, type: 'invoke', f: call.f, key: call.key, value: call.argument, line });
      return;
    }
    underWay.delete(name);
    events.push({ process: name, type: outcome, f: begun.f, key: begun.key, value: begun.result, line });
    if (outcome === 'info') names[process] = name + PROCESSES;
  });
  return pairEvents(events, 'drawn');
}

/** Calls to a register whose values are so few that answers often fit. */
export const registerCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    f: fc.constant('read'),
    key: fc.constant(null),
    argument: fc.constant(null),
    result: fc.constantFrom(null, 0, 1, undefined),
  }),
  fc.record({
    f: fc.constant('write'),
    key: fc.constant(null),
    argument: fc.constantFrom(0, 1),
    result: fc.constant(null),
  }),
  fc.record({
    f: fc.constant('cas'),
    key: fc.constant(null),
    argument: fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)),
    result: fc.constantFrom(null, false),
  }),
);

export const keyedCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    f: fc.constant('get'),
    key: fc.constantFrom('x', 'y'),
    argument: fc.constant(null),
    result: fc.constantFrom('', 'a', 'ab', 'b', undefined),
  }),
  fc.record({
    f: fc.constant('append'),
    key: fc.constantFrom('x', 'y'),
    argument: fc.constantFrom('a', 'b'),
    result: fc.constant(null),
  }),
  fc.record({
    f: fc.constant('put'),
    key: fc.constantFrom('x', 'y'),
    argument: fc.constantFrom('', 'a'),
    result: fc.constant(null),
  }),
);

export const queueCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    f: fc.constant('enqueue'),
    key: fc.constant(null),
    argument: fc.constantFrom(1, 2),
    result: fc.constant(null),
  }),
  fc.record({
    f: fc.constant('dequeue'),
    key: fc.constant(null),
    argument: fc.constant(null),
    result: fc.constantFrom(null, 1, 2, undefined),
  }),
);

export const mutexCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    f: fc.constant('acquire'),
    key: fc.constant(null),
    argument: fc.constant(null),
    result: fc.constantFrom(null, false, 1, 2),
  }),
  fc.record({
    f: fc.constant('release'),
    key: fc.constant(null),
    argument: fc.constant(null),
    result: fc.constantFrom(null, false),
  }),
  fc.record({
    f: fc.constant('use'),
    key: fc.constant(null),
    argument: fc.constantFrom(1, 2),
    result: fc.constantFrom(null, false),
  }),
);

export const transactionCall: fc.Arbitrary<Call> = fc
  .array(fc.tuple(fc.constantFrom('read', 'write'), fc.constantFrom('x', 'y'), fc.constantFrom(0, 1, null)), {
    minLength: 1,
    maxLength: 2,
  })
  .map((steps) => ({
    f: 'txn',
    key: null,
    argument: steps.map(([kind, name, value]) => [kind, name, kind === 'read' ? null : value]),
    result: steps.map((step) => [...step]),
  }));
