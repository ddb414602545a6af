import type { Calendar } from '../../runtime/ports.js';
import { ID_FORM, isSubmissionKey, isTaskId, KEY_FORM, LIMITS } from './limits.js';
import { taskDefinitionType, type TaskDefinition } from './task.js';

/**
 * The first fault of a definition that came as data (by message or from code), as `field: reason`, or undefined. Everything
 * that a definitions file is held to holds here too.
 */
export function findDefinitionFault(task: TaskDefinition, calendar: Calendar): string | undefined {
  const shape = taskDefinitionType.check(task, 'task');
  if (shape !== undefined) return shape;
  if (!isTaskId(task.id)) return `id: use ${ID_FORM}`;
  if (task.dedupeKey !== '' && !isSubmissionKey(task.dedupeKey)) return `dedupeKey: use ${KEY_FORM}`;
  if (task.description.length > LIMITS.descriptionLength) return `description: longer than ${LIMITS.descriptionLength}`;
  return findExecutorFault(task) ?? findNumberFault(task) ?? findScheduleFault(task, calendar);
}

function findExecutorFault({ executor }: TaskDefinition): string | undefined {
  const [text, longest] =
    executor.kind === 'shell' ? [executor.command, LIMITS.commandLength] : [executor.name, LIMITS.functionNameLength];
  return text.length >= 1 && text.length <= longest ? undefined : `executor: needs 1 to ${longest} characters`;
}

function findNumberFault({ retry, timeoutMs, leaseMs, simulate }: TaskDefinition): string | undefined {
  const ranges: readonly (readonly [name: string, value: number, min: number, max: number])[] = [
    ['retry.maxAttempts', retry.maxAttempts, 1, LIMITS.maxAttempts],
    ['retry.initialMs', retry.initialMs, 1, LIMITS.backoffMs],
    ['retry.maxMs', retry.maxMs, retry.initialMs, LIMITS.backoffMs],
    ['retry.multiplier', retry.multiplier, 1, LIMITS.multiplier],
    ['retry.jitterPercent', retry.jitterPercent, 0, 100],
    ['timeoutMs', timeoutMs, 1, LIMITS.timeoutMs],
    ['leaseMs', leaseMs, LIMITS.leaseMsMin, LIMITS.leaseMs],
    ['simulate.minDurationMs', simulate.minDurationMs, 0, LIMITS.simulatedDurationMs],
    ['simulate.maxDurationMs', simulate.maxDurationMs, simulate.minDurationMs, LIMITS.simulatedDurationMs],
    ['simulate.exitCode', simulate.exitCode, 0, LIMITS.exitCode],
    ['simulate.failFirst', simulate.failFirst, 0, LIMITS.maxAttempts],
  ];
  const broken = ranges.find(([, value, min, max]) => value < min || value > max);
  if (broken === undefined) return undefined;
  const [name, value, min, max] = broken;
  return `${name}: ${value} is out of range; allowed is ${min} to ${max}`;
}

function findScheduleFault({ schedule }: TaskDefinition, calendar: Calendar): string | undefined {
  switch (schedule.kind) {
    case 'now':
      return undefined;
    case 'delay':
      return schedule.delayMs >= 0 && schedule.delayMs <= LIMITS.delayMs
        ? undefined
        : `schedule.delayMs: allowed is 0 to ${LIMITS.delayMs}`;
    case 'cron': {
      if (schedule.misfireGraceMs < 0 || schedule.misfireGraceMs > LIMITS.misfireGraceMs) {
        return `schedule.misfireGraceMs: allowed is 0 to ${LIMITS.misfireGraceMs}`;
      }
      const fault = calendar.findFault(schedule.expression, schedule.timeZone);
      return fault === undefined ? undefined : `schedule: ${fault}`;
    }
  }
}
