import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, isConflict, mergeRegisters, writtenOver, type Register } from './register.js';

/** One version has one value, as it has where every version is written once. */
const register: fc.Arbitrary<Register> = fc
  .record({ counter: fc.integer({ min: 1, max: 4 }), writer: fc.constantFrom('n1', 'n2', 'n3'), deleted: fc.boolean() })
  .map(({ counter, writer, deleted: drawn }) => {
    const deleted = drawn && counter === 2;
    const value = deleted ? null : `${counter}-${writer}`;
    const over = { overCounter: 0, overWriter: '' };
    return { key: 'k', counter, writer: deleted ? 'n9' : writer, value, deleted, leaseId: '', changes: 1, ...over };
  });

describe('merging registers: the last writer wins', () => {
  it('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(register, register, register, (a, b, c) => {
        expect(mergeRegisters(a, b)).toEqual(mergeRegisters(b, a));
        expect(mergeRegisters(a, mergeRegisters(b, c))).toEqual(mergeRegisters(mergeRegisters(a, b), c));
        expect(mergeRegisters(a, a)).toEqual(a);
      }),
    );
  });

  it('agrees at every replica whatever the order and the repetitions', () => {
    const heard = fc.array(register, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        heard.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
        ),
        ([first, second]) => {
          const fold = (all: readonly Register[]) =>
            all.reduce<Register | undefined>((mine, theirs) => mergeRegisters(mine, theirs), undefined);
          expect(fold(first)).toEqual(fold(second));
        },
      ),
    );
  });

  it('lets a write by someone who saw the former value win over it, whoever it is', () => {
    fc.assert(
      fc.property(register, fc.constantFrom('n0', 'n2', 'z9'), (before, writer) => {
        const after = writtenOver(before, writer, before.counter + 1, {
          key: 'k',
          value: 1,
          deleted: false,
          leaseId: '',
        });
        expect(compareVersions(after, before)).toBeGreaterThan(0);
        expect(mergeRegisters(before, after)).toBe(after);
      }),
    );
  });

  it('keeps a deletion against what was there before it', () => {
    const put = writtenOver(undefined, 'n1', 1, { key: 'k', value: 1, deleted: false, leaseId: '' });
    const tombstone = writtenOver(put, 'n2', 2, { key: 'k', value: null, deleted: true, leaseId: '' });
    expect(mergeRegisters(tombstone, put)).toBe(tombstone);
    expect(writtenOver(tombstone, 'n1', 3, { key: 'k', value: 2, deleted: false, leaseId: '' })).toMatchObject({
      counter: 3,
      changes: 1,
    });
  });

  it('calls it a conflict when neither writer had seen the other, and only then', () => {
    const at = (counter: number, writer: string, before?: Register): Register =>
      writtenOver(before, writer, counter, { key: 'k', value: counter, deleted: false, leaseId: '' });
    const first = at(1, 'n1');
    const second = at(2, 'n1', first);
    const third = at(3, 'n2', second);
    const concurrent = at(9, 'n3', first);
    for (const [a, b] of [
      [first, second],
      [second, third],
      [first, third],
      [first, concurrent],
      [third, third],
    ] as const) {
      expect([isConflict(a, b), isConflict(b, a)]).toEqual([false, false]);
    }
    expect([isConflict(second, concurrent), isConflict(concurrent, second)]).toEqual([true, true]);
    expect(isConflict(at(2, 'n1', first), at(2, 'n2', first))).toBe(true);
  });
});
