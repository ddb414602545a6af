import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '../run.js';
import { deliveries, during, fault, observed, onB, run } from '../world/probe.fixture.js';

describe('a quiet network', () => {
  it('brings every message once, never before the least latency', () => {
    const result = run([], { minLatencyMs: 2, latencyMs: { min: 2, max: 9 } });
    const pings = result.trace.filter((line) => line.kind === 'delivery');
    expect(pings.length).toBeGreaterThan(1_000);
    for (const ping of pings) {
      expect(ping.atUs - ping.sentAtUs).toBeGreaterThanOrEqual(2_000);
      expect(ping.atUs - ping.sentAtUs).toBeLessThanOrEqual(9_000);
    }
    const numbers = observed(result, 'b', 'heard').filter(({ observation }) => observation['from'] === 'a/probe');
    const sorted = numbers.map(({ observation }) => observation['n'] as number).sort((m, n) => m - n);
    expect(sorted).toEqual(sorted.map((_, index) => index + 1));
  });

  it('tells its trace in the order of time, then node', () => {
    const { trace } = run([fault('crash', onB)]);
    const order = trace.map((line) => (line.kind === 'observation' ? line.record : line));
    for (let i = 1; i < order.length; i++) {
      const before = order[i - 1]!;
      const after = order[i]!;
      const nodesInOrder = !('node' in before && 'node' in after) || before.node <= after.node;
      expect(before.atUs < after.atUs || (before.atUs === after.atUs && nodesInOrder)).toBe(true);
    }
  });
});

describe('network faults', () => {
  it('drop loses about the stated share, on the stated links, while it lasts', () => {
    const lossy = run([fault('drop', { kind: 'links', from: ['a'], to: ['b'] }, { ppm: 500_000 })]);
    const share = (from: string, to: string): number =>
      deliveries(lossy, from, to).filter(during).length / deliveries(run([]), from, to).filter(during).length;
    expect(share('a', 'b')).toBeGreaterThan(0.3);
    expect(share('a', 'b')).toBeLessThan(0.7);
    expect([share('b', 'a'), share('a', 'c'), share('c', 'b')]).toEqual([1, 1, 1]);
  });

  it('partition cuts both ways, one-way cuts one, and both end', () => {
    const target = { kind: 'links', from: ['a'], to: ['b', 'c'] } as const;
    for (const [kind, back] of [
      ['partition', 0],
      ['partition-one-way', 1],
    ] as const) {
      const result = run([fault(kind, target)]);
      expect(deliveries(result, 'a', 'b').filter(during)).toEqual([]);
      expect(deliveries(result, 'a', 'c').filter(during)).toEqual([]);
      expect(Math.sign(deliveries(result, 'b', 'a').filter(during).length)).toBe(back);
      expect(deliveries(result, 'b', 'c').filter(during).length).toBeGreaterThan(50);
      expect(deliveries(result, 'a', 'b').filter(({ atUs }) => atUs > 410_000).length).toBeGreaterThan(50);
    }
  });

  it('duplicate brings messages twice', () => {
    const result = run([fault('duplicate', { kind: 'all' }, { ppm: 1_000_000 })]);
    const times = new Map<number, number>();
    for (const { observation } of observed(result, 'b', 'heard')) {
      if (observation['from'] === 'a/probe')
        times.set(observation['n'] as number, (times.get(observation['n'] as number) ?? 0) + 1);
    }
    expect([...times].filter(([n]) => n > 105 && n < 190).every(([, count]) => count === 2)).toBe(true);
    expect([...times].filter(([n]) => n < 90).every(([, count]) => count === 1)).toBe(true);
  });

  it('reorder lets messages overtake each other, slow-link holds all back alike', () => {
    const overtakings = (result: { trace: readonly TraceRecord[] }): number => {
      const sent = deliveries(result, 'a', 'b')
        .filter(during)
        .map(({ sentAtUs }) => sentAtUs);
      return sent.filter((time, index) => index > 0 && time < sent[index - 1]!).length;
    };
    const tight = { latencyMs: { min: 1, max: 1 } };
    expect(overtakings(run([], tight))).toBe(0);
    expect(overtakings(run([fault('reorder', { kind: 'all' }, { ppm: 300_000, extraMs: 20 })], tight))).toBeGreaterThan(
      10,
    );
    const slow = run([fault('slow-link', onB, { extraMs: 30 })], tight);
    expect(overtakings(slow)).toBe(0);
    for (const { atUs, sentAtUs } of deliveries(slow, 'a', 'b').filter(
      ({ atUs }) => atUs > 240_000 && atUs < 400_000,
    )) {
      expect(atUs - sentAtUs).toBe(31_000);
    }
  });

  it('taking one fault out leaves what the others do as it was', () => {
    const dropAC = { ...fault('drop', { kind: 'links', from: ['a'], to: ['c'] }, { ppm: 400_000 }), name: 'drop-2' };
    const both = run([fault('drop', { kind: 'links', from: ['a'], to: ['b'] }, { ppm: 400_000 }), dropAC]);
    const one = run([dropAC]);
    const lost = deliveries(run([]), 'a', 'c').length - deliveries(one, 'a', 'c').length;
    expect(lost).toBeGreaterThan(10);
    const arrivals = (result: { trace: readonly TraceRecord[] }): unknown =>
      deliveries(result, 'a', 'c').map(({ atUs, sentAtUs }) => [atUs, sentAtUs]);
    expect(arrivals(both)).toEqual(arrivals(one));
  });
});
