import type { Calendar } from '../../runtime/ports.js';
import { FieldReader, describe, type Field } from './field-reader.js';
import { ID_FORM, isSubmissionKey, isTaskId, KEY_FORM, LIMITS } from './limits.js';
import type { DefinitionFault, SourceNode } from './source.js';
import {
  DEFAULT_LEASE_MS,
  DEFAULT_MISFIRE_GRACE_MS,
  DEFAULT_RETRY,
  DEFAULT_SIMULATE,
  DEFAULT_TIMEOUT_MS,
  MISFIRE_POLICIES,
  OVERLAP_POLICIES,
  type Executor,
  type Retry,
  type Schedule,
  type Simulate,
  type TaskDefinition,
} from './task.js';

/** What a definitions file held: the tasks, or every fault (then no task may be used). */
export interface DefinitionsRead {
  readonly tasks: readonly TaskDefinition[];
  readonly faults: readonly DefinitionFault[];
}

const FILE_FIELDS = ['version', 'tasks'] as const;
const TASK_FIELDS = [
  ...(['id', 'description', 'schedule', 'run', 'retry'] as const),
  ...(['timeout', 'lease', 'dedupeKey', 'simulate'] as const),
] as const;
const SCHEDULE_FIELDS = ['delay', 'cron', 'timeZone', 'misfire', 'misfireGrace', 'overlap'] as const;
const RUN_FIELDS = ['shell', 'function', 'input'] as const;
const SCHEDULE_FORM = 'now, { delay: 5s } or { cron: "0 30 2 * * *" }';
const RUN_FORM = '{ shell: "a command" } or { function: name }';
const RETRY_FIELDS = ['maxAttempts', 'initial', 'max', 'multiplier', 'jitterPercent'] as const;
const SIMULATE_FIELDS = ['duration', 'maxDuration', 'exitCode', 'failFirst', 'effect'] as const;

/** Reads a parsed document as task definitions. `calendar` judges cron expressions and zones. */
export function readDefinitions(file: string, document: SourceNode, calendar: Calendar): DefinitionsRead {
  const reader = new FieldReader(file);
  const root: Field = { node: document, path: '' };
  const fields = reader.map(root, FILE_FIELDS);
  const version = fields.get('version');
  if (version !== undefined && !(version.node.kind === 'scalar' && version.node.value === 1)) {
    reader.fault(
      version.node.at,
      version.path,
      `this release reads version 1, found ${describe(version.node)}; write 1`,
    );
  }
  const list = reader.required(root, fields, 'tasks', 'give a list of tasks under it');
  const tasks = list === undefined ? [] : readTasks(reader, list, calendar);
  return { tasks: reader.faults.length > 0 ? [] : tasks, faults: reader.faults };
}

function readTasks(reader: FieldReader, list: Field, calendar: Calendar): TaskDefinition[] {
  const { node, path } = list;
  if (node.kind !== 'list') {
    reader.fault(node.at, path, `expected a list of tasks, found ${describe(node)}`);
    return [];
  }
  if (node.items.length === 0) {
    reader.fault(node.at, path, 'has no task, so there is nothing to run; give at least one');
    return [];
  }
  if (node.items.length > LIMITS.tasksPerFile) {
    reader.fault(node.at, path, `${node.items.length} tasks; at most ${LIMITS.tasksPerFile} in one file, split it`);
    return [];
  }
  const firstLines = new Map<string, number>();
  return node.items.map((item, index) => {
    const task = readTask(reader, { node: item, path: `${path}[${index}]` }, calendar);
    const firstLine = firstLines.get(task.id);
    if (firstLine !== undefined && task.id !== '') {
      reader.fault(
        item.at,
        `${path}[${index}].id`,
        `"${task.id}" is already the id of the task at line ${firstLine}; use another`,
      );
    }
    firstLines.set(task.id, item.at.line);
    return task;
  });
}

function readTask(reader: FieldReader, task: Field, calendar: Calendar): TaskDefinition {
  const fields = reader.map(task, TASK_FIELDS);
  const schedule = reader.required(task, fields, 'schedule', `write ${SCHEDULE_FORM}`);
  const run = reader.required(task, fields, 'run', `write ${RUN_FORM}`);
  return {
    id: readId(reader, reader.required(task, fields, 'id', 'give the task a name of its own')),
    description: reader.text(fields.get('description'), '', LIMITS.descriptionLength),
    schedule: schedule === undefined ? { kind: 'now' } : readSchedule(reader, schedule, calendar),
    executor: run === undefined ? { kind: 'shell', command: '' } : readExecutor(reader, run),
    retry: readRetry(reader, fields.get('retry')),
    timeoutMs: reader.durationMs(fields.get('timeout'), DEFAULT_TIMEOUT_MS, { min: 1, max: LIMITS.timeoutMs }),
    leaseMs: reader.durationMs(fields.get('lease'), DEFAULT_LEASE_MS, {
      min: LIMITS.leaseMsMin,
      max: LIMITS.leaseMs,
    }),
    dedupeKey: readDedupeKey(reader, fields.get('dedupeKey')),
    simulate: readSimulate(reader, fields.get('simulate')),
  };
}

function readId(reader: FieldReader, field: Field | undefined): string {
  const id = reader.text(field, '', LIMITS.idLength);
  if (field === undefined || (id === '' && field.node.kind !== 'scalar')) return '';
  if (id !== '' && isTaskId(id)) return id;
  if (id !== '' || (field.node.kind === 'scalar' && field.node.value === '')) {
    reader.fault(field.node.at, field.path, `"${id}" cannot be an id; use ${ID_FORM}`);
  }
  return '';
}

function readDedupeKey(reader: FieldReader, field: Field | undefined): string {
  const key = reader.text(field, '', LIMITS.dedupeKeyLength);
  if (field === undefined || key === '' || isSubmissionKey(key)) return key;
  reader.fault(field.node.at, field.path, `"${key}" cannot be a dedupe key; use ${KEY_FORM}`);
  return '';
}

function readSchedule(reader: FieldReader, schedule: Field, calendar: Calendar): Schedule {
  const { node, path } = schedule;
  if (node.kind !== 'map') {
    if (node.kind === 'scalar' && node.value === 'now') return { kind: 'now' };
    reader.fault(node.at, path, `${describe(node)} is not a schedule; write ${SCHEDULE_FORM}`);
    return { kind: 'now' };
  }
  const fields = reader.map(schedule, SCHEDULE_FIELDS);
  const delay = fields.get('delay');
  const cron = fields.get('cron');
  if ((delay === undefined) === (cron === undefined)) {
    if (node.kind === 'map') reader.fault(node.at, path, exactlyOne('delay', 'cron', delay !== undefined));
    return { kind: 'now' };
  }
  if (cron !== undefined) return readCron(reader, cron, fields, calendar);
  for (const [name, field] of fields) {
    if (name !== 'delay')
      reader.fault(field.node.at, field.path, 'belongs to a cron schedule, not to a delay; remove it');
  }
  return { kind: 'delay', delayMs: reader.durationMs(delay, 0, { min: 0, max: LIMITS.delayMs }) };
}

function readCron(reader: FieldReader, cron: Field, fields: ReadonlyMap<string, Field>, calendar: Calendar): Schedule {
  const expression = reader.text(cron, '', 256);
  const zone = fields.get('timeZone');
  const timeZone = reader.text(zone, 'UTC', 64);
  if (expression === '' && cron.node.kind === 'scalar' && cron.node.value === '') {
    reader.fault(cron.node.at, cron.path, 'is empty; write six fields, seconds first, such as "0 30 2 * * *"');
  } else if (expression !== '') {
    const inZone = calendar.findFault(expression, timeZone);
    const inUtc = inZone === undefined ? undefined : calendar.findFault(expression, 'UTC');
    // The zone is at fault exactly if the same expression can be used in UTC.
    const culprit = inUtc === undefined && zone !== undefined ? zone : cron;
    if (inZone !== undefined) reader.fault(culprit.node.at, culprit.path, inZone);
  }
  return {
    kind: 'cron',
    expression,
    timeZone,
    misfire: reader.oneOf(fields.get('misfire'), MISFIRE_POLICIES, 'run-once'),
    misfireGraceMs: reader.durationMs(fields.get('misfireGrace'), DEFAULT_MISFIRE_GRACE_MS, {
      min: 0,
      max: LIMITS.misfireGraceMs,
    }),
    overlap: reader.oneOf(fields.get('overlap'), OVERLAP_POLICIES, 'skip'),
  };
}

function readExecutor(reader: FieldReader, run: Field): Executor {
  const fields = reader.map(run, RUN_FIELDS);
  const shell = fields.get('shell');
  const named = fields.get('function');
  if ((shell === undefined) === (named === undefined)) {
    if (run.node.kind === 'map') {
      reader.fault(run.node.at, run.path, exactlyOne('shell', 'function', shell !== undefined));
    }
    return { kind: 'shell', command: '' };
  }
  const input = fields.get('input');
  if (shell !== undefined) {
    if (input !== undefined)
      reader.fault(input.node.at, input.path, 'only a function takes an input; a command has it in its text');
    return {
      kind: 'shell',
      command: readNotEmpty(reader, shell, LIMITS.commandLength, 'write the command, such as "exit 0"'),
    };
  }
  assertField(named);
  const name = readNotEmpty(reader, named, LIMITS.functionNameLength, 'name a function that the nodes have');
  return { kind: 'function', name, input: reader.plain(input) };
}

function exactlyOne(one: string, other: string, isBoth: boolean): string {
  return `needs exactly one of "${one}" and "${other}", found ${isBoth ? 'both; remove one' : 'neither; add one'}`;
}

function assertField(field: Field | undefined): asserts field is Field {
  if (field === undefined) throw new Error('one of two fields was found to be present');
}

function readNotEmpty(reader: FieldReader, field: Field, longest: number, remedy: string): string {
  const text = reader.text(field, '', longest);
  const isEmpty = field.node.kind === 'scalar' && field.node.value === '';
  if (isEmpty) reader.fault(field.node.at, field.path, `is empty; ${remedy}`);
  return text;
}

function readRetry(reader: FieldReader, field: Field | undefined): Retry {
  if (field === undefined) return DEFAULT_RETRY;
  const fields = reader.map(field, RETRY_FIELDS);
  const backoff = { min: 1, max: LIMITS.backoffMs };
  const initialMs = reader.durationMs(fields.get('initial'), DEFAULT_RETRY.initialMs, backoff);
  const maxMs = reader.durationMs(fields.get('max'), Math.max(initialMs, DEFAULT_RETRY.maxMs), backoff);
  const max = fields.get('max');
  if (maxMs < initialMs && max !== undefined) {
    reader.fault(max.node.at, max.path, 'is shorter than "initial"; delays grow from initial to max');
  }
  return {
    maxAttempts: reader.integer(fields.get('maxAttempts'), DEFAULT_RETRY.maxAttempts, {
      min: 1,
      max: LIMITS.maxAttempts,
    }),
    initialMs,
    maxMs,
    multiplier: reader.integer(fields.get('multiplier'), DEFAULT_RETRY.multiplier, { min: 1, max: LIMITS.multiplier }),
    jitterPercent: reader.integer(fields.get('jitterPercent'), DEFAULT_RETRY.jitterPercent, { min: 0, max: 100 }),
  };
}

function readSimulate(reader: FieldReader, field: Field | undefined): Simulate {
  if (field === undefined) return DEFAULT_SIMULATE;
  const fields = reader.map(field, SIMULATE_FIELDS);
  const range = { min: 0, max: LIMITS.simulatedDurationMs };
  const minDurationMs = reader.durationMs(fields.get('duration'), DEFAULT_SIMULATE.minDurationMs, range);
  const longest = fields.get('maxDuration');
  const maxDurationMs = reader.durationMs(longest, minDurationMs, range);
  if (maxDurationMs < minDurationMs && longest !== undefined) {
    reader.fault(longest.node.at, longest.path, 'is shorter than "duration"; make it at least as long');
  }
  return {
    minDurationMs,
    maxDurationMs,
    exitCode: reader.integer(fields.get('exitCode'), 0, { min: 0, max: LIMITS.exitCode }),
    failFirst: reader.integer(fields.get('failFirst'), 0, { min: 0, max: LIMITS.maxAttempts }),
    effect: reader.boolean(fields.get('effect'), DEFAULT_SIMULATE.effect),
  };
}
