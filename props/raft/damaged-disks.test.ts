import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../runtime/node/calendar.js';
import { runInline, type PlannedFault, type RunResult } from '../../sim/index.js';
import { raftScenario } from '../scenarios/raft.js';

const calendar = createCalendar();
const MEMBERS = ['n1', 'n2', 'n3'];

function planned(fault: string, node: string, ms: number, params: PlannedFault['params'], forMs: number): PlannedFault {
  return { name: `${fault}-${node}`, fault, at: { ms }, target: { kind: 'node', node }, forMs, params };
}

/** Each of these members is hit by a fault of its disk, and crashes when that is over. */
function runDamaged(fault: string, params: PlannedFault['params'], nodes: readonly string[], seed: number): RunResult {
  const faults = nodes.flatMap((node, n) => [
    planned(fault, node, 4_000 + 300 * n, params, 1_500),
    planned('crash', node, 6_000 + 300 * n, {}, 200),
  ]);
  const scenario = { ...raftScenario, core: () => MEMBERS.filter((member) => !nodes.includes(member)) };
  return runInline(scenario, { seed, plan: { faults }, params: { members: 3 } }, { calendar, keepTrace: true });
}

const halted = ({ trace = [] }: RunResult): number =>
  new Set(
    trace.flatMap((line) =>
      line.kind === 'observation' && line.record.observation.type === 'node-halted' ? [line.record.node] : [],
    ),
  ).size;

const DETECTABLE = [
  ['bit-rot', { count: 30 }],
  ['sector-rot', { count: 3 }],
  ['misdirected-write', { ppm: 1_000_000, most: 2 }],
] as const;

describe.each(DETECTABLE)('%s', (fault, params) => {
  it('of a minority is borne: the member refuses, and the others go on', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const result = runDamaged(fault, params, ['n2'], seed);
      expect(result.violations).toEqual([]);
      expect(halted(result)).toBe(1);
    }
  });

  it('of all members is beyond the budget: they refuse loudly, and nobody lies', () => {
    let refusals = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const result = runDamaged(fault, params, MEMBERS, seed);
      // Nobody is up who could show what was acknowledged. That is all there is to complain of: what was answered was right.
      const lies = result.violations.filter(
        ({ kind, property }) => kind !== 'eventually' && property !== 'acknowledged-survives',
      );
      expect(lies).toEqual([]);
      refusals += halted(result);
    }
    expect(refusals).toBeGreaterThanOrEqual(8);
  });

  it('is passed over where a plan has a budget that is used up', () => {
    const faults = MEMBERS.map((node, n) => planned(fault, node, 4_000 + n, params, 100));
    const spec = { seed: 1, plan: { faults, maxDown: 1 }, params: { members: 3 } };
    expect(runInline(raftScenario, spec, { calendar }).faults[fault]).toBe(1);
  });
});

describe('lying-sync', () => {
  const lies = (nodes: readonly string[], seed: number): RunResult => {
    const faults = nodes.flatMap((node) => [
      planned('lying-sync', node, 3_000, { durable: 'never' }, 4_000),
      planned('unsynced-lost', node, 3_000, {}, 4_000),
      planned('crash', node, 6_000, {}, 200),
    ]);
    return runInline(raftScenario, { seed, plan: { faults }, params: { members: 3 } }, { calendar });
  };

  it('of all members takes back what was acknowledged, which no other fault of the budget does', () => {
    const lost = [1, 2, 3, 4].filter((seed) => lies(MEMBERS, seed).violations.some(({ kind }) => kind === 'always'));
    expect(lost.length).toBeGreaterThan(0);
    const honest = (seed: number): RunResult => {
      const faults = MEMBERS.flatMap((node) => [
        planned('unsynced-lost', node, 3_000, {}, 4_000),
        planned('crash', node, 6_000, {}, 200),
      ]);
      return runInline(raftScenario, { seed, plan: { faults }, params: { members: 3 } }, { calendar });
    };
    for (const seed of lost) expect(honest(seed).violations).toEqual([]);
  });
});
