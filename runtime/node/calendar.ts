import { Cron } from 'croner';
import type { Calendar } from '../ports.js';

/** Parsed schedules that are kept; the one used longest ago goes first. */
const SCHEDULES_KEPT = 1024;
/** Answers that are kept: several actors ask for the same tick. */
const ANSWERS_KEPT = 4096;
const LONGEST_EXPRESSION = 256;
/** Where the search for a first tick begins when an expression is judged: 2024, a leap year. */
const JUDGED_FROM_WALL_MS = Date.UTC(2024, 0, 1);

/**
 * Cron with optional seconds in an IANA time zone; `3/5` counts from 3 on, as Quartz does. A nominal time that a change of the clocks skips fires when the gap
 * ends; one that occurs twice fires once.
 */
export function createCalendar(): Calendar {
  const schedules = new Map<string, Cron>();
  const answers = new Map<string, { readonly tickMs: number | undefined }>();
  const scheduleOf = (cron: string, timeZone: string): Cron => {
    const key = `${timeZone} ${cron}`;
    const kept =
      schedules.get(key) ??
      new Cron(cron, { timezone: timeZone, mode: '5-or-6-parts', sloppyRanges: true, paused: true });
    schedules.delete(key);
    schedules.set(key, kept);
    if (schedules.size > SCHEDULES_KEPT) schedules.delete(schedules.keys().next().value as string);
    return kept;
  };
  return {
    zoneDataVersion: process.versions['tz'] ?? 'unknown',
    nextTick(cron, timeZone, afterWallMs) {
      const question = `${afterWallMs} ${timeZone} ${cron}`;
      const known = answers.get(question);
      if (known !== undefined) return known.tickMs;
      const tickMs = scheduleOf(cron, timeZone).nextRun(new Date(afterWallMs))?.getTime();
      answers.set(question, { tickMs });
      if (answers.size > ANSWERS_KEPT) answers.delete(answers.keys().next().value as string);
      return tickMs;
    },
    findFault: (cron, timeZone) => findZoneFault(timeZone) ?? findCronFault(cron, timeZone, scheduleOf),
  };
}

function findZoneFault(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return undefined;
  } catch {
    return `unknown time zone ${JSON.stringify(timeZone)}; use an IANA name such as Europe/Berlin or UTC`;
  }
}

function findCronFault(
  cron: string,
  timeZone: string,
  scheduleOf: (cron: string, timeZone: string) => Cron,
): string | undefined {
  if (cron.length > LONGEST_EXPRESSION) return `cron expression is longer than ${LONGEST_EXPRESSION} characters`;
  const fields = cron.trim().split(/\s+/);
  if (fields.length < 5 || fields.length > 6) {
    return `cron expression ${JSON.stringify(cron)} must have 5 fields, or 6 with seconds first`;
  }
  if (cron.includes('?')) return `cron expression ${JSON.stringify(cron)} contains "?"; use "*"`;
  try {
    if (scheduleOf(cron, timeZone).nextRun(new Date(JUDGED_FROM_WALL_MS)) !== null) return undefined;
    return `cron expression ${JSON.stringify(cron)} names a date that never occurs`;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '');
    return `cron expression ${JSON.stringify(cron)} cannot be read: ${reason}`;
  }
}
