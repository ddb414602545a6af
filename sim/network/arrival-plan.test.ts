import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '../run.js';
import type { RunSpec } from '../scenario.js';
import { deliveries, noCalendar, probing } from '../world/probe.fixture.js';
import { runInline } from '../world/run-inline.js';
import type { ArrivalPlan } from './arrival-plan.js';
import { delayOfLevelUs } from './arrival-strategies.js';

const LONGEST_US = 5_000;

function runWith(arrivals: ArrivalPlan): { readonly trace: readonly TraceRecord[] } {
  const spec: RunSpec = { seed: 1, plan: { faults: [] }, arrivals };
  return { trace: runInline(probing(), spec, { calendar: noCalendar, keepTrace: true }).trace ?? [] };
}

/** How long the messages of a link took, in the order of sending. */
function latenciesUs(trace: { readonly trace: readonly TraceRecord[] }, from: string, to: string): readonly number[] {
  return deliveries(trace, from, to)
    .filter(({ type }) => type === 'ping')
    .sort((a, b) => a.sentAtUs - b.sentAtUs)
    .map(({ atUs, sentAtUs }) => atUs - sentAtUs);
}

const priorities = (change: Partial<ArrivalPlan & { kind: 'priorities' }>): ArrivalPlan => ({
  ...{ kind: 'priorities', quantumUs: 10_000, slowest: [], changes: [], ...change },
});

describe('priorities', () => {
  it('make links late by steps, the slowest most, and leave the others as they are', () => {
    const slowest = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
    ];
    const result = runWith(priorities({ slowest }));
    const untouched = runWith(priorities({}));
    const inFaultPhase = (all: readonly number[]): readonly number[] => all.slice(0, 200);
    for (const us of inFaultPhase(latenciesUs(result, 'a', 'b'))) expect(us).toBeGreaterThan(40_000);
    for (const us of inFaultPhase(latenciesUs(result, 'b', 'c'))) {
      expect(us).toBeGreaterThan(10_000);
      expect(us).toBeLessThanOrEqual(10_000 + LONGEST_US);
    }
    expect(latenciesUs(result, 'c', 'a').slice(0, 100)).toEqual(latenciesUs(untouched, 'c', 'a').slice(0, 100));
  });

  it('change with the nth message of a link', () => {
    const late = latenciesUs(runWith(priorities({ changes: [{ from: 'a', to: 'b', fromMessage: 21 }] })), 'a', 'b');
    expect(Math.max(...late.slice(0, 20))).toBeLessThanOrEqual(LONGEST_US);
    expect(Math.min(...late.slice(20, 100))).toBeGreaterThan(10_000);
  });

  it('end with the phase of faults', () => {
    const late = deliveries(runWith(priorities({ slowest: [{ from: 'a', to: 'b' }] })), 'a', 'b');
    const afterHealing = late.filter(({ sentAtUs }) => sentAtUs >= 600_000);
    expect(afterHealing.length).toBeGreaterThan(20);
    for (const { atUs, sentAtUs } of afterHealing) expect(atUs - sentAtUs).toBeLessThanOrEqual(LONGEST_US);
  });

  it('have steps four times the one before, up to a second', () => {
    expect([0, 1, 2, 3, 4, 9].map((level) => delayOfLevelUs(level, 5_000))).toEqual([
      0, 5_000, 20_000, 80_000, 320_000, 1_000_000,
    ]);
  });
});

describe('a list of arrivals', () => {
  it('has those messages arrive when it says, and no others', () => {
    const messages = [
      { from: 'a', to: 'b', type: 'ping', occurrence: 2, latencyUs: 77_000 },
      { from: 'c', to: 'b', type: 'ping', occurrence: 1, latencyUs: 1_000 },
    ];
    const result = runWith({ kind: 'listed', messages, owesProgress: true });
    expect(latenciesUs(result, 'a', 'b')).toEqual([77_000]);
    expect(latenciesUs(result, 'c', 'b')).toEqual([1_000]);
    expect(latenciesUs(result, 'b', 'c')).toEqual([]);
    const second = deliveries(result, 'a', 'b')[0]!;
    expect(result.trace.filter((line) => line.kind === 'lost' && line.by === 'arrivals').length).toBeGreaterThan(100);
    expect(second.sentAtUs).toBeGreaterThan(3_000);
  });

  const link = { from: 'a', to: 'b', type: 'ping', occurrence: 1, latencyUs: 5_000 };
  it.each<[string, ArrivalPlan]>([
    ['has no node "z"', { kind: 'listed', messages: [{ ...link, to: 'z' }], owesProgress: true }],
    ['listed twice', { kind: 'listed', messages: [link, link], owesProgress: true }],
    ['latencyUs from 1000', { kind: 'listed', messages: [{ ...link, latencyUs: 999 }], owesProgress: true }],
    ['count messages from 1', priorities({ changes: [{ from: 'a', to: 'b', fromMessage: 0 }] })],
    ['microseconds from 1', priorities({ quantumUs: 0 })],
  ])('is refused where it %s', (message, plan) => {
    expect(() => runWith(plan)).toThrow(message);
  });
});
