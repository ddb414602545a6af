import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeEffect, newFencedSink, type Effect } from './fenced-sink.js';
import { transition, type Guarded, type Machine } from './guarded-transition.js';
import { newSetIfAbsent, setIfAbsent, sweep } from './set-if-absent.js';
import { newUpsertTable, upsert } from './upsert.js';

const effects: fc.Arbitrary<readonly Effect[]> = fc.array(
  fc.record({
    executionId: fc.constantFrom('a', 'b', 'c'),
    attempt: fc.nat(4),
    fencingToken: fc.integer({ min: 1, max: 6 }),
  }),
);

describe('a fenced sink', () => {
  test('lets each execution have one effect, and calls stale exactly what comes under a lower token', () => {
    fc.assert(
      fc.property(effects, (arriving) => {
        const sink = newFencedSink(100);
        const applied = new Map<string, number>();
        const highest = new Map<string, number>();
        arriving.forEach((effect, index) => {
          const { executionId, fencingToken } = effect;
          const verdict = judgeEffect(sink, effect, index);
          const isOvertaken = fencingToken < (highest.get(executionId) ?? 0);
          expect(verdict.kind === 'stale').toBe(isOvertaken);
          if (verdict.kind === 'applied') {
            expect(applied.has(executionId)).toBe(false);
            applied.set(executionId, index);
          }
          if (verdict.kind === 'duplicate') expect(verdict.result).toBe(applied.get(executionId));
          if (!isOvertaken) highest.set(executionId, fencingToken);
        });
        expect(new Set(arriving.map(({ executionId }) => executionId))).toEqual(new Set(applied.keys()));
      }),
    );
  });

  test('remembers no more than its capacity', () => {
    const sink = newFencedSink(2);
    for (const executionId of ['a', 'b', 'c']) judgeEffect(sink, { executionId, attempt: 1, fencingToken: 1 }, null);
    expect([...sink.executions.keys()]).toEqual(['b', 'c']);
  });
});

test('set-if-absent: one goes on within the time to live, the others get what it left', () => {
  const guard = newSetIfAbsent();
  expect(setIfAbsent(guard, 'k', 'first', 0, 100)).toBeUndefined();
  expect(setIfAbsent(guard, 'k', 'second', 99, 100)).toEqual({ earlier: 'first' });
  expect(setIfAbsent(guard, 'other', 'x', 99, 100)).toBeUndefined();
  expect(setIfAbsent(guard, 'k', 'third', 100, 100)).toBeUndefined();
  sweep(guard, 199);
  expect([...guard.keys.keys()]).toEqual(['k']);
});

test('upsert: the row holds what the highest token wrote, in whatever order the writes come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (tokens) => {
      const table = newUpsertTable();
      let highest = 0;
      for (const token of tokens) {
        const verdict = upsert(table, 'row', `by ${token}`, token);
        const expected =
          highest === 0 ? 'inserted' : token > highest ? 'updated' : token === highest ? 'unchanged' : 'refused';
        expect(verdict).toBe(expected);
        highest = Math.max(highest, token);
      }
      expect(table.rows.get('row')).toEqual({ token: highest, value: `by ${highest}` });
    }),
  );
});

describe('a guarded transition', () => {
  type Order = 'OPEN' | 'PAID' | 'SHIPPED' | 'CANCELLED';
  const machine: Machine<Order> = {
    OPEN: ['PAID', 'CANCELLED'],
    PAID: ['SHIPPED', 'CANCELLED'],
    SHIPPED: [],
    CANCELLED: [],
  };
  const open: Guarded<Order> = { state: 'OPEN', version: 0, by: '' };

  test('takes place once; its repetition is known, another is refused', () => {
    const paid = transition(machine, open, 'PAID', 0, 'e1');
    expect(paid).toEqual({ kind: 'moved', after: { state: 'PAID', version: 1, by: 'e1' } });
    const after = paid.kind === 'moved' ? paid.after : open;
    expect(transition(machine, after, 'PAID', 0, 'e1').kind).toBe('repeated');
    expect(transition(machine, after, 'PAID', 0, 'e2').kind).toBe('refused');
    expect(transition(machine, after, 'SHIPPED', 0, 'e1').kind).toBe('refused');
    expect(transition(machine, after, 'SHIPPED', 1, 'e2').kind).toBe('moved');
  });

  test('moves only as the machine allows, each time by one version', () => {
    const states = Object.keys(machine) as Order[];
    const steps = fc.array(
      fc.record({ to: fc.constantFrom(...states), behind: fc.nat(2), by: fc.constantFrom('x', 'y') }),
    );
    fc.assert(
      fc.property(steps, (tries) => {
        let order = open;
        for (const { to, behind, by } of tries) {
          const verdict = transition(machine, order, to, Math.max(0, order.version - behind), by);
          if (verdict.kind !== 'moved') continue;
          expect(machine[order.state]).toContain(verdict.after.state);
          expect(verdict.after.version).toBe(order.version + 1);
          order = verdict.after;
        }
      }),
    );
  });
});
