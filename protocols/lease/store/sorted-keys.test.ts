import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addKey, countWithin, emptyKeys, isWithin, keysWithin, removeKey, type Span } from './sorted-keys.js';

it('holds what a sorted set holds', () => {
  const change = fc.record({ add: fc.boolean(), key: fc.nat(3000).map(String) });
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 0, maxLength: 3000, size: 'max' }),
      fc.record(
        { prefix: fc.constantFrom('', '1', '29', '7'), from: fc.nat(3000).map(String), end: fc.nat(3000).map(String) },
        { requiredKeys: ['prefix'] },
      ),
      (changes, asked) => {
        const span = asked as Span;
        const keys = emptyKeys();
        const model = new Set<string>();
        for (const { add, key } of changes) {
          if (add) addKey(keys, key);
          else removeKey(keys, key);
          if (add) model.add(key);
          else model.delete(key);
        }
        const { prefix, from = '', end } = span;
        const sorted = [...model].sort().filter((key) => {
          return key.startsWith(prefix) && key >= from && (end === undefined || key < end);
        });
        expect(keysWithin(keys, span)).toEqual(sorted);
        expect(keysWithin(keys, span, 3)).toEqual(sorted.slice(0, 3));
        expect(countWithin(keys, span)).toBe(sorted.length);
        expect([...model].sort().filter((key) => isWithin(span, key))).toEqual(sorted);
        expect(keys.blocks.every((block) => block.length > 0 && block.length <= 512)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});
