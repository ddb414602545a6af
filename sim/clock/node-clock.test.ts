import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DRIFT_MAX_PPM, DRIFT_MIN_PPM, gainUs, trueSpanUs } from './drift.js';
import { NodeClock } from './node-clock.js';

const ppm = fc.oneof(fc.integer({ min: -500, max: 500 }), fc.integer({ min: DRIFT_MIN_PPM, max: DRIFT_MAX_PPM }));
const span = fc.oneof(fc.nat(5_000_000), fc.integer({ min: 0, max: 1_000_000_000_000_000 }));
const LONGEST_US = 8_000_000_000_000_000;

describe('the arithmetic of drift', () => {
  it('is exact for a hundred years', () => {
    fc.assert(
      fc.property(span, ppm, (spanUs, rate) => {
        const product = BigInt(spanUs) * BigInt(rate);
        const million = 1_000_000n;
        const floor = product >= 0n ? product / million : -((-product + million - 1n) / million);
        expect(BigInt(gainUs(spanUs, rate))).toBe(floor);
      }),
    );
  });

  it('finds the first moment at which a clock has gone on so far', () => {
    fc.assert(
      fc.property(span, ppm, (ownUs, rate) => {
        const spanUs = trueSpanUs(ownUs, rate);
        if (spanUs === LONGEST_US) {
          expect(ownUs).toBeGreaterThan((LONGEST_US / 1_000_000 - 10) * (1_000_000 + rate));
          return;
        }
        expect(spanUs + gainUs(spanUs, rate)).toBeGreaterThanOrEqual(ownUs);
        if (spanUs > 0) expect(spanUs - 1 + gainUs(spanUs - 1, rate)).toBeLessThan(ownUs);
      }),
    );
  });
});

describe('a clock whose rate changes', () => {
  const steps = fc.array(fc.record({ rate: ppm, forUs: fc.nat(20_000_000) }), { minLength: 1, maxLength: 8 });

  it('never goes back, keeps what it gained, and tells when a time will have come', () => {
    fc.assert(
      fc.property(steps, fc.oneof(fc.nat(3), fc.nat(1_000_000)), (changes, waitUs) => {
        const clock = new NodeClock(1_000_000);
        let last = clock.monotonicUs();
        for (const { rate, forUs } of changes) {
          const before = clock.monotonicUs();
          clock.setRate(rate);
          expect(clock.monotonicUs()).toBe(before);
          clock.nowUs += forUs % 7;
          const due = clock.monotonicUs() + waitUs;
          const fromUs = clock.nowUs;
          const atUs = fromUs + clock.untilUs(waitUs);
          clock.nowUs = atUs;
          expect(clock.monotonicUs()).toBeGreaterThanOrEqual(due);
          if (atUs > fromUs) {
            clock.nowUs = atUs - 1;
            expect(clock.monotonicUs()).toBeLessThan(due);
          }
          clock.nowUs = fromUs + forUs;
          expect(clock.monotonicUs()).toBeGreaterThanOrEqual(last);
          last = clock.monotonicUs();
          expect(clock.wallUs() - clock.monotonicUs()).toBe(1_000_000);
        }
        clock.setRate(0);
        const gained = clock.monotonicUs() - clock.nowUs;
        clock.nowUs += 12_345;
        expect(clock.monotonicUs() - clock.nowUs).toBe(gained);
      }),
    );
  });

  it('counts a new life from 0, by the same quartz', () => {
    const clock = new NodeClock(0);
    clock.setRate(100_000);
    clock.nowUs = 1_000_000;
    clock.beginLife();
    clock.nowUs = 2_000_000;
    expect(clock.monotonicUs()).toBe(1_100_000);
    expect(clock.wallUs()).toBe(2_200_000);
  });
});
