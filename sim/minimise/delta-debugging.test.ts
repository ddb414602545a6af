import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimalItems } from './delta-debugging.js';

type Oracle = (kept: readonly number[]) => boolean;

/** Runs the search with an oracle in place of runs; tells what was asked. */
function minimise(
  items: readonly number[],
  fails: Oracle,
): { result: readonly number[]; asked: (readonly number[])[] } {
  const asked: (readonly number[])[] = [];
  const search = minimalItems<number, readonly number[], boolean>(items, function* (kept) {
    return yield kept;
  });
  let step = search.next();
  while (step.done !== true) {
    asked.push(step.value);
    step = search.next(fails(step.value));
  }
  return { result: step.value, asked };
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const without = (items: readonly number[], at: number): readonly number[] => items.filter((_, index) => index !== at);

describe('delta debugging', () => {
  it('finds exactly what is needed, where nothing else matters, in the order of the items', () => {
    const cases = fc.nat(80).chain((length) => fc.tuple(fc.constant(length), fc.subarray(range(length))));
    fc.assert(
      fc.property(cases, ([length, needed]) => {
        const { result } = minimise(range(length), (kept) => needed.every((item) => kept.includes(item)));
        expect(result).toEqual(needed);
      }),
    );
  });

  it('ends at what fails and is 1-minimal, whatever the oracle answers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 14 }),
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        (length, salt, one) => {
          const whole = range(length).join();
          // Any function of the kept items, by no means monotone; only the whole must fail.
          const fails: Oracle = (kept) => kept.join() === whole || hash(`${salt} ${kept.join()}`) % (one + 1) === 0;
          const { result } = minimise(range(length), fails);
          expect(fails(result)).toBe(true);
          expect(result.filter((_, at) => fails(without(result, at)))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('asks few questions where few of many items matter', () => {
    const { result, asked } = minimise(range(1000), (kept) => kept.includes(17) && kept.includes(801));
    expect(result).toEqual([17, 801]);
    expect(asked.length).toBeLessThan(80);
  });

  it('asks once, for nothing at all, where the items do not matter', () => {
    const { result, asked } = minimise(range(1000), () => true);
    expect([result, asked]).toEqual([[], [[]]]);
  });
});

function hash(text: string): number {
  let value = 17;
  for (const char of text) value = (Math.imul(value ^ char.charCodeAt(0), 0x01000193) >>> 0) % 0x7fffffff;
  return value;
}
