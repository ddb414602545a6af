import * as fc from 'fast-check';
import { isOpen, type Operation } from '../histories/index.js';
import type { SessionGuarantee } from './session-demands.js';

const WRITES = 4;

/** A few sessions that write values, each once, and read some of them or what was there at first; some writes with an unknown outcome. */
export const arbitrarySessions: fc.Arbitrary<readonly Operation[]> = fc
  .record({
    writers: fc.array(fc.nat(2), { minLength: 1, maxLength: WRITES }),
    open: fc.array(fc.boolean(), { minLength: WRITES, maxLength: WRITES }),
    reads: fc.array(fc.record({ process: fc.nat(2), value: fc.nat(WRITES), at: fc.nat(8) }), { maxLength: 6 }),
  })
  .map(({ writers, open, reads }) => {
    const calls = writers.map((process, index) => ({ process, f: 'write', value: index + 1, at: index * 2 }));
    const seen = reads.map((read) => ({ ...read, f: 'read', value: Math.min(read.value, writers.length) }));
    const inOrder = [...calls, ...seen].sort((left, right) => left.at - right.at);
    return inOrder.map(({ process, f, value }, index): Operation => {
      const isLost = f === 'write' && open[value - 1] === true;
      return {
        ...{ process, f, key: null, line: index + 1, calledAt: 2 * index + 1 },
        argument: f === 'write' ? value : null,
        result: f === 'write' ? undefined : value === 0 ? null : value,
        returnedAt: isLost ? Infinity : 2 * index + 2,
      };
    });
  });

/** Tries all orders of the writes: whether there is one that every session sees in the asked ways. */
export function hasOrder(operations: readonly Operation[], guarantees: readonly SessionGuarantee[]): boolean {
  const written = operations.filter(({ f }) => f === 'write').map(({ argument }) => argument);
  return ordersOf(written).some((order) => {
    const placeOf = (value: unknown): number => order.indexOf(value as Operation['argument']);
    return operations.every((later) =>
      operations
        .filter((earlier) => earlier.process === later.process && earlier.calledAt < later.calledAt)
        .every((earlier) => guarantees.every((guarantee) => isKept(guarantee, earlier, later, placeOf))),
    );
  });
}

function isKept(
  guarantee: SessionGuarantee,
  earlier: Operation,
  later: Operation,
  placeOf: (value: unknown) => number,
): boolean {
  switch (guarantee) {
    case 'read-your-writes':
      if (earlier.f !== 'write' || later.f !== 'read' || isOpen(earlier)) return true;
      return placeOf(earlier.argument) <= placeOf(later.result);
    case 'monotonic-reads':
      if (earlier.f !== 'read' || later.f !== 'read') return true;
      return placeOf(earlier.result) <= placeOf(later.result);
    case 'monotonic-writes':
      if (earlier.f !== 'write' || later.f !== 'write' || isOpen(earlier)) return true;
      return placeOf(earlier.argument) < placeOf(later.argument);
    case 'writes-follow-reads':
      if (earlier.f !== 'read' || later.f !== 'write') return true;
      return placeOf(earlier.result) < placeOf(later.argument);
  }
}

/** What was there at first is not among them: it stands before all, at -1. */
function ordersOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, index) =>
    ordersOf(items.filter((_, other) => other !== index)).map((rest) => [first, ...rest]),
  );
}
