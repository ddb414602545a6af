import { beforeAll, describe, expect, test } from 'vitest';
import type { Plain } from '../../runtime/data.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import { readDefinitionsFile } from '../../scheduler/service/files/definitions-file.js';
import { runInline, type RunResult, type Scenario } from '../../sim/index.js';
import { schedulerGossipScenario, schedulerLeaseScenario, schedulerRaftScenario } from './scheduler.js';

const calendar = createCalendar();
const scenarios = [schedulerRaftScenario, schedulerLeaseScenario, schedulerGossipScenario];
const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

function run(scenario: Scenario, seed: number, params: Plain = {}): RunResult {
  return runInline(scenario, { seed, params }, { calendar });
}

function sumOf(results: readonly RunResult[], figure: string): number {
  return results.flatMap(({ figures }) => figures?.[figure] ?? []).reduce((sum, value) => sum + value, 0);
}

/** The runs are looked at by several tests; a hunt over them costs seconds. */
const runsOf = new Map<Scenario, readonly RunResult[]>();
beforeAll(() => {
  for (const scenario of scenarios)
    runsOf.set(
      scenario,
      SEEDS.map((seed) => run(scenario, seed)),
    );
});

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
  test('keeps its properties under faults, and much of what should be met is met', () => {
    const results = runsOf.get(scenario)!;
    expect(results.flatMap(({ seed, violations }) => violations.map((violation) => ({ seed, ...violation })))).toEqual(
      [],
    );
    expect(sumOf(results, 'tasksLost')).toBe(0);
    expect(sumOf(results, 'effectsTwice')).toBe(0);
    expect(sumOf(results, 'executionsSucceeded')).toBeGreaterThan(SEEDS.length * 40);
    for (const name of [
      'planner-changed',
      'worker-died-holding-task',
      'execution-reaped',
      'duplicate-effect-refused',
    ]) {
      expect(
        results.some(({ reached }) => reached[name] === 1),
        name,
      ).toBe(true);
    }
  });

  test('runs the tasks of a definitions file', () => {
    const tasks = readDefinitionsFile('examples/tasks.yaml', calendar) as unknown as Plain;
    const result = run(scenario, 1, { tasks, copies: 2 });
    expect(result.violations).toEqual([]);
    expect(sumOf([result], 'effectsApplied')).toBeGreaterThan(30);
    expect(result.setup.workload.some(({ message }) => JSON.stringify(message).includes('nightly-report'))).toBe(true);
  });

  test('without faults nothing is attempted twice but what fails, and nobody is deposed', () => {
    const result = runInline({ ...scenario, faults: 'none' }, { seed: 3 }, { calendar });
    expect(result.violations).toEqual([]);
    expect(result.reached).toMatchObject({ 'planner-changed': 0, 'execution-reaped': 0, 'worker-lease-lost': 0 });
  });
});

test('linearizable coordinators let an execution succeed once; across a partition gossip may not', () => {
  const twice = (scenario: Scenario): number =>
    sumOf(
      SEEDS.map((seed) => run(scenario, seed)),
      'executedTwice',
    );
  expect(twice(schedulerRaftScenario)).toBe(0);
  expect(twice(schedulerLeaseScenario)).toBe(0);
  expect(twice(schedulerGossipScenario)).toBeGreaterThan(0);
});
