import { describe, expect, it } from 'vitest';
import type { ObservedRecord } from '../../observation.js';
import { runInline, type FaultPlan, type PlannedFault, type Scenario } from '../../../sim/index.js';
import { createCalendar } from '../calendar.js';
import { runReal } from './real-arm.js';
import { timerCases } from './timer-cases.js';
import { transportCases } from './transport-cases.js';
import type { Disturbance, WorldCase } from './world-case.js';

const cases = [...transportCases, ...timerCases];

const SIMULATED_MS = 6000;

/** The same case in simulation. All messages take equally long there, so that what is sent in order comes in order. */
function runSimulated(testCase: WorldCase, seed: number): readonly ObservedRecord[] {
  const nodes = testCase.nodes.map((id) => ({ id, program: 'probes', params: null, role: 'server' as const }));
  const scenario: Scenario = {
    name: 'conformance',
    programs: { probes: (node) => testCase.actors(node) },
    setup: () => ({ nodes, workload: [] }),
    latencyMs: { min: 2, max: 2 },
    faultMs: SIMULATED_MS,
    healMs: 10,
    faults: 'none',
    properties: { always: {}, eventually: {}, sometimes: {} },
  };
  const faults = testCase.disturbances.map((disturbance, n) => plannedFault(disturbance, n, testCase.silentMs ?? 0));
  const plan: FaultPlan = { faults };
  const result = runInline(scenario, { seed, plan }, { calendar: createCalendar(), keepTrace: true });
  expect(result.violations).toEqual([]);
  return (result.trace ?? []).flatMap((line) => (line.kind === 'observation' ? [line.record] : []));
}

function plannedFault(disturbance: Disturbance, index: number, timeoutMs: number): PlannedFault {
  const { kind, atMs, forMs } = disturbance;
  const common = { name: `${kind}-${index}`, at: { ms: atMs }, forMs, params: {} };
  switch (disturbance.kind) {
    case 'restart':
      return { ...common, fault: 'crash', target: { kind: 'node', node: disturbance.node } };
    case 'wall-clock': {
      const { node, offsetMs } = disturbance;
      return { ...common, fault: 'clock-skew', target: { kind: 'node', node }, params: { offsetMs } };
    }
    case 'cut':
      return { ...common, fault: 'partition', target: between(disturbance) };
    case 'reset':
      return { ...common, fault: 'reset', target: between(disturbance) };
    case 'half-open':
      return { ...common, fault: 'half-open', target: between(disturbance), params: { timeoutMs } };
  }
}

function between({ between: [from, to] }: { readonly between: readonly [string, string] }): PlannedFault['target'] {
  return { kind: 'links', from: [from], to: [to] };
}

describe('a simulated world', () => {
  it.each(cases)('$name', (testCase) => {
    for (let seed = 1; seed <= 5; seed++) {
      const records = runSimulated(testCase, seed);
      expect(testCase.judge(records)).toBeUndefined();
      expect(testCase.isDone(records)).toBe(true);
    }
  });
});

describe('TCP, and the clocks and timers of this process', () => {
  it.each(cases)('$name', async (testCase) => {
    const records = await runReal(testCase);
    expect(testCase.judge(records)).toBeUndefined();
    expect(testCase.isDone(records)).toBe(true);
  });
});
