import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLOCK_TOLERANCE_MS, hearClock, newClusterTime, settleTime } from './cluster-time.js';

test('nothing is agreed before a quorum was heard', () => {
  const time = newClusterTime();
  hearClock(time, 'n1', 1_000, 0);
  expect(settleTime(time, 2)).toBe(false);
  expect(time.epochMs).toBeNull();
  hearClock(time, 'n2', 1_010, 0);
  expect(settleTime(time, 2)).toBe(true);
  expect(time.epochMs).toBe(1_000);
});

test('latency and drift are not followed', () => {
  const time = newClusterTime();
  hearClock(time, 'n1', 50_000, 0);
  settleTime(time, 1);
  hearClock(time, 'n1', 50_000 + CLOCK_TOLERANCE_MS, 0);
  expect(settleTime(time, 1)).toBe(false);
  hearClock(time, 'n1', 50_001 + CLOCK_TOLERANCE_MS, 0);
  expect(settleTime(time, 1)).toBe(true);
});

test('a minority of clocks, however far off, does not move the time beyond the clocks of the others', () => {
  const offset = fc.integer({ min: -86_400_000, max: 86_400_000 });
  const good = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(fc.array(good, { minLength: 2, maxLength: 4 }), fc.array(offset, { maxLength: 3 }), (right, wrong) => {
      fc.pre(wrong.length < right.length);
      const time = newClusterTime();
      const clocks = [...right, ...wrong];
      clocks.forEach((ms, index) => hearClock(time, `n${index}`, 1_000_000_000 + ms, 0));
      settleTime(time, clocks.length);
      expect(Math.abs((time.epochMs ?? 0) - 1_000_000_000)).toBeLessThanOrEqual(100);
    }),
  );
});
