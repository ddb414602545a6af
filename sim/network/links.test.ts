import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText } from '../fate.js';
import { SeededLatency, type Latency } from './latency.js';
import type { LinkEffect, LinkRule } from './link-rule.js';
import { Links, LOST } from './links.js';

const NODES = 4;
const LEAST_US = 1_000;
const nodeHashes = Int32Array.from({ length: NODES }, (_, index) => hashText(`n${index}`));
const all = [0, 1, 2, 3];
const latency: Latency = {
  ...{ kind: 'uniform', minUs: LEAST_US, maxUs: 5_000, meanUs: 0 },
  ...{ slowPpm: 0, slowMinUs: LEAST_US, slowMaxUs: LEAST_US, linkOffsetUs: 0 },
};
const clock = { nowUs: 0 };
const TYPE = hashText('ping');

function linksOf(seed: number, ...rules: readonly LinkRule[]): Links {
  const seedHash = hashText(`seed ${seed}`);
  const links = new Links(seedHash, nodeHashes, new SeededLatency(seedHash, latency), LEAST_US);
  for (const rule of rules) links.add(rule, 0);
  return links;
}

function rule(name: string, effect: LinkEffect, from: readonly number[] = all, to: readonly number[] = all): LinkRule {
  return { name, effect, from, to };
}

interface Fate {
  readonly latencyUs: number;
  readonly copyLatencyUs: number;
}

function fates(links: Links, count = 2_000, from = 0, to = 1, type = TYPE): Fate[] {
  return Array.from({ length: count }, (_, occurrence) => {
    links.decide(from, to, type, occurrence, clock, undefined);
    const copyLatencyUs = links.copyCount === 0 ? -1 : links.copyLatencyUs(0);
    return { latencyUs: links.latencyUs, copyLatencyUs };
  });
}

const effect: fc.Arbitrary<LinkEffect> = fc.oneof(
  fc.constant({ kind: 'cut' } as const),
  fc.record({ kind: fc.constant('drop' as const), ppm: fc.nat(1_000_000) }),
  fc.record({ kind: fc.constant('duplicate' as const), ppm: fc.nat(1_000_000) }),
  fc.record({ kind: fc.constant('reorder' as const), ppm: fc.nat(1_000_000), extraUs: fc.nat(50_000) }),
  fc.record({ kind: fc.constant('slow' as const), extraUs: fc.nat(50_000) }),
);

describe('links', () => {
  it('are never faster than the least latency, whatever the faults', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(effect, { maxLength: 4 }), (seed, effects) => {
        const links = linksOf(seed, ...effects.map((one, index) => rule(`fault-${index}`, one)));
        for (const { latencyUs, copyLatencyUs } of fates(links, 50)) {
          expect(latencyUs === LOST || latencyUs >= LEAST_US).toBe(true);
          expect(copyLatencyUs === -1 || copyLatencyUs >= LEAST_US).toBe(true);
        }
      }),
    );
  });

  it('spread latencies over the whole of their range', () => {
    const latencies = fates(linksOf(1), 5_000).map(({ latencyUs }) => latencyUs);
    expect(Math.min(...latencies)).toBeLessThan(1_020);
    expect(Math.max(...latencies)).toBeGreaterThan(4_980);
    const mean = latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length;
    expect(Math.abs(mean - 3_000)).toBeLessThan(60);
  });

  it('refuse a strategy that undercuts the least latency', () => {
    const links = new Links(1, nodeHashes, { latencyUs: () => LEAST_US - 1 }, LEAST_US);
    expect(() => links.decide(0, 1, TYPE, 0, clock, undefined)).toThrow('faster than the least latency');
  });

  it.each([0, 20_000, 300_000, 900_000, 1_000_000])('drop %i parts per million', (ppm) => {
    const lost = fates(linksOf(7, rule('drop-1', { kind: 'drop', ppm })), 20_000).filter((fate) => fate.latencyUs < 0);
    expect(Math.abs(lost.length - ppm / 50)).toBeLessThan(ppm === 0 || ppm === 1_000_000 ? 1 : 250);
  });

  it.each([0, 100_000, 1_000_000])('duplicate %i parts per million', (ppm) => {
    const decided = fates(linksOf(8, rule('duplicate-1', { kind: 'duplicate', ppm })), 20_000);
    const twice = decided.filter(({ copyLatencyUs }) => copyLatencyUs >= 0);
    expect(Math.abs(twice.length - ppm / 50)).toBeLessThan(ppm === 100_000 ? 250 : 1);
    for (const { latencyUs, copyLatencyUs } of twice) expect(copyLatencyUs).toBeGreaterThanOrEqual(latencyUs);
  });

  it('delay a share by up to the stated extra, and the rest not at all', () => {
    const quiet = fates(linksOf(9), 5_000);
    const shaken = fates(linksOf(9, rule('reorder-1', { kind: 'reorder', ppm: 400_000, extraUs: 30_000 })), 5_000);
    const extras = shaken.map(({ latencyUs }, index) => latencyUs - quiet[index]!.latencyUs);
    expect(Math.abs(extras.filter((extra) => extra > 0).length - 2_000)).toBeLessThan(150);
    expect(Math.max(...extras)).toBeGreaterThan(29_000);
    expect(Math.max(...extras)).toBeLessThanOrEqual(30_000);
  });

  it('are slowed by exactly what is stated', () => {
    const quiet = fates(linksOf(9), 100);
    const slow = fates(linksOf(9, rule('slow-link-1', { kind: 'slow', extraUs: 700 })), 100);
    expect(slow.map(({ latencyUs }) => latencyUs - 700)).toEqual(quiet.map(({ latencyUs }) => latencyUs));
  });

  it('are cut in the stated direction only, and for the stated nodes only', () => {
    const links = linksOf(3, rule('cut-1', { kind: 'cut' }, [0], [1, 2]));
    const passes = (from: number, to: number): boolean => fates(links, 1, from, to)[0]!.latencyUs >= 0;
    expect([passes(0, 1), passes(0, 2), passes(0, 3), passes(1, 0), passes(2, 1)]).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    links.remove('cut-1', [0]);
    expect(passes(0, 1)).toBe(true);
  });

  it('leave all other fates as they were when one fault is taken out', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 900_000 }), (seed, ppm) => {
        const kept = rule('drop-2', { kind: 'drop', ppm });
        const gone = rule('drop-1', { kind: 'drop', ppm: 500_000 });
        const both = fates(linksOf(seed, gone, kept), 200);
        const alone = fates(linksOf(seed, kept), 200);
        const other = fates(linksOf(seed, gone), 200);
        both.forEach((fate, index) => {
          const isLost = alone[index]!.latencyUs < 0 || other[index]!.latencyUs < 0;
          expect(fate.latencyUs).toBe(isLost ? -1 : alone[index]!.latencyUs);
        });
      }),
    );
  });

  it('draw another fate for another seed, fault, link, type and occurrence', () => {
    const lost = (seed: number, name: string, from: number, to: number, type: number): string =>
      fates(linksOf(seed, rule(name, { kind: 'drop', ppm: 500_000 })), 64, from, to, type)
        .map(({ latencyUs }) => (latencyUs < 0 ? 'x' : '.'))
        .join('');
    const base = lost(1, 'drop-1', 0, 1, TYPE);
    const others = [
      lost(2, 'drop-1', 0, 1, TYPE),
      lost(1, 'drop-2', 0, 1, TYPE),
      lost(1, 'drop-1', 1, 0, TYPE),
      lost(1, 'drop-1', 0, 2, TYPE),
      lost(1, 'drop-1', 0, 1, hashText('pong')),
    ];
    expect(new Set([base, ...others]).size).toBe(6);
    expect(lost(1, 'drop-1', 0, 1, TYPE)).toBe(base);
  });

  it('are healed within a set of nodes and nowhere else', () => {
    const links = linksOf(5, rule('cut-1', { kind: 'cut' }));
    links.healWithin([0, 1, 2]);
    const passes = (from: number, to: number): boolean => fates(links, 1, from, to)[0]!.latencyUs >= 0;
    for (const from of all) for (const to of all) expect(passes(from, to)).toBe(from !== 3 && to !== 3);
  });
});
