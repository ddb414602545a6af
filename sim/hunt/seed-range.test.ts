import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BadInputError } from '../artifact/bad-input.js';
import { parseSeedRange } from './seed-range.js';

test('a range and a count are read', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(9_999_999), (first, more) => {
      expect(parseSeedRange(`${first}..${first + more}`)).toEqual({ first, last: first + more });
      expect(parseSeedRange(String(more + 1))).toEqual({ first: 1, last: more + 1 });
    }),
  );
});

test('whatever else is given is read or refused with the text and the remedy', () => {
  const parts = fc.constantFrom('1', '7', '..', '.', '-', ' ', 'x', '1e3', '0x1', '9007199254740993', '', '0');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(parts).map((list) => list.join('')),
      ),
      (text) => {
        try {
          const { first, last } = parseSeedRange(text);
          expect(Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && first <= last).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
          expect((error as Error).message).toContain(`seeds ${JSON.stringify(text)}: `);
        }
      },
    ),
  );
});

test.each([
  ['5..1', 'write 1..5'],
  ['0', 'give a count from 1'],
  ['1..2..3', 'expected A..B'],
  ['-1..3', 'expected A..B'],
  ['1..99999999', 'more than 10000000 at once'],
])('%s: %s', (text, message) => {
  expect(() => parseSeedRange(text)).toThrow(message);
});
