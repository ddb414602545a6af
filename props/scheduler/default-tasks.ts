import {
  DEFAULT_RETRY,
  DEFAULT_SIMULATE,
  type CronSchedule,
  type Schedule,
  type Simulate,
  type TaskDefinition,
} from '../../scheduler/index.js';

interface Shape {
  readonly schedule: Schedule;
  readonly simulate?: Partial<Simulate>;
  readonly timeoutMs?: number;
  readonly leaseMs?: number;
  readonly maxAttempts?: number;
  readonly dedupeKey?: string;
}

function task(id: string, shape: Shape): TaskDefinition {
  return {
    id,
    description: '',
    schedule: shape.schedule,
    executor: { kind: 'function', name: 'simulated', input: null },
    retry: { ...DEFAULT_RETRY, initialMs: 200, maxMs: 2_000, maxAttempts: shape.maxAttempts ?? 10 },
    timeoutMs: shape.timeoutMs ?? 10_000,
    leaseMs: shape.leaseMs ?? 1_500,
    dedupeKey: shape.dedupeKey ?? '',
    simulate: { ...DEFAULT_SIMULATE, ...shape.simulate },
  };
}

function cron(expression: string, policies: Partial<CronSchedule>): CronSchedule {
  return {
    kind: 'cron',
    expression,
    timeZone: 'UTC',
    misfire: 'run-once',
    misfireGraceMs: 2_000,
    overlap: 'skip',
    ...policies,
  };
}

/** A task of each kind that the scheduler knows, quick enough that a run of a minute sees each often. */
export const DEFAULT_TASKS: readonly TaskDefinition[] = Object.freeze([
  task('every-second', { schedule: cron('* * * * * *', {}), simulate: { maxDurationMs: 1_800 } }),
  // Whose next attempt may be over long before the first, which lost its worker's lease.
  task('every-third', {
    schedule: cron('*/3 * * * * *', { misfire: 'skip', overlap: 'allow' }),
    simulate: { minDurationMs: 20, maxDurationMs: 5_000 },
  }),
  task('in-berlin', {
    schedule: cron('2/5 * * * * *', { timeZone: 'Europe/Berlin', misfire: 'run-all', misfireGraceMs: 0 }),
    simulate: { minDurationMs: 500, maxDurationMs: 3_000 },
  }),
  task('at-once', { schedule: { kind: 'now' } }),
  task('later', { schedule: { kind: 'delay', delayMs: 3_000 } }),
  task('long', { schedule: { kind: 'now' }, simulate: { minDurationMs: 2_000, maxDurationMs: 6_000 } }),
  task('flaky', { schedule: { kind: 'now' }, simulate: { failFirst: 2 } }),
  task('hopeless', { schedule: { kind: 'now' }, simulate: { exitCode: 3, effect: false }, maxAttempts: 3 }),
  task('slow', { schedule: { kind: 'now' }, simulate: { minDurationMs: 500, maxDurationMs: 2_000 }, timeoutMs: 1_000 }),
  task('only-once', { schedule: { kind: 'now' }, dedupeKey: 'monday' }),
]);
