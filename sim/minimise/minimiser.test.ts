import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlannedFault } from '../faults/plan.js';
import type { RunResult } from '../run.js';
import type { Scenario } from '../scenario.js';
import { noCalendar, quiet } from '../world/probe.fixture.js';
import { runInline } from '../world/run-inline.js';
import { findTarget, Minimiser, runSearch, type RunCase, type Trial } from './index.js';
import { forgetfulPurse, twelveFaults } from './two-faults.fixture.js';

const target = { property: 'p', kind: 'always' } as const;

const cluster: Scenario = {
  ...{ name: 'made-up', programs: { any: () => [] }, faultMs: 1000, healMs: 1000, faults: 'none', properties: quiet },
  setup: () => ({ nodes: [], workload: [] }),
};

function caseOf(faults: number, items: number, clients: number): RunCase {
  const node = (id: string, role: 'server' | 'client') => ({ id, program: 'any', params: null, role });
  return {
    seed: 1,
    setup: {
      nodes: [node('n1', 'server'), ...Array.from({ length: clients }, (_, n) => node(`c${n}`, 'client'))],
      workload: Array.from({ length: items }, (_, n) => ({ atMs: n, to: 'n1/a', message: { type: 'm', n } })),
    },
    plan: {
      faults: Array.from({ length: faults }, (_, n) => ({
        ...{ name: `f${n}`, fault: 'pause', at: { ms: n }, params: {} },
        target: { kind: 'node', node: 'n1' },
        forMs: 70,
      })),
    },
  };
}

/** The run of a case as an oracle would have it: nothing but the verdict and a trace in which every fault begins. */
function madeUp({ runCase }: Trial, isFailing: boolean): RunResult {
  const { setup, plan, seed } = runCase;
  const violation = { ...target, step: 'n1:9', atMs: 900, message: 'broken on n1' };
  return {
    ...{
      seed,
      setup,
      plan,
      fingerprint: '0'.repeat(16),
      steps: 10,
      simulatedMs: 1000,
      wallMs: 0,
      reached: {},
      faults: {},
    },
    verdict: isFailing ? 'failed' : 'passed',
    violations: isFailing ? [violation] : [],
    trace: [
      ...plan.faults.map(({ name, fault }, n) => ({ kind: 'fault', atUs: n, name, fault, what: 'do' }) as const),
      { kind: 'step', node: 'n1', step: 9, atUs: 900_000, what: 'x' },
    ],
  };
}

const namesOf = ({ plan }: RunCase): readonly string[] => plan.faults.map(({ name }) => name);
const numbersOf = ({ setup }: RunCase): readonly number[] =>
  setup.workload.map(({ message }) => message['n'] as number);
const clientsOf = ({ setup }: RunCase): readonly string[] => setup.nodes.slice(1).map(({ id }) => id);

describe('minimising, with an oracle in place of runs', () => {
  const needs = fc.record({
    faults: fc.uniqueArray(fc.nat(11)),
    items: fc.uniqueArray(fc.nat(29)),
    clients: fc.uniqueArray(fc.nat(3)),
    shortestMs: fc.integer({ min: 0, max: 70 }),
  });
  const isMet = (
    runCase: RunCase,
    need: { faults: number[]; items: number[]; clients: number[]; shortestMs: number },
  ) =>
    need.faults.every((n) => namesOf(runCase).includes(`f${n}`)) &&
    need.items.every((n) => numbersOf(runCase).includes(n)) &&
    need.clients.every((n) => clientsOf(runCase).includes(`c${n}`)) &&
    runCase.plan.faults.every(({ forMs = 0 }) => forMs >= need.shortestMs);

  it('leaves exactly the faults, requests and clients that are needed, and the faults no longer than that', () => {
    fc.assert(
      fc.property(needs, (need) => {
        const minimiser = new Minimiser(cluster, caseOf(12, 30, 4), target, { runsMax: 5000 });
        expect(runSearch(minimiser, (trial) => madeUp(trial, isMet(trial.runCase, need)))).toBe(true);
        const { best } = minimiser;
        expect(new Set(namesOf(best))).toEqual(new Set(need.faults.map((n) => `f${n}`)));
        expect(numbersOf(best)).toEqual([...need.items].sort((a, b) => a - b));
        expect(new Set(clientsOf(best))).toEqual(new Set(need.clients.map((n) => `c${n}`)));
        const shortest = [1, 10, 70].find((ms) => ms >= need.shortestMs);
        for (const { forMs } of best.plan.faults) expect(forMs).toBe(shortest);
        expect(minimiser.isExhausted).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('never ends at a run that passes, whatever the oracle and the budget, and repeats itself', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (salt, runsMax) => {
        const whole = JSON.stringify(caseOf(8, 12, 2));
        const fails = ({ runCase: { cutAtMs: _cut, ...rest } }: Trial): boolean => {
          const text = JSON.stringify(rest);
          return text === whole || hash(`${salt}${text}`) % 3 === 0;
        };
        const attempt = () => {
          const minimiser = new Minimiser(cluster, caseOf(8, 12, 2), target, { runsMax });
          let runs = 0;
          runSearch(minimiser, (trial) => (runs++, madeUp(trial, fails(trial))));
          expect(runs).toBe(minimiser.runs);
          expect(runs).toBeLessThanOrEqual(runsMax);
          return minimiser;
        };
        const { best, bestResult } = attempt();
        expect(fails({ runCase: best, keepTrace: false, maxSteps: 0 })).toBe(true);
        expect(bestResult?.verdict).toBe('failed');
        expect(attempt().best).toEqual(best);
      }),
      { numRuns: 60 },
    );
  });

  it('needs no fault where one of the next seeds fails without any, in the cluster that it draws', () => {
    const drawing: Scenario = { ...cluster, setup: () => caseOf(0, 9, 1).setup };
    const minimiser = new Minimiser(drawing, caseOf(6, 12, 2), target, { runsMax: 5000 });
    const fails = ({ runCase }: Trial): boolean =>
      runCase.plan.faults.length > 0 || (runCase.setup.nodes.length === 2 && numbersOf(runCase).includes(8));
    runSearch(minimiser, (trial) => madeUp(trial, fails(trial)));
    const { best } = minimiser;
    expect([namesOf(best), numbersOf(best), clientsOf(best)]).toEqual([[], [8], ['c0']]);
  });

  it('stays with the property that failed, and with how it did', () => {
    const minimiser = new Minimiser(cluster, caseOf(4, 4, 0), target, { runsMax: 500 });
    runSearch(minimiser, (trial) => {
      const result = madeUp(trial, true);
      if (trial.runCase.plan.faults.length === 4) return result;
      const [property, kind] = trial.runCase.plan.faults.length === 3 ? ['other', 'always'] : ['p', 'crash'];
      return { ...result, violations: [{ ...result.violations[0]!, property, kind: kind as 'always' | 'crash' }] };
    });
    expect(namesOf(minimiser.best)).toHaveLength(4);
    expect(numbersOf(minimiser.best)).toHaveLength(0);
  });

  it('stops where the original does not fail, and skips what cannot be run', () => {
    const passing = new Minimiser(cluster, caseOf(4, 4, 0), target, { runsMax: 500 });
    expect(runSearch(passing, (trial) => madeUp(trial, false))).toBe(false);
    expect(passing.runs).toBe(1);
    const refused = new Minimiser(cluster, caseOf(4, 4, 0), target, { runsMax: 500 });
    runSearch(refused, (trial) => (trial.runCase.setup.workload.length < 4 ? undefined : madeUp(trial, true)));
    expect([namesOf(refused.best), numbersOf(refused.best)]).toEqual([[], [0, 1, 2, 3]]);
  });
});

describe('minimising real runs', () => {
  const kept = { property: 'what was added is kept', kind: 'always' } as const;
  const run = ({ runCase, keepTrace, maxSteps }: Trial): RunResult =>
    runInline(forgetfulPurse, runCase, { calendar: noCalendar, keepTrace, maxSteps });
  const setup = runInline(forgetfulPurse, { seed: 5 }, { calendar: noCalendar }).setup;
  const plan: { faults: readonly PlannedFault[]; maxDown: number } = { faults: twelveFaults, maxDown: 3 };

  it('finds the two faults of twelve, the one request and the one node that matter', () => {
    const minimiser = new Minimiser(forgetfulPurse, { seed: 5, setup, plan }, kept, { runsMax: 1000 });
    expect(runSearch(minimiser, run)).toBe(true);
    const { best } = minimiser;
    expect(namesOf(best)).toEqual(['jump', 'lost']);
    expect(best.setup.nodes.map(({ id }) => id)).toEqual(['a']);
    expect(best.setup.workload).toHaveLength(1);
    expect(best.plan.faults.map(({ forMs, params }) => [forMs, params])).toEqual([
      [undefined, { offsetMs: 80_000 }],
      [1, {}],
    ]);
    expect(best.cutAtMs).toBeLessThan(1500);
    // The same again, with nothing but what the result says.
    const again = run({ runCase: best, keepTrace: false, maxSteps: Infinity });
    expect(findTarget(again.violations, kept)).toEqual(minimiser.violation);
    expect(again.fingerprint).toBe(minimiser.bestResult?.fingerprint);
  });
});

function hash(text: string): number {
  let value = 17;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
