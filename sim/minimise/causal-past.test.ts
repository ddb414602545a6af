import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../faults/plan.js';
import type { TraceRecord } from '../run.js';
import { causalPastOf, isInPast } from './causal-past.js';

function step(node: string, number: number, atUs: number): TraceRecord {
  return { kind: 'step', node, step: number, atUs, what: 'x' };
}

function delivery(from: string, causeStep: number, node: string, number: number, atUs: number): TraceRecord {
  const sentAtUs = atUs - 1000;
  return {
    kind: 'delivery',
    node,
    step: number,
    atUs,
    from: `${from}/a`,
    to: `${node}/a`,
    type: 'm',
    causeStep,
    sentAtUs,
  };
}

// a:1 -> b:2 -> c:1; a goes on to a:2 and hears of d:1 only afterwards.
const trace = [
  step('a', 1, 1000),
  delivery('a', 1, 'b', 2, 2000),
  step('d', 1, 2500),
  delivery('b', 2, 'c', 1, 3000),
  delivery('d', 1, 'a', 2, 3500),
  step('a', 2, 3500),
  step('c', 2, 3600),
];
const violation = (message: string) => ({ property: 'p', kind: 'always', step: 'c:1', atMs: 3.55, message }) as const;
const hits = (node: string): PlannedFault => ({
  ...{ name: 'f', fault: 'crash', at: { ms: 0 }, params: {} },
  target: { kind: 'node', node },
});

describe('the causal past of a violation', () => {
  it('is what was sent to it, directly or not, and nothing later', () => {
    expect(causalPastOf(trace, violation('broken'))).toEqual(
      new Map([
        ['c', { step: 1, atUs: 3000 }],
        ['b', { step: 2, atUs: 2000 }],
        ['a', { step: 1, atUs: 1000 }],
      ]),
    );
  });

  it('holds also the nodes that the message names, as they were', () => {
    const past = causalPastOf(trace, violation('c and a, both leaders'));
    expect(past.get('a')).toEqual({ step: 2, atUs: 3500 });
    expect(past.get('d')).toEqual({ step: 1, atUs: 2500 });
  });

  it('tells which faults can have had a part', () => {
    const past = causalPastOf(trace, violation('broken'));
    expect([900, 1000, 1001].map((atUs) => isInPast(past, hits('a'), atUs))).toEqual([true, true, false]);
    expect(isInPast(past, hits('d'), 0)).toBe(false);
    const links = { ...hits('a'), target: { kind: 'links', from: ['d'], to: ['c'] } } as const;
    expect([3000, 3001].map((atUs) => isInPast(past, links, atUs))).toEqual([true, false]);
  });
});
