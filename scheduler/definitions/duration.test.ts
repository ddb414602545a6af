import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDurationMs } from './duration.js';
import { nearest } from './suggest.js';

test('a duration is an integer with a unit', () => {
  expect(['250ms', '5s', '2m', '2h', '1d', '0s'].map(parseDurationMs)).toEqual([
    250, 5_000, 120_000, 7_200_000, 86_400_000, 0,
  ]);
  for (const text of ['', '5', 's', '1.5s', '-5s', '5 s', '5S', '5sec', '999999999999d']) {
    expect(parseDurationMs(text), text).toBeUndefined();
  }
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), (durationMs) => {
      expect(parseDurationMs(formatDuration(durationMs))).toBe(durationMs);
    }),
  );
});

test('a slip of the pen is understood, another word is not', () => {
  const fields = ['timeout', 'timeZone', 'schedule'];
  expect(nearest('tiemout', fields)).toBe('timeout');
  expect(nearest('TIMEZONE', fields)).toBe('timeZone');
  expect(nearest('shcedule', fields)).toBe('schedule');
  expect(nearest('colour', fields)).toBeUndefined();
  expect(nearest('x'.repeat(10_000), fields)).toBeUndefined();
});
