import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addKey, emptyKeys, keysUnder, removeKey } from './sorted-keys.js';

it('holds what a sorted set holds', () => {
  const change = fc.record({ add: fc.boolean(), key: fc.nat(3000).map(String) });
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 0, maxLength: 3000, size: 'max' }),
      fc.nat(40).map(String),
      (changes, prefix) => {
        const keys = emptyKeys();
        const model = new Set<string>();
        for (const { add, key } of changes) {
          if (add) addKey(keys, key);
          else removeKey(keys, key);
          if (add) model.add(key);
          else model.delete(key);
        }
        const sorted = [...model].sort().filter((key) => key.startsWith(prefix));
        expect(keysUnder(keys, prefix)).toEqual(sorted);
        expect(keysUnder(keys, prefix, 3)).toEqual(sorted.slice(0, 3));
        expect(keys.blocks.every((block) => block.length > 0 && block.length <= 512)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});
