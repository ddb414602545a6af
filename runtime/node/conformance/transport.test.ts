import { describe, expect, it } from 'vitest';
import type { ObservedRecord } from '../../observation.js';
import { runInline, type FaultPlan, type PlannedFault, type Scenario } from '../../../sim/index.js';
import { createCalendar } from '../calendar.js';
import { runOverTcp } from './tcp-arm.js';
import { transportCases, type Disturbance, type TransportCase } from './transport-cases.js';

const SIMULATED_MS = 6000;

/** The same case on the simulated network. All messages take equally long there, so that what is sent in order comes in order. */
function runSimulated(testCase: TransportCase, seed: number): readonly ObservedRecord[] {
  const nodes = testCase.nodes.map((id) => ({ id, program: 'probes', params: null, role: 'server' as const }));
  const scenario: Scenario = {
    name: 'transport-conformance',
    programs: { probes: (node) => testCase.actors(node) },
    setup: () => ({ nodes, workload: [] }),
    latencyMs: { min: 2, max: 2 },
    faultMs: SIMULATED_MS,
    healMs: 10,
    faults: 'none',
    properties: { always: {}, eventually: {}, sometimes: {} },
  };
  const plan: FaultPlan = { faults: testCase.disturbances.map(plannedFault) };
  const result = runInline(scenario, { seed, plan }, { calendar: createCalendar(), keepTrace: true });
  expect(result.violations).toEqual([]);
  return (result.trace ?? []).flatMap((line) => (line.kind === 'observation' ? [line.record] : []));
}

function plannedFault(disturbance: Disturbance, index: number): PlannedFault {
  const { atMs, forMs } = disturbance;
  const common = { name: `${disturbance.kind}-${index}`, at: { ms: atMs }, forMs, params: {} };
  if (disturbance.kind === 'restart')
    return { ...common, fault: 'crash', target: { kind: 'node', node: disturbance.node } };
  const [a, b] = disturbance.between;
  return { ...common, fault: 'partition', target: { kind: 'links', from: [a], to: [b] } };
}

describe('a simulated network', () => {
  it.each(transportCases)('$name', (testCase) => {
    for (let seed = 1; seed <= 5; seed++) {
      const records = runSimulated(testCase, seed);
      expect(testCase.judge(records)).toBeUndefined();
      expect(testCase.isDone(records)).toBe(true);
    }
  });
});

describe('TCP', () => {
  it.each(transportCases)('$name', async (testCase) => {
    const records = await runOverTcp(testCase);
    expect(testCase.judge(records)).toBeUndefined();
    expect(testCase.isDone(records)).toBe(true);
  });
});
