import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import type { RunResult, TraceRecord } from '../run.js';
import { deliveries, fault, observed, onB, probes, run } from './probe.fixture.js';

type Traced = RunResult & { trace: readonly TraceRecord[] };

function ticksOf(result: Traced, node: string): readonly number[] {
  return result.trace.flatMap((line) =>
    line.kind === 'step' && line.node === node && line.what === 'probe: tick' ? [line.atUs] : [],
  );
}

const between =
  (fromUs: number, untilUs: number) =>
  (atUs: number): boolean =>
    atUs >= fromUs && atUs < untilUs;

describe('clock-drift', () => {
  it.each([
    [1_000_000, 1_000, 200],
    [-500_000, 4_000, -100],
    [250_000, 1_600, 50],
  ])('of %i ppm: timers of 2 ms take %i us, both clocks gain %i ms and keep them', (ppm, tickUs, gainMs) => {
    const result = run([fault('clock-drift', onB, { ppm })]);
    const ticks = ticksOf(result, 'b').filter(between(204_000, 400_000));
    const gaps = ticks.slice(1).map((atUs, index) => atUs - ticks[index]!);
    expect(new Set(gaps)).toEqual(new Set([tickUs]));
    for (const [node, offMs] of [
      ['a', 0],
      ['b', gainMs],
    ] as const) {
      const after = ticksOf(result, node).filter(between(410_000, 600_000));
      expect(after.length, node).toBeGreaterThan(90);
      expect(new Set(after.slice(1).map((atUs, index) => atUs - after[index]!))).toEqual(new Set([2_000]));
      const calm = observed(run([]), node, 'clocks').at(-1)!;
      const { atUs, observation } = observed(result, node, 'clocks').at(-1)!;
      const aheadMs = (field: string): number =>
        (observation[field] as number) - atUs / 1000 - ((calm.observation[field] as number) - calm.atUs / 1000);
      // Told once it is durable, some ms after it was read.
      expect(Math.abs(aheadMs('nowMs') - offMs), node).toBeLessThan(5);
      expect(Math.abs(aheadMs('wallMs') - offMs), node).toBeLessThan(5);
    }
  });

  it('hastens a timer that was set before, and not after it has ended', () => {
    const waiting = actor(probes, {
      init: () => ({}),
      start: (context) => context.setTimer('long', 500, { type: 'tick' }),
      on: { tick: (context) => context.observe({ type: 'rang', nowMs: context.nowMs() }) },
    });
    const programs = { probe: () => [{ name: 'probe', definition: waiting, params: null }] };
    const rang = (node: string): number[] =>
      observed(run([fault('clock-drift', onB, { ppm: 1_000_000 })], { programs }), node, 'rang').map(
        ({ atUs }) => atUs,
      );
    // Each node starts when its disk has been read: some ms after 0.
    expect(Math.abs(rang('a')[0]! - rang('b')[0]! - 150_000)).toBeLessThan(10_000);
  });

  it('is as bad as the worst of two, and a crash does not mend the quartz', () => {
    const two = [
      fault('clock-drift', onB, { ppm: 1_000_000 }),
      { ...fault('clock-drift', onB, { ppm: -250_000 }), name: 'clock-drift-2' },
      fault('crash', onB, {}, 250, 10),
    ];
    const ticks = ticksOf(run(two), 'b').filter(between(300_000, 400_000));
    expect(new Set(ticks.slice(1).map((atUs, index) => atUs - ticks[index]!))).toEqual(new Set([1_000]));
  });
});

describe('slow-node', () => {
  const slow = run([fault('slow-node', onB, { turnUs: 5_000 })], { latencyMs: { min: 1, max: 1 } });
  const calm = run([], { latencyMs: { min: 1, max: 1 } });
  const stepsOf = (result: Traced): readonly number[] =>
    result.trace.flatMap((line) => (line.kind === 'step' && line.node === 'b' ? [line.atUs] : []));

  it('takes its turns one after the other, each after its time', () => {
    const during = stepsOf(slow).filter(between(200_000, 400_000));
    expect(during.length).toBeGreaterThan(20);
    expect(during.length).toBeLessThanOrEqual(40);
    for (const [index, atUs] of during.slice(1).entries()) expect(atUs - during[index]!).toBeGreaterThanOrEqual(5_000);
    expect(stepsOf(calm).filter(between(200_000, 400_000)).length).toBeGreaterThan(250);
  });

  it('loses nothing and keeps the order; what waited happens when it is over', () => {
    const from = (result: Traced): readonly number[] => deliveries(result, 'a', 'b').map(({ sentAtUs }) => sentAtUs);
    expect(from(slow)).toEqual([...from(slow)].sort((m, n) => m - n));
    expect(from(slow)).toEqual(from(calm));
    expect(deliveries(slow, 'a', 'b').filter(({ atUs }) => atUs === 400_000).length).toBeGreaterThan(50);
    const late = deliveries(slow, 'a', 'b').filter(({ sentAtUs }) => sentAtUs > 410_000);
    for (const { atUs, sentAtUs } of late) expect(atUs - sentAtUs).toBe(1_000);
  });

  it('is not slow while it is paused, and goes on being so afterwards', () => {
    const both = run([fault('slow-node', onB, { turnUs: 5_000 }), fault('pause', onB, {}, 250, 50)]);
    expect(stepsOf(both).filter(between(250_000, 300_000))).toEqual([]);
    const after = stepsOf(both).filter(between(300_000, 400_000));
    expect(after.length).toBeGreaterThan(10);
    expect(after.length).toBeLessThanOrEqual(20);
  });
});
