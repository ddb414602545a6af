import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEASE_STAGES, leaseStage, untilNextStageMs } from './lease-stage.js';

test('stages come in their order, and a lease is lost no later than its time to live', () => {
  expect([0, 499, 500, 749, 750, 999, 1_000, 9_999].map((elapsedMs) => leaseStage(elapsedMs, 0, 1_000))).toEqual([
    ...['held', 'held', 'warned', 'warned', 'draining', 'draining', 'lost', 'lost'],
  ]);
});

test('whoever wakes when told sees every stage in time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 3_600_000 }), fc.nat(1_000_000), (ttlMs, confirmedMs) => {
      const seen: string[] = [];
      for (let nowMs = confirmedMs; ; nowMs += untilNextStageMs(nowMs, confirmedMs, ttlMs)) {
        const stage = leaseStage(nowMs, confirmedMs, ttlMs);
        seen.push(stage);
        if (stage !== 'lost') continue;
        expect(nowMs - confirmedMs).toBeLessThan(ttlMs + 1);
        break;
      }
      expect(seen).toEqual(LEASE_STAGES);
    }),
  );
});
