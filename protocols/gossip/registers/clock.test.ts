import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextReading, READING_MAX, TICKS_PER_MS } from './clock.js';

describe('the hybrid logical clock', () => {
  it('goes with the wall clock where that is ahead, and counts on where it is not', () => {
    expect(nextReading(0, 1000)).toBe(1000 * TICKS_PER_MS);
    expect(nextReading(1000 * TICKS_PER_MS, 1000)).toBe(1000 * TICKS_PER_MS + 1);
    expect(nextReading(1000 * TICKS_PER_MS, 1000.5)).toBe(1000 * TICKS_PER_MS + 512);
    expect(nextReading(5000 * TICKS_PER_MS, 1000)).toBe(5000 * TICKS_PER_MS + 1);
  });

  it('reads higher than all that was made or seen before, for any wall clock, and orders writes apart in time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: READING_MAX - 1 }), fc.double({ noNaN: true }), (last, wallMs) => {
        const reading = nextReading(last, wallMs);
        expect(reading).toBeGreaterThan(last);
        expect(Number.isSafeInteger(reading)).toBe(true);
      }),
    );
    expect(nextReading(7, 2000)).toBeGreaterThan(nextReading(900, 1999));
  });

  it('does not believe a wall clock that would leave no room', () => {
    for (const wallMs of [-5, 8e15, Infinity]) expect(nextReading(41, wallMs)).toBe(42);
  });
});
