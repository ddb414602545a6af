import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../runtime/random.js';
import { backoffMs, retryDelayMs } from './retry.js';

const retry = { maxAttempts: 10, initialMs: 100, maxMs: 5_000, multiplier: 3, jitterPercent: 0 };

test('delays grow by the multiplier up to the maximum', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map((attempt) => backoffMs(retry, attempt))).toEqual([
    100, 300, 900, 2_700, 5_000, 5_000, 5_000,
  ]);
});

test('jitter shortens, by at most its share, and is never drawn outside the bounds', () => {
  const parameters = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 100 }),
    initialMs: fc.integer({ min: 1, max: 86_400_000 }),
    maxMs: fc.integer({ min: 1, max: 86_400_000 }),
    multiplier: fc.integer({ min: 1, max: 10 }),
    jitterPercent: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(parameters, fc.integer({ min: 1, max: 100 }), fc.string(), (given, attempt, seed) => {
      const delayMs = retryDelayMs(given, attempt, randomStream(seed));
      const wholeMs = backoffMs(given, attempt);
      expect(Number.isSafeInteger(delayMs)).toBe(true);
      expect(wholeMs).toBeLessThanOrEqual(given.maxMs);
      expect(delayMs).toBeLessThanOrEqual(wholeMs);
      expect(delayMs * 100).toBeGreaterThanOrEqual(wholeMs * (100 - given.jitterPercent));
    }),
  );
});

test('two workers that failed together do not come back together', () => {
  const jittered = { ...retry, initialMs: 5_000, jitterPercent: 50 };
  const delays = new Set(Array.from({ length: 20 }, (_, n) => retryDelayMs(jittered, 1, randomStream(`worker ${n}`))));
  expect(delays.size).toBeGreaterThan(10);
});
