import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '../run.js';
import { run } from '../world/probe.fixture.js';
import { digestOf, findDivergence } from './run-digest.js';
import { stepOf } from './first-difference.js';

const { trace } = run([]);
const steps = trace.flatMap((record, index) => (record.kind === 'step' ? [index] : []));

/** The same trace in which one step did something else, and all that follows is as it was. */
function changed(index: number): readonly TraceRecord[] {
  const record = trace[index] as Extract<TraceRecord, { kind: 'step' }>;
  return trace.with(index, { ...record, what: `${record.what}, otherwise` });
}

describe('the digest of a run', () => {
  it('finds no difference in the run itself, also where that went on for longer', () => {
    expect(findDivergence(digestOf(trace), trace)).toBeUndefined();
    const half = trace.slice(0, steps[Math.floor(steps.length / 2)]);
    expect(findDivergence(digestOf(half), trace)).toBeUndefined();
    expect(digestOf(trace).stride).toBe(1);
  });

  it('names the first step that differs, wherever that is', () => {
    const digest = digestOf(trace);
    fc.assert(
      fc.property(fc.constantFrom(...steps), (index) => {
        const found = findDivergence(digest, changed(index));
        const step = stepOf(trace[index]!);
        expect([found?.step, found?.untilStep]).toEqual([step, step]);
        expect(found?.now.at(-1)).not.toBe(undefined);
      }),
      { numRuns: 50 },
    );
  });

  it('names the step that the run never came to', () => {
    const cut = steps[steps.length - 5]!;
    const found = findDivergence(digestOf(trace), trace.slice(0, cut));
    expect(found?.step).toBeDefined();
    expect(found?.atMs).toBeUndefined();
    expect(found?.now).toEqual([]);
  });

  it('tells what the step did then and does now, near the end of the run', () => {
    const index = steps.at(-1)!;
    const found = findDivergence(digestOf(trace), changed(index));
    expect(found?.now.join()).toContain('otherwise');
    expect(found?.then.join()).not.toContain('otherwise');
    expect(found?.then).not.toEqual([]);
  });

  it('of a long run narrows it down to a few steps', () => {
    const long = Array.from({ length: 100_000 }, (_, n): Extract<TraceRecord, { kind: 'step' }> => ({
      ...({ kind: 'step', node: `n${n % 2}`, atUs: n, what: 'tick' } as const),
      step: Math.floor(n / 2) + 1,
    }));
    const digest = digestOf(long);
    expect(digest.stride).toBe(4);
    expect(JSON.stringify(digest).length).toBeLessThan(200_000);
    const found = findDivergence(digest, long.with(70_000, { ...long[70_000]!, what: 'tock' }));
    expect([found?.step, found?.untilStep]).toEqual(['n0:35001', 'n0:35004']);
    expect(findDivergence(digest, long)).toBeUndefined();
    expect(findDivergence(digest, long.with(99_999, { ...long[99_999]!, what: 'tock' }))?.untilStep).toBe('n1:50000');
  });
});
