import type { Random } from '../../runtime/ports.js';
import type { Plain } from '../../runtime/data.js';
import type { Setup, WorkItem } from '../../sim/setup.js';
import { submittedExecutionId, type TaskDefinition } from '../../scheduler/index.js';

export interface WorkloadShape {
  readonly tasks: readonly TaskDefinition[];
  readonly clients: readonly string[];
  readonly faultMs: number;
  /** Submissions of each task that is no schedule. */
  readonly copies: number;
  readonly operations: SchedulerOperations;
}

/** What the clients of a run do at all, besides submitting. */
export interface SchedulerOperations {
  /** Which of the tasks exist, in thousandths; the first schedule and the first task besides always do. */
  readonly tasksPermille: number;
  readonly cancels: boolean;
  /** Two clients submit the same. */
  readonly doubles: boolean;
  /** Schedules are changed while they run. */
  readonly changes: boolean;
}

export const ALL_OPERATIONS: SchedulerOperations = Object.freeze({
  ...{ tasksPermille: 1000, cancels: true, doubles: true, changes: true },
});

/** Every other run has all operations, the others each or not: what one of them does may hide what another one leaves. */
export function drawOperations(random: Random): SchedulerOperations {
  const isThere = (): boolean => random.between(0, 1) === 0;
  if (isThere()) return ALL_OPERATIONS;
  const tasksPermille = random.between(0, 1) === 0 ? 1000 : random.between(100, 800);
  return { tasksPermille, cancels: isThere(), doubles: isThere(), changes: isThere() };
}

/**
 * In every other run all schedules are due at once, in no more ticks than they have otherwise: so one planner has several plans under way, and
 * of the next one's some are in the store before the others.
 */
export function drawRhythm(random: Random, tasks: readonly TaskDefinition[]): readonly TaskDefinition[] {
  if (random.between(0, 1) === 0) return tasks;
  return tasks.map((task) => {
    const { schedule } = task;
    return schedule.kind === 'cron' ? { ...task, schedule: { ...schedule, expression: '*/2 * * * * *' } } : task;
  });
}

const EARLIEST_MS = 500;

/**
 * Schedules are registered in the beginning; the other tasks are submitted again and again while there are faults. Now and then
 * two clients submit the same, as one does that is not sure whether the first got through; and some executions are cancelled.
 */
export function drawWorkload(random: Random, shape: WorkloadShape): WorkItem[] {
  const items: WorkItem[] = [];
  for (const task of drawTasks(random, shape)) {
    if (task.schedule.kind === 'cron') {
      items.push(...registrations(random, shape, task));
      continue;
    }
    for (let copy = 1; copy <= shape.copies; copy++) {
      const atMs = random.between(EARLIEST_MS, shape.faultMs - 1);
      const submissionId = `s${copy}`;
      items.push(...submissions(random, shape, task, submissionId, atMs));
      const isCancelled = random.between(0, 3) === 0 && task.dedupeKey === '' && shape.operations.cancels;
      if (isCancelled) items.push(cancellation(random, shape, submittedExecutionId(task.id, submissionId), atMs));
    }
  }
  return items.sort((a, b) => a.atMs - b.atMs || (a.to < b.to ? -1 : 1));
}

function drawTasks(random: Random, { tasks, operations }: WorkloadShape): readonly TaskDefinition[] {
  const isCron = ({ schedule }: TaskDefinition): boolean => schedule.kind === 'cron';
  const kept = new Set([tasks.find(isCron), tasks.find((task) => !isCron(task))]);
  return tasks.filter((task) => kept.has(task) || random.between(0, 999) < operations.tasksPermille);
}

/** A schedule is registered once, and in half of the runs changed later: its ticks go on in the next generation. */
function registrations(random: Random, shape: WorkloadShape, task: TaskDefinition): WorkItem[] {
  const atMs = EARLIEST_MS + random.between(0, 2_000);
  const first = submissions(random, shape, task, `schedule-${task.id}`, atMs);
  if (random.between(0, 1) === 0 || !shape.operations.changes) return first;
  const changed = { ...task, description: `${task.description.slice(0, 900)} second edition` };
  return [...first, ...submissions(random, shape, changed, `change-${task.id}`, random.between(5_000, shape.faultMs))];
}

function submissions(
  random: Random,
  { clients, faultMs, operations }: WorkloadShape,
  task: TaskDefinition,
  submissionId: string,
  atMs: number,
): WorkItem[] {
  const isDoubled = random.between(0, 4) === 0 && operations.doubles;
  const first = random.between(0, clients.length - 1);
  const senders = isDoubled ? [first, first + 1] : [first];
  return senders.map((sender, index) => ({
    atMs: Math.min(faultMs, atMs + (index === 0 ? 0 : random.between(0, 500))),
    to: `${clients[sender % clients.length] ?? ''}/client`,
    message: { type: 'submit-task', submissionId, task: task as unknown as Plain },
  }));
}

function cancellation(random: Random, { clients }: WorkloadShape, executionId: string, atMs: number): WorkItem {
  const client = clients[random.between(0, clients.length - 1)] ?? '';
  const message = { type: 'cancel-execution', executionId };
  return { atMs: atMs + random.between(0, 3_000), to: `${client}/client`, message };
}

/** The tasks that a run's workload submits, by id. A changed definition differs in nothing that a property looks at. */
export function tasksOf(setup: Setup): ReadonlyMap<string, TaskDefinition> {
  const tasks = new Map<string, TaskDefinition>();
  for (const { message } of setup.workload) {
    const task = message['task'] as unknown as TaskDefinition | undefined;
    if (task !== undefined) tasks.set(task.id, task);
  }
  return tasks;
}
