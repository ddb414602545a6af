import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceRecord } from '../run.js';
import { findFirstDifference } from './first-difference.js';
import { aroundStep, traceLine } from './trace-lines.js';

function observed(step: number, value: number): TraceRecord {
  const record = { node: 'n1', incarnation: 1, step, atUs: step * 1000, actor: 'a', lamport: step };
  return { kind: 'observation', record: { ...record, observation: { type: 'did', value, deep: { list: [value] } } } };
}

const traces = fc
  .array(fc.nat(9), { maxLength: 30 })
  .map((values) => values.map((value, step) => observed(step, value)));

test('equal traces have no difference', () => {
  fc.assert(
    fc.property(traces, (trace) => {
      expect(findFirstDifference(trace, structuredClone(trace))).toBeUndefined();
    }),
  );
});

test('the first changed record is found, deep inside, and so is a trace that ends early', () => {
  fc.assert(
    fc.property(traces, fc.nat(29), (trace, at) => {
      fc.pre(at < trace.length);
      const changed = trace.map((record, index) => (index < at ? record : observed(index, 10)));
      expect(findFirstDifference(trace, changed)).toMatchObject({ index: at, step: `n1:${at}`, atMs: at });
      expect(findFirstDifference(trace, trace.slice(0, at))).toMatchObject({ index: at, second: undefined });
    }),
  );
});

test('the lines around a step hold all of that step', () => {
  const trace = [1, 2, 2, 2, 3, 4].map((step, index) => observed(step, index));
  expect(aroundStep(trace, 'n1:2', 1, 1)).toEqual(trace.slice(0, 5));
  expect(aroundStep(trace, 'n1:9', 2, 1)).toEqual(trace.slice(4));
  expect(traceLine(observed(3, 7))).toEqual({
    atMs: '3.000',
    step: 'n1:3',
    kind: 'observation',
    text: 'a: did value=7 deep={"list":[7]}',
  });
});
