import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sublists } from './sublist.js';

const items = Array.from({ length: 40 }, (_, index) => index);

test('sublists keep the order of the list', () => {
  fc.assert(
    fc.property(sublists(items), (list) => {
      expect(list).toEqual(items.filter((item) => list.includes(item)));
    }),
  );
});

test('a sublist shrinks to exactly the entries that matter', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...items), { maxLength: 4 }), (needed) => {
      let tried = 0;
      const found = fc.check(
        fc.property(sublists(items), (list) => {
          tried++;
          return !needed.every((item) => list.includes(item));
        }),
        { examples: [[items]], numRuns: 1 },
      );
      expect(found.counterexample?.[0]).toEqual([...needed].sort((a, b) => a - b));
      expect(tried).toBeLessThan(400);
    }),
  );
});
