import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../faults/plan.js';
import type { RunResult, TraceRecord } from '../run.js';
import { deliveries, fault, observed, onB, run } from '../world/probe.fixture.js';

type Traced = RunResult & { readonly trace: readonly TraceRecord[] };
type Lost = Extract<TraceRecord, { kind: 'lost' }>;

const ALL: PlannedFault['target'] = { kind: 'all' };
const AB: PlannedFault['target'] = { kind: 'links', from: ['a'], to: ['b'] };
const FLAT = { latencyMs: { min: 8, max: 8 } };

function losses({ trace }: Traced, from: string, to: string): readonly Lost[] {
  return trace.flatMap((line) =>
    line.kind === 'lost' && line.from.startsWith(`${from}/`) && line.to.startsWith(`${to}/`) ? [line] : [],
  );
}

/** Numbers of the pings from one node that another heard, in the order of hearing. */
function heard(result: Traced, from: string, to: string): readonly number[] {
  return observed(result, to, 'heard').flatMap(({ observation }) =>
    observation['from'] === `${from}/probe` ? [observation['n'] as number] : [],
  );
}

describe('reset', () => {
  const result = run([fault('reset', AB)], FLAT);

  it('loses what is on its way, both ways, and nothing else', () => {
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const lost = losses(result, from, to);
      // Every 2 ms one is sent and takes 8 ms.
      expect(lost.length).toBe(4);
      for (const { sentAtUs, atUs, by } of lost) {
        expect([sentAtUs > 191_000, sentAtUs < 200_000, atUs, by]).toEqual([true, true, 200_000, 'reset-1']);
      }
    }
    expect(losses(result, 'a', 'c')).toEqual([]);
    expect(result.faults).toEqual({ reset: 1 });
  });

  it('has what is sent meanwhile wait for the next connection, and then passes all as before', () => {
    const first = deliveries(result, 'a', 'b').find(({ sentAtUs }) => sentAtUs >= 200_000)!;
    expect(first.atUs).toBeGreaterThanOrEqual(200_000 + 25_000 + 8_000);
    expect(first.atUs).toBeLessThan(200_000 + 55_000 + 8_000);
    const later = deliveries(result, 'a', 'b').filter(({ sentAtUs }) => sentAtUs > 260_000);
    expect(new Set(later.map(({ atUs, sentAtUs }) => atUs - sentAtUs))).toEqual(new Set([8_000]));
    expect(heard(result, 'a', 'b').length + 4).toBe(heard(run([], FLAT), 'a', 'b').length);
  });

  it('loses what a hold keeps back', () => {
    const hold = fault('hold', AB, { order: 'sent' }, 150, 200);
    const both = run([hold, fault('reset', AB)], FLAT);
    const kept = losses(both, 'a', 'b').filter(({ sentAtUs }) => sentAtUs > 150_000);
    expect(kept.length).toBeGreaterThanOrEqual(24);
    expect(deliveries(both, 'a', 'b').some(({ sentAtUs }) => sentAtUs > 150_000 && sentAtUs < 199_000)).toBe(false);
  });
});

describe('half-open', () => {
  const timeoutMs = 60;
  const result = run([fault('half-open', AB, { timeoutMs })], FLAT);

  it('swallows what one side sends until its time-out, and what it sent last', () => {
    const lost = losses(result, 'a', 'b');
    expect(lost.every(({ by }) => by === 'half-open-1')).toBe(true);
    expect(Math.min(...lost.map(({ sentAtUs }) => sentAtUs))).toBeGreaterThan(191_000);
    expect(Math.max(...lost.map(({ sentAtUs }) => sentAtUs))).toBeLessThan(260_000);
    expect(lost.length).toBeGreaterThanOrEqual(33);
    expect(losses(result, 'b', 'a')).toEqual([]);
  });

  it('ends by itself with a new connection', () => {
    const after = deliveries(result, 'a', 'b').filter(({ sentAtUs }) => sentAtUs >= 260_000);
    expect(after[0]!.sentAtUs).toBeLessThan(263_000);
    expect(after[0]!.atUs).toBeGreaterThan(260_000 + 25_000);
    expect(after.filter(({ atUs }) => atUs > 320_000 && atUs < 400_000).length).toBeGreaterThanOrEqual(38);
  });

  it('ends where the believing side restarts', () => {
    const onA: PlannedFault['target'] = { kind: 'node', node: 'a' };
    const restarted = run([fault('half-open', AB, { timeoutMs: 5_000 }), fault('crash', onA, {}, 220, 40)], FLAT);
    const alone = run([fault('half-open', AB, { timeoutMs: 5_000 })], FLAT);
    const passed = (of: Traced): number =>
      deliveries(of, 'a', 'b').filter(({ atUs }) => atUs > 270_000 && atUs < 400_000).length;
    expect(passed(restarted)).toBeGreaterThan(40);
    expect(passed(alone)).toBe(0);
  });

  it('ends where it is undone', () => {
    const undone = run([fault('half-open', AB, { timeoutMs: 5_000 })], FLAT);
    expect(deliveries(undone, 'a', 'b').filter(({ sentAtUs }) => sentAtUs > 400_000).length).toBeGreaterThan(80);
  });
});

describe('corrupt', () => {
  it('never delivers anything that was not sent, and loses the damaged message and what stands behind it', () => {
    const result = run([fault('corrupt', AB, { ppm: 50_000, mostPerLink: 1 })], FLAT);
    const lost = losses(result, 'a', 'b');
    // The damaged one and those sent within the 16 ms until its sender knows.
    expect(lost.length).toBe(8);
    expect(lost.at(-1)!.sentAtUs - lost[0]!.sentAtUs).toBe(14_000);
    const all = heard(run([], FLAT), 'a', 'b');
    expect(heard(result, 'a', 'b').length).toBe(all.length - 8);
    expect(heard(result, 'a', 'b').every((n) => all.includes(n))).toBe(true);
    // What was sent before the damaged message stands before it in the stream.
    const before = (of: Traced): number =>
      deliveries(of, 'a', 'b').filter(({ sentAtUs }) => sentAtUs < lost[0]!.sentAtUs).length;
    expect(before(result)).toBe(before(run([], FLAT)));
    const next = deliveries(result, 'a', 'b').find(({ sentAtUs }) => sentAtUs > lost.at(-1)!.sentAtUs)!;
    expect(next.atUs - next.sentAtUs).toBeGreaterThan(25_000);
  });

  it('comes again and again, and ends', () => {
    const result = run([fault('corrupt', ALL, { ppm: 20_000 })], FLAT);
    for (const { sentAtUs } of losses(result, 'a', 'b')) {
      expect(sentAtUs).toBeGreaterThanOrEqual(200_000);
      expect(sentAtUs).toBeLessThan(400_000);
    }
    expect(losses(result, 'c', 'b').length).toBeGreaterThan(0);
    expect(deliveries(result, 'a', 'b').filter(({ sentAtUs }) => sentAtUs > 400_000).length).toBeGreaterThan(80);
  });
});

describe('a lost message', () => {
  it('leaves a line with the name of the fault, whichever fault lost it', () => {
    const result = run([fault('drop', AB, { ppm: 500_000 }), fault('partition', onB, {}, 420, 50)]);
    const by = new Set(losses(result, 'a', 'b').map((line) => line.by));
    expect(by).toEqual(new Set(['drop-1', 'partition-1']));
    const arrived = deliveries(result, 'a', 'b').length;
    const [sent, all] = [arrived + losses(result, 'a', 'b').length, deliveries(run([]), 'a', 'b').length];
    // At the end of the run a few are on their way.
    expect(Math.abs(sent - all)).toBeLessThanOrEqual(3);
    for (const { node, step, causeStep, atUs, sentAtUs } of losses(result, 'a', 'b')) {
      expect([node, step, atUs]).toEqual(['a', causeStep, sentAtUs]);
    }
  });
});
