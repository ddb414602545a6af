import { assert } from '../../runtime/assert.js';
import type { Calendar } from '../../runtime/ports.js';
import type { CronSchedule } from '../definitions/task.js';
import { newExecution } from '../store/execution.js';
import { tickExecutionId } from '../store/keys.js';
import type { Cursor, Execution, Tick, TickOutcome } from '../store/records.js';

export interface PlanInput {
  readonly cursor: Cursor;
  readonly nowMs: number;
  readonly calendar: Calendar;
  /** Fencing token of the planner that plans. */
  readonly plannerToken: number;
  /** Whether the execution that the schedule made last is still open. */
  readonly isLastOpen: boolean;
  /** Executions of due ticks that exist already, and whether they are open: a tick adopts such a one. */
  readonly existing: ReadonlyMap<string, boolean>;
  /** At most so many ticks, and among them executions, in one plan; the rest comes with the next. */
  readonly maxTicks: number;
  readonly maxExecutions: number;
}

/** Ticks with their outcomes, the executions they make, and the cursor after them: to be written in one transaction. */
export interface Plan {
  readonly ticks: readonly Tick[];
  readonly executions: readonly Execution[];
  readonly cursor: Cursor;
}

/**
 * Gives every tick that is due its outcome, in the order of time. Nothing is left out: the ticks of a plan are all ticks of the
 * schedule after `cursor.throughMs` and up to the plan's `cursor.throughMs`. Undefined where nothing is due.
 */
export function planTicks(input: PlanInput): Plan | undefined {
  const { cursor } = input;
  return cursor.replaced === null ? planDue(input) : planReplaced(input, cursor.replaced);
}

/** When the schedule wants to be planned next, or undefined for never. */
export function nextDueMs(cursor: Cursor, calendar: Calendar): number | undefined {
  if (cursor.replaced !== null) return cursor.replaced.endMs;
  const { expression, timeZone } = cronOf(cursor);
  return calendar.nextTick(expression, timeZone, cursor.throughMs);
}

export function cronOf({ task }: Cursor): CronSchedule {
  assert(task.schedule.kind === 'cron', `${task.id} has a cursor but no cron schedule`);
  return task.schedule;
}

function planDue(input: PlanInput): Plan | undefined {
  const { cursor, nowMs, calendar, maxTicks, maxExecutions } = input;
  const { expression, timeZone } = cronOf(cursor);
  const ticks: Tick[] = [];
  const executions: Execution[] = [];
  let { throughMs, lastExecutionId } = cursor;
  let { isLastOpen } = input;
  let nominalMs = calendar.nextTick(expression, timeZone, throughMs);
  while (nominalMs !== undefined && nominalMs <= nowMs && ticks.length < maxTicks) {
    if (executions.length === maxExecutions) break;
    assert(nominalMs > throughMs, `the calendar went back from ${throughMs} to ${nominalMs}`);
    const nextMs = calendar.nextTick(expression, timeZone, nominalMs);
    const outcome = outcomeOf(input, nominalMs, nextMs !== undefined && nextMs <= nowMs, isLastOpen);
    const tick = recordTick(input, nominalMs, outcome);
    ticks.push(tick);
    if (outcome === 'ran') {
      const wasOpen = input.existing.get(tick.executionId);
      if (wasOpen === undefined) executions.push(executionOf(input, tick));
      lastExecutionId = tick.executionId;
      isLastOpen = wasOpen ?? true;
    }
    throughMs = nominalMs;
    nominalMs = nextMs;
  }
  if (ticks.length === 0) return undefined;
  return { ticks, executions, cursor: { ...cursor, throughMs, lastExecutionId } };
}

/** The misfire policy first: only a tick that is to run can overlap. */
function outcomeOf(input: PlanInput, nominalMs: number, isNextDue: boolean, isLastOpen: boolean): TickOutcome {
  const { misfire, misfireGraceMs, overlap } = cronOf(input.cursor);
  const isLate = input.nowMs - nominalMs > misfireGraceMs;
  if (isLate && misfire === 'skip') return 'skipped-misfire';
  // The late ones run as one: the last that is due stands for those before it.
  if (isLate && misfire === 'run-once' && isNextDue) return 'coalesced';
  return overlap === 'skip' && isLastOpen ? 'skipped-overlap' : 'ran';
}

function recordTick({ cursor, nowMs, plannerToken }: PlanInput, nominalMs: number, outcome: TickOutcome): Tick {
  const { task, generation } = cursor;
  const executionId = outcome === 'ran' ? tickExecutionId(task.id, nominalMs, generation) : '';
  return { taskId: task.id, nominalMs, generation, outcome, executionId, plannerToken, recordedMs: nowMs };
}

function executionOf({ cursor, nowMs }: PlanInput, { executionId, nominalMs, generation }: Tick): Execution {
  const { task } = cursor;
  return newExecution({ executionId, task, generation, nominalMs, createdMs: nowMs, notBeforeMs: nominalMs });
}

/** What an older generation still owed when it was replaced is superseded. */
function planReplaced(input: PlanInput, replaced: NonNullable<Cursor['replaced']>): Plan {
  const { cursor, calendar, nowMs, plannerToken, maxTicks } = input;
  const { expression, timeZone, generation, endMs } = replaced;
  const ticks: Tick[] = [];
  let { throughMs } = replaced;
  let nominalMs = calendar.nextTick(expression, timeZone, throughMs);
  while (nominalMs !== undefined && nominalMs <= endMs && ticks.length < maxTicks) {
    const taskId = cursor.task.id;
    const outcome = 'superseded';
    ticks.push({ taskId, nominalMs, generation, outcome, executionId: '', plannerToken, recordedMs: nowMs });
    throughMs = nominalMs;
    nominalMs = calendar.nextTick(expression, timeZone, nominalMs);
  }
  const isDone = nominalMs === undefined || nominalMs > endMs;
  return { ticks, executions: [], cursor: { ...cursor, replaced: isDone ? null : { ...replaced, throughMs } } };
}
