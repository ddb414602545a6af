import { assert } from '../../runtime/assert.js';
import type { TaskDefinition } from '../definitions/task.js';
import type { Cursor } from '../store/records.js';
import { cronOf } from './plan-ticks.js';

const SUBMISSIONS_REMEMBERED = 32;

/** The cursor of a schedule that is registered for the first time: its ticks are those after `nowMs`. */
export function newSchedule(task: TaskDefinition, nowMs: number, submissionId: string): Cursor {
  assert(task.schedule.kind === 'cron', `${task.id} has no cron schedule`);
  const submissions = [submissionId];
  return { task, generation: 1, startMs: nowMs, throughMs: nowMs, lastExecutionId: '', submissions, replaced: null };
}

/**
 * The next generation of a schedule whose definition changed. Undefined while the last change has not been worked off: each
 * tick of each generation is owed an outcome, and a cursor remembers one generation besides its own.
 */
export function nextGeneration(
  cursor: Cursor,
  task: TaskDefinition,
  nowMs: number,
  submissionId: string,
): Cursor | undefined {
  if (cursor.replaced !== null) return undefined;
  const { expression, timeZone } = cronOf(cursor);
  const { generation, throughMs, lastExecutionId } = cursor;
  // A wall clock that went back must not give the new generation ticks that the old one has recorded.
  const startMs = Math.max(nowMs, throughMs);
  const replaced = { expression, timeZone, generation, throughMs, endMs: startMs };
  const submissions = [...cursor.submissions, submissionId].slice(-SUBMISSIONS_REMEMBERED);
  return {
    task,
    generation: generation + 1,
    startMs,
    throughMs: startMs,
    lastExecutionId,
    submissions,
    replaced,
  };
}
