import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../faults/plan.js';
import type { TraceRecord } from '../run.js';
import { deliveries, fault, observed, run } from '../world/probe.fixture.js';

const ALL: PlannedFault['target'] = { kind: 'all' };
const AB: PlannedFault['target'] = { kind: 'links', from: ['a'], to: ['b'] };
const FLAT = { latencyMs: { min: 4, max: 4 } };

interface Traced {
  readonly trace: readonly TraceRecord[];
}

const sentDuring = ({ sentAtUs }: { sentAtUs: number }): boolean => sentAtUs >= 200_000 && sentAtUs < 400_000;
const sentAfter = ({ sentAtUs }: { sentAtUs: number }): boolean => sentAtUs >= 400_000;

function tookUs(result: Traced, when: typeof sentDuring, from = 'a', to = 'b'): readonly number[] {
  return deliveries(result, from, to)
    .filter(when)
    .map(({ atUs, sentAtUs }) => atUs - sentAtUs);
}

describe('latency faults', () => {
  it.each<[string, PlannedFault['params'], number, number]>([
    ['latency-uniform', { maxMs: 30 }, 4_000, 34_000],
    ['latency-exponential', { meanMs: 5, maxMs: 40 }, 4_000, 44_000],
    ['latency-bimodal', { ppm: 300_000, minMs: 20, maxMs: 30 }, 4_000, 34_000],
    ['latency-offset', { maxMs: 30 }, 4_000, 34_000],
  ])('%s adds what it says while it lasts', (kind, params, least, most) => {
    const result = run([fault(kind, ALL, params)], FLAT);
    const took = tookUs(result, sentDuring);
    expect(took.length).toBeGreaterThan(95);
    expect(Math.min(...took)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...took)).toBeLessThanOrEqual(most);
    expect(Math.max(...took)).toBeGreaterThan(least);
    expect(new Set(tookUs(result, sentAfter))).toEqual(new Set([4_000]));
  });

  it('the tail of a bimodal link is the stated share; an offset is one for each link', () => {
    const bimodal = run([fault('latency-bimodal', ALL, { ppm: 300_000, minMs: 20, maxMs: 30 })], FLAT);
    const took = tookUs(bimodal, sentDuring);
    expect(Math.abs(took.filter((us) => us >= 24_000).length - took.length * 0.3)).toBeLessThan(15);
    expect(took.filter((us) => us > 4_000 && us < 24_000)).toEqual([]);
    const offset = run([fault('latency-offset', ALL, { maxMs: 30 })], FLAT);
    const [there, back] = [tookUs(offset, sentDuring), tookUs(offset, sentDuring, 'b', 'a')];
    expect([new Set(there).size, new Set(back).size]).toEqual([1, 1]);
    expect(there[0]).not.toBe(back[0]);
  });
});

describe('bandwidth', () => {
  // A ping is some 55 bytes; one every 2 ms is 27,500 bytes a second.
  it('lets messages queue up, one after the other, and loses what the queue does not take', () => {
    const result = run([fault('bandwidth', AB, { bytesPerS: 10_000, queueBytes: 500 })], FLAT);
    const arrived = deliveries(result, 'a', 'b').filter(sentDuring);
    const gaps = arrived.slice(1).map(({ atUs }, index) => atUs - arrived[index]!.atUs);
    expect(Math.min(...gaps.slice(12))).toBeGreaterThan(4_000);
    expect(Math.max(...gaps.slice(12))).toBeLessThan(10_000);
    expect(Math.max(...tookUs(result, sentDuring))).toBeLessThanOrEqual(4_000 + 50_000 + 10_000);
    const lost = result.trace.filter((line) => line.kind === 'lost');
    expect(lost.length + arrived.length).toBe(100);
    expect(lost.length).toBeGreaterThan(50);
    expect(new Set(tookUs(result, sentAfter))).toEqual(new Set([4_000]));
  });

  it('of plenty changes little and loses nothing', () => {
    const result = run([fault('bandwidth', AB, { bytesPerS: 10_000_000, queueBytes: 500 })], FLAT);
    expect(Math.max(...tookUs(result, sentDuring))).toBeLessThan(4_020);
    expect(result.trace.filter((line) => line.kind === 'lost')).toEqual([]);
  });
});

describe('clog and hold', () => {
  it.each<[string, PlannedFault['params']]>([
    ['clog', {}],
    ['hold', { order: 'sent' }],
    ['hold', { order: 'drawn' }],
  ])('%s %j lets nothing set out until it ends, and loses nothing', (kind, params) => {
    const result = run([fault(kind, AB, params)], { latencyMs: { min: 3, max: 6 } });
    const kept = deliveries(result, 'a', 'b').filter(sentDuring);
    expect(kept.length).toBe(100);
    expect(Math.min(...kept.map(({ atUs }) => atUs))).toBeGreaterThanOrEqual(401_000);
    expect(Math.max(...kept.map(({ atUs }) => atUs))).toBeLessThanOrEqual(406_000);
    expect(deliveries(result, 'b', 'a').filter(sentDuring).length).toBeGreaterThan(95);
    const order = kept.map(({ sentAtUs }) => sentAtUs);
    const inOrder = [...order].sort((m, n) => m - n);
    if (params['order'] === 'sent') expect(order).toEqual(inOrder);
    else expect(order).not.toEqual(inOrder);
    expect(Math.max(...tookUs(result, sentAfter))).toBeLessThanOrEqual(6_000);
  });

  it('keep what is sent from one to another as long as either lasts, and lose what is cut when it is let go', () => {
    const later = { ...fault('clog', AB, {}, 300, 200), name: 'clog-2' };
    const both = run([fault('hold', AB, { order: 'sent' }), later], FLAT);
    const kept = deliveries(both, 'a', 'b').filter(({ sentAtUs }) => sentAtUs >= 200_000 && sentAtUs < 500_000);
    expect(kept.length).toBe(150);
    expect(Math.min(...kept.map(({ atUs }) => atUs))).toBeGreaterThanOrEqual(501_000);
    const cut = run([fault('clog', AB), { ...fault('partition', AB, {}, 390, 50), name: 'partition-1' }], FLAT);
    expect(deliveries(cut, 'a', 'b').filter(sentDuring)).toEqual([]);
    const lost = cut.trace.filter((line) => line.kind === 'lost' && line.from === 'a/probe' && line.atUs === 400_000);
    expect(lost.length).toBeGreaterThan(90);
  });

  it('are let go by healing within the core, and kept for ever elsewhere', () => {
    const { forMs: _forMs, ...forever } = fault('hold', ALL, { order: 'sent' }, 500);
    const result = run([forever], { ...FLAT, core: () => ['a', 'b'] });
    const arrived = (from: string, to: string): number =>
      deliveries(result, from, to).filter(({ sentAtUs }) => sentAtUs >= 500_000 && sentAtUs < 600_000).length;
    expect([arrived('a', 'b'), arrived('b', 'a'), arrived('a', 'c'), arrived('c', 'b')]).toEqual([50, 50, 0, 0]);
  });
});

describe('replay', () => {
  it('brings a message once more, that much later, also after the fault has ended', () => {
    const result = run([fault('replay', AB, { ppm: 200_000, minMs: 100, maxMs: 250 })], FLAT);
    const at = new Map<number, number[]>();
    for (const { observation, atUs } of observed(result, 'b', 'heard')) {
      if (observation['from'] !== 'a/probe') continue;
      const n = observation['n'] as number;
      at.set(n, [...(at.get(n) ?? []), atUs]);
    }
    const repeated = [...at.values()].filter((times) => times.length > 1);
    expect(Math.abs(repeated.length - 20)).toBeLessThan(12);
    for (const times of repeated) {
      expect(times.length).toBe(2);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(100_000);
      expect(times[1]! - times[0]!).toBeLessThanOrEqual(250_000);
    }
    expect(repeated.some((times) => times[1]! > 450_000)).toBe(true);
  });

  it('of the first message of each link only, or of one type only', () => {
    const copies = (params: PlannedFault['params']): number => {
      const one = run([fault('replay', ALL, { ppm: 1_000_000, minMs: 10, maxMs: 20, ...params })], FLAT);
      return one.trace.filter((line) => line.kind === 'delivery').length;
    };
    const none = copies({ type: 'question' });
    expect(none).toBe(run([], FLAT).trace.filter((line) => line.kind === 'delivery').length);
    expect(copies({ mostPerLink: 1 }) - none).toBe(6);
    expect(copies({ mostPerLink: 3, type: 'ping' }) - none).toBe(18);
  });
});
