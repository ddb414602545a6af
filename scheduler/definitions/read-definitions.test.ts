import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCalendar } from '../../runtime/node/calendar.js';
import { readDefinitionsFile } from '../service/files/definitions-file.js';
import { FileFaultsError, parseYamlText, toSourceNode } from '../service/files/yaml-text.js';
import { findDefinitionFault } from './definition-fault.js';
import { readJson } from './json-text.js';
import { formatFault, type SourceNode } from './source.js';
import { readDefinitions, type DefinitionsRead } from './read-definitions.js';

const calendar = createCalendar();

function read(text: string): DefinitionsRead {
  return readDefinitions('tasks.yaml', toSourceNode(parseYamlText('tasks.yaml', text)), calendar);
}

function faultsOf(text: string): string[] {
  const { tasks, faults } = read(text);
  if (faults.length > 0) expect(tasks).toEqual([]);
  return faults.map(formatFault);
}

function taskWith(lines: string): string {
  return `tasks:\n  - id: one\n    schedule: now\n    run: { shell: "true" }\n${lines}`;
}

describe('a good file', () => {
  test('gives every field its unit, and defaults to the rest', () => {
    const { tasks, faults } = read(`
version: 1
tasks:
  - id: report
    description: what it is for
    schedule: { cron: '0 30 2 * * *', timeZone: Europe/Berlin, misfire: skip, misfireGrace: 90s, overlap: allow }
    run: { function: report, input: { day: 1, parts: [a, null, true] } }
    retry: { maxAttempts: 3, initial: 250ms, max: 2m, multiplier: 3, jitterPercent: 0 }
    timeout: 2h
    lease: 4s
    dedupeKey: k:1
    simulate: { duration: 1s, maxDuration: 2s, exitCode: 3, failFirst: 2, effect: false }
  - { id: plain, schedule: { delay: 5s }, run: { shell: 'exit 0' } }
`);
    expect(faults).toEqual([]);
    expect(tasks[0]).toEqual({
      id: 'report',
      description: 'what it is for',
      schedule: {
        kind: 'cron',
        expression: '0 30 2 * * *',
        timeZone: 'Europe/Berlin',
        misfire: 'skip',
        misfireGraceMs: 90_000,
        overlap: 'allow',
      },
      executor: { kind: 'function', name: 'report', input: { day: 1, parts: ['a', null, true] } },
      retry: { maxAttempts: 3, initialMs: 250, maxMs: 120_000, multiplier: 3, jitterPercent: 0 },
      timeoutMs: 7_200_000,
      leaseMs: 4_000,
      dedupeKey: 'k:1',
      simulate: { minDurationMs: 1_000, maxDurationMs: 2_000, exitCode: 3, failFirst: 2, effect: false },
    });
    expect(tasks[1]).toMatchObject({ schedule: { kind: 'delay', delayMs: 5_000 }, dedupeKey: '' });
    for (const task of tasks) expect(findDefinitionFault(task, calendar)).toBeUndefined();
  });

  test('JSON is read as well, and is YAML too', () => {
    const text = '{"tasks":[{"id":"a","schedule":"now","run":{"shell":"true"}}]}';
    const { tasks } = read(text);
    expect(tasks).toHaveLength(1);
    const asJson = readJson('tasks.json', text);
    if (!asJson.ok) throw new Error(asJson.fault.message);
    expect(readDefinitions('tasks.json', asJson.node, calendar).tasks).toEqual(tasks);
  });

  test('the example is one', () => {
    const tasks = readDefinitionsFile('examples/tasks.yaml', calendar);
    expect(tasks.map(({ schedule }) => schedule.kind)).toEqual(expect.arrayContaining(['now', 'delay', 'cron']));
    for (const task of tasks) expect(findDefinitionFault(task, calendar)).toBeUndefined();
  });
});

/** Each fault with its place and remedy. */
const faulty: readonly (readonly [what: string, text: string, expected: string])[] = [
  ['an empty file', '', 'tasks.yaml:1:1: expected fields (version, tasks), found nothing'],
  ['no tasks', 'version: 1', 'tasks.yaml:1:1: "tasks" is missing; give a list of tasks under it'],
  ['no task', 'tasks: []', 'tasks.yaml:1:8: tasks: has no task, so there is nothing to run; give at least one'],
  [
    'another version',
    'version: 2\ntasks: []',
    'tasks.yaml:1:10: version: this release reads version 1, found 2; write 1',
  ],
  ['tasks that are no list', 'tasks: {}', 'tasks.yaml:1:8: tasks: expected a list of tasks, found a map of fields'],
  [
    'an unknown field',
    taskWith('    timout: 5s\n'),
    'tasks.yaml:5:5: tasks[0].timout: unknown field "timout"; did you mean "timeout"?',
  ],
  [
    'a field that means nothing',
    taskWith('    zzz: 5s\n'),
    'tasks.yaml:5:5: tasks[0].zzz: unknown field "zzz"; use one of id, description, schedule, run, retry, timeout, lease, dedupeKey, simulate',
  ],
  [
    'a wrong unit',
    taskWith('    timeout: 5 sec\n'),
    'tasks.yaml:5:14: tasks[0].timeout: "5 sec" is not a duration; write an integer with one of ms, s, m, h, d, such as 250ms, 5s or 2h',
  ],
  [
    'a number for a duration',
    taskWith('    lease: 5\n'),
    'tasks.yaml:5:12: tasks[0].lease: 5 is not a duration; write an integer with one of ms, s, m, h, d, such as 250ms, 5s or 2h',
  ],
  [
    'a lease too short to renew',
    taskWith('    lease: 10ms\n'),
    'tasks.yaml:5:12: tasks[0].lease: "10ms" is out of range; allowed is 500ms to 1h',
  ],
  [
    'an id with a slash',
    'tasks: [{ id: a/b, schedule: now, run: { shell: x } }]',
    'tasks.yaml:1:15: tasks[0].id: "a/b" cannot be an id; use up to 64 letters, digits, ".", "_" and "-", beginning with a letter or digit',
  ],
  [
    'a number for an id',
    'tasks: [{ id: 7, schedule: now, run: { shell: x } }]',
    'tasks.yaml:1:15: tasks[0].id: expected a text, found 7; put it in quotes',
  ],
  [
    'no id',
    'tasks: [{ schedule: now, run: { shell: x } }]',
    'tasks.yaml:1:9: tasks[0]: "id" is missing; give the task a name of its own',
  ],
  [
    'an id twice',
    'tasks:\n- { id: a, schedule: now, run: { shell: x } }\n- { id: a, schedule: now, run: { shell: x } }',
    'tasks.yaml:3:3: tasks[1].id: "a" is already the id of the task at line 2; use another',
  ],
  [
    'a schedule of no kind',
    'tasks: [{ id: a, schedule: soon, run: { shell: x } }]',
    'tasks.yaml:1:28: tasks[0].schedule: "soon" is not a schedule; write now, { delay: 5s } or { cron: "0 30 2 * * *" }',
  ],
  [
    'a schedule of two kinds',
    'tasks: [{ id: a, schedule: { delay: 1s, cron: "* * * * * *" }, run: { shell: x } }]',
    'tasks.yaml:1:28: tasks[0].schedule: needs exactly one of "delay" and "cron", found both; remove one',
  ],
  [
    'a delay with a zone',
    'tasks: [{ id: a, schedule: { delay: 1s, timeZone: UTC }, run: { shell: x } }]',
    'tasks.yaml:1:51: tasks[0].schedule.timeZone: belongs to a cron schedule, not to a delay; remove it',
  ],
  [
    'an executor of two kinds',
    'tasks: [{ id: a, schedule: now, run: { shell: x, function: y } }]',
    'tasks.yaml:1:38: tasks[0].run: needs exactly one of "shell" and "function", found both; remove one',
  ],
  [
    'an input for a shell',
    'tasks: [{ id: a, schedule: now, run: { shell: x, input: 1 } }]',
    'tasks.yaml:1:57: tasks[0].run.input: only a function takes an input; a command has it in its text',
  ],
  [
    'an empty command',
    "tasks: [{ id: a, schedule: now, run: { shell: '' } }]",
    'tasks.yaml:1:47: tasks[0].run.shell: is empty; write the command, such as "exit 0"',
  ],
  [
    'a misfire policy with a slip',
    'tasks: [{ id: a, schedule: { cron: "* * * * * *", misfire: run-onse }, run: { shell: x } }]',
    'tasks.yaml:1:60: tasks[0].schedule.misfire: "run-onse" is not one of skip, run-once, run-all; did you mean "run-once"?',
  ],
  [
    'a backoff that shrinks',
    taskWith('    retry: { initial: 5s, max: 1s }\n'),
    'tasks.yaml:5:32: tasks[0].retry.max: is shorter than "initial"; delays grow from initial to max',
  ],
  [
    'no attempt',
    taskWith('    retry: { maxAttempts: 0 }\n'),
    'tasks.yaml:5:27: tasks[0].retry.maxAttempts: 0 is out of range; allowed is 1 to 100',
  ],
  [
    'half an attempt',
    taskWith('    retry: { maxAttempts: 1.5 }\n'),
    'tasks.yaml:5:27: tasks[0].retry.maxAttempts: expected a whole number from 1 to 100, found 1.5',
  ],
  [
    'a key that cannot be one',
    taskWith('    dedupeKey: a~b\n'),
    'tasks.yaml:5:16: tasks[0].dedupeKey: "a~b" cannot be a dedupe key; use up to 128 letters, digits, ".", "_", ":" and "-", beginning with a letter or digit',
  ],
  [
    'a simulated duration that goes back',
    taskWith('    simulate: { duration: 2s, maxDuration: 1s }\n'),
    'tasks.yaml:5:44: tasks[0].simulate.maxDuration: is shorter than "duration"; make it at least as long',
  ],
  [
    'a word for a truth',
    taskWith('    simulate: { effect: maybe }\n'),
    'tasks.yaml:5:25: tasks[0].simulate.effect: expected true or false, found "maybe"',
  ],
];

test.each(faulty)('%s is told with its place', (_what, text, expected) => {
  expect(faultsOf(text)).toContain(expected);
});

test('an impossible cron is told at the expression, an unknown zone at the zone', () => {
  const cron = (fields: string): string => `tasks: [{ id: a, schedule: { ${fields} }, run: { shell: x } }]`;
  expect(faultsOf(cron('cron: "0 0 0 30 2 *"'))[0]).toMatch(
    /^tasks.yaml:1:36: tasks\[0\].schedule.cron: .*never occurs/,
  );
  expect(faultsOf(cron('cron: "* * * * * *", timeZone: Mars/Olympus'))[0]).toMatch(
    /^tasks.yaml:1:61: tasks\[0\].schedule.timeZone: unknown time zone "Mars\/Olympus"/,
  );
});

test('all faults of a file are told at once', () => {
  const text = 'tasks:\n- { id: a/b, schedule: soon, run: {} }\n- { schedule: now }\n';
  expect(faultsOf(text)).toHaveLength(5);
});

test('a file full of faults is not told without end', () => {
  const tasks = Array.from({ length: 300 }, () => '- { id: a/b }').join('\n');
  expect(faultsOf(`tasks:\n${tasks}`)).toHaveLength(100);
});

const position = fc.record({ line: fc.integer({ min: 1, max: 99 }), column: fc.integer({ min: 1, max: 99 }) });
const word = fc.oneof(
  fc.constantFrom('id', 'tasks', 'schedule', 'run', 'cron', 'delay', 'shell', 'retry', 'simulate', 'timeout', 'now'),
  fc.string(),
);
const { node } = fc.letrec<{ node: SourceNode }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      kind: fc.constant('scalar' as const),
      value: fc.oneof(word, fc.double(), fc.boolean(), fc.constant(null), fc.constantFrom('5s', '* * * * * *')),
      at: position,
    }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('node')), at: position }),
    fc.record({
      kind: fc.constant('map' as const),
      entries: fc.array(fc.record({ key: word, keyAt: position, value: tie('node') })),
      at: position,
    }),
  ),
}));

test('whatever a document holds, reading ends in good definitions or in faults', () => {
  fc.assert(
    fc.property(node, (document) => {
      const { tasks, faults } = readDefinitions('f', document, calendar);
      if (faults.length > 0) expect(tasks).toEqual([]);
      for (const task of tasks) expect(findDefinitionFault(task, calendar)).toBeUndefined();
      for (const { line, column, message } of faults)
        expect([line > 0, column > 0, message !== '']).not.toContain(false);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever a text holds, it is read or refused with a place', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom('tasks:', ' ', '\n', '- ', '{', '}', '&a', '*a', 'id: a')),
  );
  fc.assert(
    fc.property(texts, (parts) => {
      const text = Array.isArray(parts) ? parts.join('') : parts;
      try {
        read(text);
      } catch (error) {
        expect(error).toBeInstanceOf(FileFaultsError);
      }
    }),
    { numRuns: 1_000 },
  );
});
