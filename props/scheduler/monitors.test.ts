import { describe, expect, test } from 'vitest';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Plain } from '../../runtime/data.js';
import type { EndOfRun, Monitor } from '../../sim/properties/property.js';
import type { Setup } from '../../sim/setup.js';
import { DEFAULT_TASKS } from './default-tasks.js';
import { effectAtMostOnce, effectTokensRise, submissionIsOneExecution } from './effects.js';
import {
  attemptsBounded,
  claimsExclusive,
  executionEndsOnce,
  overlapsSkipped,
  recordsReadable,
  reportsExclusive,
  transitionsLegal,
} from './executions.js';
import { schedulerFigures } from './figures.js';
import { deposedPlannersCommitNothing, mandatesExclusive } from './planners.js';
import {
  acceptedTasksEnd,
  acceptedTasksThatSpreadEnd,
  executionsEnd,
  executionsThatSpreadEnd,
  onePlannerAtLast,
  submissionsEnd,
  ticksGoOn,
} from './progress.js';
import { tickHasOneOutcome, ticksAccounted, ticksAccountedAtLast, ticksKnown, ticksMakeExecutions } from './ticks.js';

type Fields = Readonly<Record<string, Plain>>;
/** What is told: by whom, when, of which type, with which fields. */
type Told = readonly [node: string, atMs: number, type: string, fields?: Fields];

const everySecond = DEFAULT_TASKS.find(({ id }) => id === 'every-second')!;
const setup: Setup = {
  nodes: ['n1', 'n2'].map((id) => ({ id, program: 'member', params: null, role: 'server' })),
  workload: [
    {
      atMs: 0,
      to: 'c1/client',
      message: { type: 'submit-task', submissionId: 's', task: everySecond as unknown as Plain },
    },
  ],
};

function endAt(simulatedMs: number, faults: Readonly<Record<string, number>> = {}): EndOfRun {
  const nodes = ['n1', 'n2'];
  return { setup, nodes, core: nodes, simulatedMs, state: () => undefined, states: () => [], faults };
}

function recordOf([node, atMs, type, fields = {}]: Told): ObservedRecord {
  return { node, incarnation: 1, step: 1, atUs: atMs * 1000, actor: 'a', lamport: 1, observation: { type, ...fields } };
}

/** The first complaint of a monitor about what is told, up to the end of the run. */
function complaint(monitor: Monitor, told: readonly Told[], end: EndOfRun = endAt(60_000)): string | undefined {
  for (const one of told) {
    const message = monitor.observe?.(recordOf(one));
    if (message !== undefined) return message;
  }
  return monitor.end?.(end);
}

const PENDING = { state: 'PENDING', attempt: 0, revision: 1, version: 1, token: 0, outcome: '' };
const RUNNING = { state: 'RUNNING', attempt: 1, revision: 2, version: 2, token: 2, outcome: '' };
const RETRIED = { state: 'PENDING', attempt: 1, revision: 3, version: 3, token: 0, outcome: 'failed' };
const DONE = { state: 'SUCCEEDED', attempt: 1, revision: 4, version: 1, token: 0, outcome: 'succeeded' };

function changed(fields: Fields, node = 'n1', atMs = 0): Told {
  const execution = { executionId: 'e', taskId: 'every-second', nominalMs: 1_000, generation: 1, notBeforeMs: 0 };
  return [node, atMs, 'execution-changed', { ...execution, ...fields }];
}

const tick = {
  taskId: 't',
  nominalMs: 1_000,
  generation: 1,
  outcome: 'ran',
  executionId: 'e',
  plannerToken: 1,
  version: 1,
  revision: 5,
};
const attempt = { executionId: 'e', attempt: 1, token: 2 };
const report = { ...attempt, revision: 4, outcome: 'succeeded', state: 'SUCCEEDED' };

/** For each property: what it must let pass, and what it must not. */
const cases: readonly (readonly [
  name: string,
  make: (setup: Setup) => Monitor,
  good: readonly Told[],
  bad: readonly Told[],
])[] = [
  [
    'transitions-legal',
    transitionsLegal,
    [
      changed(PENDING),
      changed(PENDING, 'n2'),
      changed(RUNNING),
      changed({ ...DONE, revision: 9 }),
      changed(RUNNING, 'n2'),
    ],
    [changed(PENDING), changed({ ...DONE, revision: 2 }), changed({ ...RUNNING, revision: 7 })],
  ],
  ['transitions-legal', transitionsLegal, [changed(PENDING)], [changed(PENDING), changed({ ...RUNNING, version: 3 })]],
  [
    'transitions-legal',
    transitionsLegal,
    [changed(RUNNING)],
    [changed(RUNNING), changed({ ...RETRIED, revision: 2 }, 'n2')],
  ],
  [
    'transitions-legal',
    transitionsLegal,
    [changed(RUNNING), changed(RETRIED)],
    [changed({ ...RUNNING, attempt: 2, version: 4, revision: 6 }), changed({ ...DONE, revision: 7 })],
  ],
  [
    'execution-ends-once',
    executionEndsOnce,
    [changed(DONE), changed(DONE, 'n2')],
    [changed(DONE), changed({ ...DONE, revision: 8 })],
  ],
  [
    'claims-exclusive',
    claimsExclusive,
    [
      ['n1', 0, 'attempt-claimed', attempt],
      ['n2', 0, 'attempt-claimed', { ...attempt, attempt: 2, token: 9 }],
    ],
    [
      ['n1', 0, 'attempt-claimed', attempt],
      ['n2', 0, 'attempt-claimed', { ...attempt, token: 3 }],
    ],
  ],
  [
    'claims-exclusive',
    claimsExclusive,
    [],
    [
      ['n1', 0, 'attempt-claimed', { ...attempt, token: 9 }],
      ['n2', 0, 'attempt-claimed', { ...attempt, attempt: 2, token: 3 }],
    ],
  ],
  [
    'reports-exclusive',
    reportsExclusive,
    [['n1', 0, 'attempt-reported', report]],
    [
      ['n1', 0, 'attempt-reported', report],
      ['n2', 0, 'attempt-reported', { ...report, token: 9, attempt: 2 }],
    ],
  ],
  ['attempts-bounded', attemptsBounded, [changed({ ...RUNNING, attempt: 10 })], [changed({ ...RUNNING, attempt: 11 })]],
  [
    'overlaps-skipped',
    overlapsSkipped,
    [changed(PENDING), changed(DONE), changed({ ...PENDING, executionId: 'f', revision: 5 })],
    [changed(PENDING), changed(DONE), changed({ ...PENDING, executionId: 'f', revision: 3 })],
  ],
  ['records-readable', recordsReadable, [changed(PENDING)], [['n1', 0, 'record-damaged', { key: 'k' }]]],
  [
    'effect-at-most-once',
    effectAtMostOnce,
    [
      ['sink', 0, 'effect-applied', attempt],
      ['sink', 0, 'effect-refused', { ...attempt, reason: 'duplicate' }],
    ],
    [
      ['sink', 0, 'effect-applied', attempt],
      ['sink', 0, 'effect-applied', { ...attempt, attempt: 2, token: 5 }],
    ],
  ],
  [
    'effect-tokens-rise',
    effectTokensRise,
    [
      ['sink', 0, 'effect-applied', { ...attempt, token: 5 }],
      ['sink', 0, 'effect-refused', { ...attempt, reason: 'stale' }],
    ],
    [
      ['sink', 0, 'effect-applied', { ...attempt, token: 5 }],
      ['sink', 0, 'effect-refused', { ...attempt, reason: 'duplicate' }],
    ],
  ],
  [
    'effect-tokens-rise',
    effectTokensRise,
    [],
    [
      ['sink', 0, 'effect-applied', attempt],
      ['sink', 0, 'effect-refused', { ...attempt, token: 5, reason: 'stale' }],
    ],
  ],
  [
    'submission-is-one-execution',
    submissionIsOneExecution,
    [
      ['n1', 0, 'task-accepted', { submissionId: 's', taskId: 't', executionId: 'e', isDuplicate: false }],
      ['n2', 0, 'task-accepted', { submissionId: 's', taskId: 't', executionId: 'e', isDuplicate: true }],
    ],
    [
      ['n1', 0, 'task-accepted', { submissionId: 's', taskId: 't', executionId: 'e', isDuplicate: false }],
      ['n2', 0, 'task-accepted', { submissionId: 's', taskId: 't', executionId: 'f', isDuplicate: false }],
    ],
  ],
  [
    'tick-has-one-outcome',
    tickHasOneOutcome,
    [
      ['n1', 0, 'tick-recorded', tick],
      ['n2', 0, 'tick-recorded', tick],
    ],
    [
      ['n1', 0, 'tick-recorded', tick],
      ['n2', 0, 'tick-recorded', { ...tick, outcome: 'coalesced' }],
    ],
  ],
  ['tick-has-one-outcome', tickHasOneOutcome, [], [['n1', 0, 'tick-recorded', { ...tick, version: 2 }]]],
  ['ticks-accounted', ticksAccounted, [['n1', 0, 'tick-recorded', tick]], [['n1', 0, 'tick-unaccounted', tick]]],
  ['ticks-known', ticksKnown, [['n1', 0, 'tick-recorded', tick]], [['n1', 0, 'tick-unknown', tick]]],
  [
    'ticks-accounted-at-last',
    ticksAccountedAtLast,
    [
      ['n1', 0, 'ticks-audited', { taskId: 't', unaccounted: 1 }],
      ['n1', 9, 'ticks-audited', { taskId: 't', unaccounted: 0 }],
    ],
    [
      ['n1', 0, 'ticks-audited', { taskId: 't', unaccounted: 1 }],
      ['n2', 9, 'ticks-audited', { taskId: 't', unaccounted: 0 }],
    ],
  ],
  [
    'ticks-make-executions',
    ticksMakeExecutions,
    [['n1', 0, 'tick-recorded', tick], changed(PENDING)],
    [['n1', 0, 'tick-recorded', tick]],
  ],
  ['ticks-make-executions', ticksMakeExecutions, [changed({ ...PENDING, nominalMs: 0 })], [changed(PENDING)]],
  [
    'deposed-planners-commit-nothing',
    deposedPlannersCommitNothing,
    [
      ['n2', 0, 'plan-committed', { token: 2, revision: 9 }],
      ['n1', 5, 'plan-committed', { token: 1, revision: 8 }],
    ],
    [
      ['n2', 0, 'plan-committed', { token: 2, revision: 9 }],
      ['n1', 5, 'execution-reaped', { token: 1, revision: 10, executionId: 'e' }],
    ],
  ],
  [
    'mandates-exclusive',
    mandatesExclusive,
    [
      ['n1', 0, 'planner-active', { token: 1 }],
      ['n1', 5, 'planner-active', { token: 1 }],
    ],
    [
      ['n1', 0, 'planner-active', { token: 1 }],
      ['n2', 5, 'planner-active', { token: 1 }],
    ],
  ],
  [
    'submissions-end',
    submissionsEnd,
    [
      ['c1', 0, 'submission-sent', { submissionId: 's', taskId: 't', tries: 1 }],
      ['c1', 5, 'submission-ended', { submissionId: 's', how: 'accepted' }],
    ],
    [['c1', 0, 'submission-sent', { submissionId: 's', taskId: 't', tries: 3 }]],
  ],
  [
    'one-planner-at-last',
    onePlannerAtLast,
    [
      ['n1', 0, 'planner-active', { token: 1 }],
      ['n1', 1, 'node-crashed'],
      ['n2', 2, 'planner-active', { token: 2 }],
    ],
    [
      ['n1', 0, 'planner-active', { token: 1 }],
      ['n2', 2, 'planner-active', { token: 2 }],
    ],
  ],
  ['one-planner-at-last', onePlannerAtLast, [['n1', 0, 'planner-active', { token: 1 }]], []],
];

test.each(cases)('%s', (_name, make, good, bad) => {
  expect(complaint(make(setup), good)).toBeUndefined();
  expect(complaint(make(setup), bad)).toEqual(expect.any(String));
});

describe('progress', () => {
  const accepted: Told = [
    'n1',
    0,
    'task-accepted',
    { submissionId: 's', taskId: 't', executionId: 'e', isDuplicate: false },
  ];
  const time: Told = ['n1', 0, 'cluster-time', { clusterMs: 1_000_000 }];

  test('an accepted task is lost if nobody saw it, or if it stands still', () => {
    expect(complaint(acceptedTasksEnd(), [time, accepted, changed(DONE)])).toBeUndefined();
    expect(complaint(acceptedTasksEnd(), [time, accepted])).toMatch(/no node has ever seen it/);
    expect(complaint(acceptedTasksEnd(), [time, accepted, changed(RUNNING)])).toMatch(/is RUNNING/);
    expect(complaint(executionsEnd(), [time, changed(RUNNING)])).toMatch(/is RUNNING/);
  });

  test('nothing is owed of what is not due, or was only just touched', () => {
    expect(
      complaint(acceptedTasksEnd(), [time, accepted, changed({ ...PENDING, notBeforeMs: 1_060_000 })]),
    ).toBeUndefined();
    expect(complaint(acceptedTasksEnd(), [time, accepted, changed(RUNNING, 'n1', 50_000)])).toBeUndefined();
    expect(complaint(acceptedTasksEnd(), [time, accepted, changed(DONE), changed(RUNNING, 'n2', 50)])).toBeUndefined();
  });

  test('over replicas nothing is owed of what only members knew that never come back', () => {
    const left: EndOfRun = { ...endAt(60_000), core: ['n2'] };
    for (const told of [
      [time, accepted],
      [time, accepted, changed(RUNNING)],
    ]) {
      expect(complaint(acceptedTasksEnd(), told, left)).toBeDefined();
      expect(complaint(acceptedTasksThatSpreadEnd(), told, left)).toBeUndefined();
      expect(complaint(acceptedTasksThatSpreadEnd(), told)).toBeDefined();
    }
    expect(complaint(executionsThatSpreadEnd(), [time, changed(RUNNING)], left)).toBeUndefined();
    expect(complaint(executionsThatSpreadEnd(), [time, changed(RUNNING)])).toMatch(/is RUNNING/);
    const spread: readonly Told[] = [time, accepted, changed(PENDING, 'n2'), changed(RUNNING, 'n1')];
    expect(complaint(acceptedTasksThatSpreadEnd(), spread, left)).toMatch(/is RUNNING/);
    expect(complaint(executionsThatSpreadEnd(), spread, left)).toMatch(/is RUNNING/);
  });

  test('schedules tick on after healing, unless most clocks may lie', () => {
    const schedule: Told = [
      'n1',
      0,
      'task-accepted',
      { submissionId: 's', taskId: 'every-second', executionId: '', isDuplicate: false },
    ];
    const late: Told = ['n1', 55_000, 'tick-recorded', { ...tick, taskId: 'every-second' }];
    const early: Told = ['n1', 45_000, 'tick-recorded', { ...tick, taskId: 'every-second' }];
    expect(complaint(ticksGoOn(setup), [schedule, late])).toBeUndefined();
    expect(complaint(ticksGoOn(setup), [schedule, early])).toMatch(/every-second has not ticked/);
    expect(complaint(ticksGoOn(setup), [schedule, early], endAt(60_000, { 'clock-jump': 2 }))).toBeUndefined();
  });
});

test('the figures follow from what was observed', () => {
  const gauge = schedulerFigures(setup);
  const told: readonly Told[] = [
    ['n1', 0, 'cluster-time', { clusterMs: 1_000_000 }],
    ['n1', 100, 'planner-active', { token: 1 }],
    ['n1', 200, 'task-accepted', { submissionId: 's', taskId: 't', executionId: 'e', isDuplicate: false }],
    ['n1', 250, 'task-accepted', { submissionId: 's', taskId: 't', executionId: 'e', isDuplicate: true }],
    ['n1', 260, 'task-accepted', { submissionId: 'x', taskId: 't', executionId: 'lost', isDuplicate: false }],
    ['n1', 300, 'attempt-started', attempt],
    ['n1', 1_000, 'node-crashed'],
    ['n2', 2_500, 'planner-active', { token: 2 }],
    ['n2', 3_000, 'attempt-started', { ...attempt, attempt: 2, token: 7 }],
    ['sink', 3_050, 'effect-applied', attempt],
    ['sink', 3_060, 'effect-refused', { ...attempt, attempt: 2, token: 7, reason: 'duplicate' }],
    ['n2', 4_000, 'attempt-reported', { ...report, token: 7, attempt: 2 }],
    ['n1', 5_000, 'planner-active', { token: 3 }],
    ['n2', 5_400, 'planner-inactive', { token: 2 }],
    ['n2', 6_000, 'attempt-reported', { ...report, token: 9, attempt: 3 }],
    changed(DONE, 'n2', 6_000),
  ];
  for (const one of told) gauge.observe(recordOf(one));
  expect(gauge.end(endAt(60_000))).toEqual({
    tasksAccepted: [2],
    tasksLost: [1],
    executionsSucceeded: [1],
    executedTwice: [1],
    attemptsRepeated: [1],
    effectsApplied: [1],
    effectsTwice: [0],
    effectsRefused: [1],
    recoverMs: [3_000],
    leaderSwitchMs: [1_500],
    splitBrainMs: [400],
  });
});
