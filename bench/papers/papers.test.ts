import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFIGURATIONS, countFalsePositives, measureDetectionTimes } from './lifeguard.js';
import { measureDowntimes, type Downtimes } from './raft-elections.js';
import { measureDetection, measureLoad, measureProbeGaps } from './swim.js';

// What `npm run bench -- papers` measures with many trials, here with few: simulated time only, so every figure is the same on every machine.
const LONG_MS = 600_000;

describe('SWIM', () => {
  it('picks a crashed member within e / (e - 1) periods on average, and leaves it unpicked for j periods in e^-j of the cases', () => {
    const { periods, paperFinite, tail } = measureDetection(32, 150);
    expect(Math.abs(periods.mean - paperFinite)).toBeLessThanOrEqual(periods.tolerance);
    for (const { share, paper } of tail.slice(0, 3))
      expect(Math.abs(share.mean - paper)).toBeLessThanOrEqual(share.tolerance);
  });

  it('probes every member again within 2n - 1 periods, and does take so long', () => {
    for (const members of [4, 8]) {
      const { worst, bound } = measureProbeGaps(members, 400);
      expect(worst).toBeLessThanOrEqual(bound);
      expect(worst).toBeGreaterThanOrEqual(bound - 1);
    }
  });

  it(
    'burdens a member the same in groups of 10, 100 and 1000',
    () => {
      const [ten = 0, hundred = 0, thousand = 0] = [10, 100, 1000].map(
        (members) => measureLoad(members).messagesPerPeriod,
      );
      expect(ten).toBeCloseTo(2, 1);
      for (const load of [hundred, thousand]) expect(load / ten).toBeLessThan(1.1);
    },
    LONG_MS,
  );
});

describe('Lifeguard', () => {
  const cell = { members: 32, stressed: 3, blockedMs: 16_384, runMs: 500 };

  it(
    'finds healthy members dead at least 50 times less often than SWIM, where some members are under stress',
    () => {
      const count = (name: string): number => countFalsePositives(cell, CONFIGURATIONS[name] ?? {}, 1).anywhere;
      const swim = count('SWIM');
      expect(swim).toBeGreaterThan(500);
      expect(count('Lifeguard') * 50).toBeLessThan(swim);
      expect(count('Lifeguard, alpha 4') * 20).toBeLessThan(swim);
      for (const part of ['LHA-Probe', 'LHA-Suspicion']) expect(count(part)).toBeLessThan(swim / 2);
    },
    LONG_MS,
  );

  it(
    'with alpha 4 finds a crash sooner by a fifth of the suspicion time-out, which is what it shortens',
    () => {
      const { 'Lifeguard, alpha 4': times } = measureDetectionTimes(32, ['Lifeguard, alpha 4'], 6);
      const { sooner, soonerFromSuspicion } = times!;
      expect(Math.abs(soonerFromSuspicion.mean - 0.2)).toBeLessThan(0.02);
      expect(sooner.mean).toBeGreaterThan(0.12);
      expect(sooner.mean).toBeLessThan(soonerFromSuspicion.mean);
    },
    LONG_MS,
  );
});

describe('Raft, figure 16', () => {
  it(
    'takes long to elect a leader where all time out at once, and little where the time-outs are spread',
    () => {
      const none = measureDowntimes({ minMs: 150, maxMs: 150 }, 4);
      const narrow = measureDowntimes({ minMs: 150, maxMs: 151 }, 8);
      const wide = measureDowntimes({ minMs: 150, maxMs: 200 }, 30);
      expect(none.medianMs).toBeGreaterThan(10_000);
      expect(wide.worstMs).toBeLessThanOrEqual(513);
      expect(narrow.mean.mean).toBeGreaterThan(2 * wide.mean.mean);
      expect(measureDowntimes({ minMs: 12, maxMs: 24 }, 10).mean.mean).toBeLessThan(wide.mean.mean / 2);
    },
    LONG_MS,
  );
});

describe('what docs/papers.md shows', () => {
  const { raft } = JSON.parse(readFileSync(new URL('papers.json', import.meta.url), 'utf8')) as {
    readonly raft: readonly Downtimes[];
  };
  const rangeOf = (minMs: number, maxMs: number): Downtimes => {
    const line = raft.find(({ range }) => range.minMs === minMs && range.maxMs === maxMs);
    if (line === undefined) throw new Error(`no line for ${minMs} to ${maxMs} ms`);
    return line;
  };

  it('has what the paper says of figure 16 within the tolerance of a thousand trials', () => {
    const [narrow, wide, shortest] = [rangeOf(150, 155), rangeOf(150, 200), rangeOf(12, 24)];
    for (const { trials } of [narrow, wide, shortest]) expect(trials).toBe(1000);
    // "More than 10 seconds": with as many trials as in the paper.
    expect(rangeOf(150, 150)).toMatchObject({ trials: 100 });
    expect(rangeOf(150, 150).medianRangeMs[0]).toBeGreaterThan(10_000);
    expect(narrow.medianRangeMs[0]).toBeLessThanOrEqual(287);
    expect(narrow.medianRangeMs[1]).toBeGreaterThanOrEqual(287);
    // The paper's mean is one of a thousand trials too, so it is as uncertain as this one.
    expect(Math.abs(shortest.mean.mean - 35)).toBeLessThanOrEqual(Math.SQRT2 * shortest.mean.tolerance);
    // The worst of a thousand says little of the next thousand: another round of elections more or less.
    expect(Math.abs(wide.worstMs - 513)).toBeLessThanOrEqual(150);
    expect(shortest.worstMs).toBeLessThanOrEqual(152);
  });
});
