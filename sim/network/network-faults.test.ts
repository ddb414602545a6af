import { describe, expect, it } from 'vitest';
import { randomStream } from '../../runtime/random.js';
import type { PlannedFault } from '../faults/plan.js';
import { faultRegistry } from '../faults/registry.js';
import type { TraceRecord } from '../run.js';
import type { Scenario } from '../scenario.js';
import { deliveries, during, fault, observed, onB, probing, run } from '../world/probe.fixture.js';

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

  it('partial cuts some pairs, both ways and all the while, and no others', () => {
    const cutPairs = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const result = run([fault('partition-partial', { kind: 'all' }, { ppm: 400_000 })], {}, seed);
      for (const [from, to] of [
        ['a', 'b'],
        ['b', 'c'],
        ['a', 'c'],
      ] as const) {
        const there = deliveries(result, from, to).filter(during).length;
        const back = deliveries(result, to, from).filter(during).length;
        expect(there === 0).toBe(back === 0);
        if (there === 0) cutPairs.add(`${from}${to} ${seed}`);
        else expect(Math.min(there, back)).toBeGreaterThan(80);
        expect(deliveries(result, from, to).filter(({ atUs }) => atUs > 410_000).length).toBeGreaterThan(80);
      }
    }
    expect(Math.abs(cutPairs.size - 0.4 * 36)).toBeLessThan(10);
  });

  it('a bridge reaches both halves, which do not reach each other', () => {
    const passes = (target: PlannedFault['target'], from: string, to: string): boolean =>
      deliveries(run([fault('partition-bridge', target)]), from, to).filter(during).length > 80;
    for (const target of [onB, { kind: 'links', from: ['a'], to: ['c'] }] as const) {
      expect([passes(target, 'a', 'c'), passes(target, 'c', 'a')]).toEqual([false, false]);
      for (const [from, to] of ['ab', 'ba', 'bc', 'cb'])
        expect(passes(target, from!, to!), `${from} to ${to}`).toBe(true);
    }
  });

  it.each([3, 4, 5, 6, 7])('in a ring of %i each hears a majority, no two the same', (size) => {
    const ids = Array.from({ length: size }, (_, index) => `n${index}`);
    const base = probing();
    const setup: Scenario['setup'] = () => ({
      workload: [],
      nodes: ids.map((id) => ({ id, program: 'probe', params: { peers: ids }, role: 'server' as const })),
    });
    const ring = [...ids].reverse();
    const target = { kind: 'links', from: ring, to: ring } as const;
    const result = run([fault('partition-ring', target)], { ...base, setup });
    const hears = ids.map((to) =>
      ids.filter((from) => from === to || deliveries(result, from, to).some(during)).join(' '),
    );
    for (const heard of hears) expect(heard.split(' ').length).toBe(Math.floor(size / 2) + 1);
    expect(new Set(hears).size).toBe(size);
    for (const to of ids)
      expect(deliveries(result, ids[0] === to ? ids[1]! : ids[0]!, to).at(-1)!.atUs).toBeGreaterThan(650_000);
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

  it.each(['duplicate', 'replay'])('a cut link lets no copy through, though %s began before', (kind) => {
    const given = faultRegistry
      .get(kind)!
      .draw(randomStream('leak'), { nodes: probing().setup(randomStream(''), {}).nodes, faultMs: 600 })!;
    const copying = fault(kind, { kind: 'all' }, { ...given.params, ppm: 1_000_000 }, 50, 500);
    const result = run([copying, fault('partition', onB)]);
    // What was on its way when the link was cut still comes.
    const leaked = deliveries(result, 'a', 'b').filter(({ sentAtUs }) => sentAtUs > 200_000 && sentAtUs < 400_000);
    expect(leaked).toEqual([]);
    expect(deliveries(result, 'a', 'c').filter(during).length).toBeGreaterThan(80);
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
