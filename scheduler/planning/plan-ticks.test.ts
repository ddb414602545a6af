import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCalendar } from '../../runtime/node/calendar.js';
import { DEFAULT_RETRY, DEFAULT_SIMULATE, type CronSchedule, type TaskDefinition } from '../definitions/task.js';
import type { Cursor, Tick } from '../store/records.js';
import { settledRanges, ticksIn } from './audit.js';
import { nextDueMs, planTicks, type Plan } from './plan-ticks.js';
import { newSchedule, nextGeneration } from './schedule.js';

const calendar = createCalendar();
const START_MS = Date.UTC(2026, 2, 29, 0, 59, 30);

function taskOf(schedule: Partial<CronSchedule> = {}): TaskDefinition {
  return {
    id: 'task',
    description: '',
    schedule: {
      kind: 'cron',
      expression: '* * * * * *',
      timeZone: 'UTC',
      misfire: 'run-all',
      misfireGraceMs: 2_000,
      overlap: 'allow',
      ...schedule,
    },
    executor: { kind: 'shell', command: 'true' },
    retry: DEFAULT_RETRY,
    timeoutMs: 1_000,
    leaseMs: 1_000,
    dedupeKey: '',
    simulate: DEFAULT_SIMULATE,
  };
}

interface Situation {
  readonly isLastOpen?: boolean;
  readonly existing?: ReadonlyMap<string, boolean>;
  readonly maxTicks?: number;
}

function plan(cursor: Cursor, nowMs: number, situation: Situation = {}): Plan | undefined {
  const { isLastOpen = false, existing = new Map<string, boolean>(), maxTicks = 1_000 } = situation;
  return planTicks({ cursor, nowMs, calendar, plannerToken: 1, isLastOpen, existing, maxTicks, maxExecutions: 1_000 });
}

function outcomesOf(plan: Plan | undefined): string[] {
  return (plan?.ticks ?? []).map(({ outcome }) => outcome);
}

/** All ticks in (afterMs, throughMs] by asking for every single second. */
function bruteForce({ task }: Cursor, afterMs: number, throughMs: number): number[] {
  const { expression, timeZone } = task.schedule as CronSchedule;
  const found: number[] = [];
  for (let ms = Math.floor(afterMs / 1000) * 1000 + 1000; ms <= throughMs; ms += 1000) {
    if (calendar.nextTick(expression, timeZone, ms - 1) === ms) found.push(ms);
  }
  return found;
}

describe('the misfire policy decides about late ticks', () => {
  const lateMs = START_MS + 5_000;
  test('skip', () => {
    const late = plan(newSchedule(taskOf({ misfire: 'skip' }), START_MS, 's'), lateMs);
    expect(outcomesOf(late)).toEqual(['skipped-misfire', 'skipped-misfire', 'ran', 'ran', 'ran']);
  });
  test('run-once: the last stands for those before', () => {
    const late = plan(newSchedule(taskOf({ misfire: 'run-once', misfireGraceMs: 0 }), START_MS, 's'), lateMs);
    expect(outcomesOf(late)).toEqual(['coalesced', 'coalesced', 'coalesced', 'coalesced', 'ran']);
  });
  test('run-all', () => {
    const late = plan(newSchedule(taskOf({ misfireGraceMs: 0 }), START_MS, 's'), lateMs);
    expect(outcomesOf(late)).toEqual(['ran', 'ran', 'ran', 'ran', 'ran']);
    expect(late?.executions.map(({ executionId }) => executionId)).toEqual(
      late?.ticks.map(({ executionId }) => executionId),
    );
  });
});

test('with overlap skip, only one of several due ticks runs, and none while the last execution is open', () => {
  const cursor = newSchedule(taskOf({ overlap: 'skip' }), START_MS, 's');
  expect(outcomesOf(plan(cursor, START_MS + 2_000))).toEqual(['ran', 'skipped-overlap']);
  expect(outcomesOf(plan(cursor, START_MS + 2_000, { isLastOpen: true }))).toEqual([
    'skipped-overlap',
    'skipped-overlap',
  ]);
});

test('an execution that exists already is adopted, not made again', () => {
  const cursor = newSchedule(taskOf({ overlap: 'skip' }), START_MS, 's');
  const id = `task@${START_MS + 1_000}.1`;
  const done = plan(cursor, START_MS + 2_000, { existing: new Map([[id, false]]) });
  expect(done?.ticks.map(({ outcome }) => outcome)).toEqual(['ran', 'ran']);
  expect(done?.executions.map(({ executionId }) => executionId)).toEqual([`task@${START_MS + 2_000}.1`]);
});

test('the clocks of Berlin go forward: a tick of the gap comes at its end, once', () => {
  const task = taskOf({ expression: '0 30 2 * * *', timeZone: 'Europe/Berlin' });
  const first = plan(newSchedule(task, START_MS, 's'), START_MS + 43_200_000);
  expect(first?.ticks.map(({ nominalMs }) => new Date(nominalMs).toISOString())).toEqual(['2026-03-29T01:00:00.000Z']);
});

test('nothing due is no plan', () => {
  const cursor = newSchedule(taskOf({ expression: '0 0 0 1 1 *' }), START_MS, 's');
  expect(plan(cursor, START_MS + 60_000)).toBeUndefined();
  expect(nextDueMs(cursor, calendar)).toBe(Date.UTC(2027, 0, 1));
});

const policies = fc.record({
  expression: fc.constantFrom('* * * * * *', '*/3 * * * * *', '7 * * * * *', '0-20/4,50 * * * * *', '0 */2 * * * *'),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
  misfire: fc.constantFrom('skip' as const, 'run-once' as const, 'run-all' as const),
  misfireGraceMs: fc.nat(10_000),
  overlap: fc.constantFrom('skip' as const, 'allow' as const),
});
/** When the planner looks, and what it finds: it may be late, early, or stand still. */
const looks = fc.array(
  fc.record({
    stepMs: fc.integer({ min: -20_000, max: 30_000 }),
    isLastOpen: fc.boolean(),
    maxTicks: fc.integer({ min: 1, max: 12 }),
    change: fc.boolean(),
  }),
  { maxLength: 12 },
);

test('every tick has exactly one outcome, whatever the planner does and however often the schedule changes', () => {
  fc.assert(
    fc.property(policies, policies, looks, (first, second, steps) => {
      const ledger = new Map<string, Tick>();
      const starts: { readonly cursor: Cursor; endMs: number }[] = [];
      let nowMs = START_MS;
      let cursor = newSchedule(taskOf(first), nowMs, 's');
      starts.push({ cursor, endMs: Infinity });
      for (const { stepMs, isLastOpen, maxTicks, change } of steps) {
        nowMs += stepMs;
        const next = change
          ? nextGeneration(cursor, taskOf(starts.length % 2 === 1 ? second : first), nowMs, 's')
          : undefined;
        if (next !== undefined) {
          starts.at(-1)!.endMs = next.startMs;
          starts.push({ cursor: next, endMs: Infinity });
          cursor = next;
        }
        const planned = plan(cursor, nowMs, { isLastOpen, maxTicks });
        if (planned === undefined) continue;
        const settled = settledRanges(cursor, planned.cursor, 0).flatMap((range) => ticksIn(calendar, range, 10_000));
        expect(planned.ticks.map(({ nominalMs }) => nominalMs)).toEqual(settled);
        for (const tick of planned.ticks) {
          const key = `${tick.nominalMs}/${tick.generation}`;
          expect(ledger.has(key), `${key} has two outcomes`).toBe(false);
          ledger.set(key, tick);
        }
        const ran = planned.ticks.filter(({ outcome }) => outcome === 'ran');
        expect(planned.executions).toHaveLength(ran.length);
        cursor = planned.cursor;
      }
      for (const { cursor: start, endMs } of starts) {
        const { generation, startMs } = start;
        const isCurrent = generation === cursor.generation;
        const isReplaced = generation === cursor.replaced?.generation;
        const throughMs = isCurrent ? cursor.throughMs : isReplaced ? cursor.replaced!.throughMs : endMs;
        const recorded = [...ledger.values()]
          .filter((tick) => tick.generation === generation)
          .map((tick) => tick.nominalMs);
        expect(recorded).toEqual(bruteForce(start, startMs, throughMs));
      }
    }),
    { numRuns: 60 },
  );
});
