import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText } from '../fate.js';
import type { Scenario } from '../scenario.js';
import { deliveries, run } from '../world/probe.fixture.js';
import { timingOf } from '../world/timing.js';
import { drawLatencyUs, type Latency, type LatencyModel } from './latency.js';

const KEY = hashText('latency test');
const TYPE = hashText('ping');
const flat: Latency = {
  ...{ kind: 'uniform', minUs: 1_000, maxUs: 9_000, meanUs: 0 },
  ...{ slowPpm: 0, slowMinUs: 0, slowMaxUs: 0, linkOffsetUs: 0 },
};

function sample(latency: Latency, count = 20_000, link = 1): readonly number[] {
  return Array.from({ length: count }, (_, n) => drawLatencyUs(latency, KEY, link, TYPE, n)).sort((a, b) => a - b);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (sorted: readonly number[], share: number): number => sorted[Math.floor(sorted.length * share)]!;

describe('a latency model', () => {
  it('draws whole microseconds between its bounds, whatever its numbers', () => {
    const us = fc.integer({ min: 1, max: 3_600_000_000 });
    const models = fc.record({
      kind: fc.constantFrom('uniform' as const, 'exponential' as const, 'bimodal' as const),
      ...{ minUs: us, spanUs: fc.nat(3_600_000_000), meanUs: us, slowPpm: fc.nat(1_000_000), slowMinUs: us },
      ...{ slowSpanUs: fc.nat(1_000_000), linkOffsetUs: fc.nat(1_000_000) },
    });
    fc.assert(
      fc.property(models, fc.integer(), fc.nat(), ({ spanUs, slowSpanUs, ...rest }, key, occurrence) => {
        const latency = { ...rest, maxUs: rest.minUs + spanUs, slowMaxUs: rest.slowMinUs + slowSpanUs };
        const drawn = drawLatencyUs(latency, key, 1, TYPE, occurrence);
        const isBimodal = latency.kind === 'bimodal';
        expect(Number.isSafeInteger(drawn)).toBe(true);
        expect(drawn).toBeGreaterThanOrEqual(isBimodal ? Math.min(latency.minUs, latency.slowMinUs) : latency.minUs);
        const most = isBimodal ? Math.max(latency.maxUs, latency.slowMaxUs) : latency.maxUs;
        expect(drawn).toBeLessThanOrEqual(most + latency.linkOffsetUs);
      }),
      { numRuns: 2_000 },
    );
  });

  it('uniform has its mean in the middle', () => {
    expect(Math.abs(mean(sample(flat)) - 5_000)).toBeLessThan(60);
  });

  it('exponential has the mean, the median and the tail of an exponential distribution, and its bound', () => {
    const drawn = sample({ ...flat, kind: 'exponential', meanUs: 10_000, maxUs: 1_000_000_000 }).map(
      (us) => us - 1_000,
    );
    expect(Math.abs(mean(drawn) - 10_000)).toBeLessThan(250);
    // -ln(1 - share): 0.693, 2.303, 6.908
    expect(Math.abs(quantile(drawn, 0.5) - 6_931)).toBeLessThan(200);
    expect(Math.abs(quantile(drawn, 0.9) - 23_026)).toBeLessThan(800);
    expect(Math.abs(quantile(drawn, 0.999) - 69_078)).toBeLessThan(15_000);
    const bounded = sample({ ...flat, kind: 'exponential', meanUs: 10_000, maxUs: 21_000 });
    expect(bounded.at(-1)).toBe(21_000);
    expect(Math.abs(bounded.filter((us) => us === 21_000).length - 20_000 * 0.1353)).toBeLessThan(250);
  });

  it('bimodal has the stated share in its slow tail, and nothing between', () => {
    const latency: Latency = { ...flat, kind: 'bimodal', slowPpm: 50_000, slowMinUs: 200_000, slowMaxUs: 300_000 };
    const drawn = sample(latency);
    expect(Math.abs(drawn.filter((us) => us >= 200_000).length - 1_000)).toBeLessThan(130);
    expect(drawn.filter((us) => us > 9_000 && us < 200_000)).toEqual([]);
  });

  it('of a link has one offset for good, another for another link', () => {
    const latency: Latency = { ...flat, minUs: 1_000, maxUs: 1_000, linkOffsetUs: 500_000 };
    const offsets = Array.from({ length: 200 }, (_, link) => sample(latency, 20, link));
    for (const ofLink of offsets) expect(new Set(ofLink).size).toBe(1);
    const [first, last] = [Math.min(...offsets.flat()), Math.max(...offsets.flat())];
    expect(first).toBeLessThan(20_000);
    expect(last).toBeGreaterThan(480_000);
  });
});

describe('a scenario', () => {
  const tookUs = (change: Partial<Scenario>, from = 'a', to = 'b'): readonly number[] =>
    deliveries(run([], change), from, to).map(({ atUs, sentAtUs }) => atUs - sentAtUs);

  it('declares one model for all links', () => {
    const latency: LatencyModel = {
      ...{ kind: 'bimodal', minMs: 1, maxMs: 2 },
      ...{ slowPpm: 200_000, slowMinMs: 40, slowMaxMs: 50 },
    };
    const took = tookUs({ latency });
    expect(took.filter((us) => us > 2_000 && us < 40_000)).toEqual([]);
    expect(took.filter((us) => us <= 2_000).length).toBeGreaterThan(150);
    expect(took.filter((us) => us >= 40_000).length).toBeGreaterThan(20);
  });

  it('declares one for each link', () => {
    const latency: Scenario['latency'] = (from, to) =>
      from.id === 'a' && to.id === 'b'
        ? { kind: 'uniform', minMs: 30, maxMs: 30 }
        : { kind: 'exponential', minMs: 1, meanMs: 2, maxMs: 20 };
    expect(new Set(tookUs({ latency }))).toEqual(new Set([30_000]));
    const back = tookUs({ latency }, 'b', 'a');
    expect(Math.min(...back)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...back)).toBeLessThanOrEqual(20_000);
    expect(Math.abs(mean(back) - 3_000)).toBeLessThan(500);
  });

  it.each<[string, Partial<Scenario>, RegExp]>([
    ['both', { latency: { kind: 'uniform', minMs: 1, maxMs: 2 }, latencyMs: { min: 1, max: 2 } }, /leave one out/],
    ['too fast', { latency: { kind: 'uniform', minMs: 0.5, maxMs: 2 } }, /latency.minMs \(0.5\) is below minLatencyMs/],
    ['upside down', { latency: { kind: 'uniform', minMs: 3, maxMs: 2 } }, /latency.maxMs \(2\) is below/],
    [
      'a tail too fast',
      { latency: { kind: 'bimodal', minMs: 1, maxMs: 2, slowPpm: 1, slowMinMs: 0, slowMaxMs: 9 } },
      /slowMinMs \(0\): give minLatencyMs <= slowMinMs/,
    ],
    [
      'a share of more than all',
      { latency: { kind: 'bimodal', minMs: 1, maxMs: 2, slowPpm: 2e6, slowMinMs: 3, slowMaxMs: 9 } },
      /slowPpm \(2000000\): give parts per million/,
    ],
  ])('is refused latencies that cannot be: %s', (_what, change, message) => {
    const scenario = { name: 's', faultMs: 1, healMs: 1, ...change } as Scenario;
    expect(() => timingOf(scenario)).toThrow(message);
  });
});
