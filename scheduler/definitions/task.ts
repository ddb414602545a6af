import { t, type Infer } from '../../runtime/schema.js';

/**
 * What a task is, as data. Times are integer milliseconds; factors are integers and percentages, so that every platform computes
 * the same next attempt.
 */

export const MISFIRE_POLICIES = ['skip', 'run-once', 'run-all'] as const;
export const OVERLAP_POLICIES = ['allow', 'skip'] as const;

export const scheduleType = t.variants({
  now: {},
  delay: { delayMs: t.int },
  cron: {
    /** Six fields, seconds first. */
    expression: t.string,
    /** IANA name of the zone whose wall clock the expression speaks of. */
    timeZone: t.string,
    /** What becomes of a tick that is noticed more than `misfireGraceMs` late: not run, the late ones run as one, or all run. */
    misfire: t.oneOf(...MISFIRE_POLICIES),
    misfireGraceMs: t.int,
    /** Whether a tick may run while the execution of the last one is still open. */
    overlap: t.oneOf(...OVERLAP_POLICIES),
  },
});
export type Schedule = Infer<typeof scheduleType>;
export type CronSchedule = Extract<Schedule, { kind: 'cron' }>;

export const executorType = t.variants({
  /** A function registered under `name` at the worker. */
  function: { name: t.string, input: t.plain },
  /** A command line for the shell of the worker. */
  shell: { command: t.string },
});
export type Executor = Infer<typeof executorType>;

export const retryType = t.object({
  /** Attempts in all, the first included. */
  maxAttempts: t.int,
  initialMs: t.int,
  maxMs: t.int,
  multiplier: t.int,
  /** The delay is drawn from `delay - delay * jitterPercent / 100 .. delay`. */
  jitterPercent: t.int,
});
export type Retry = Infer<typeof retryType>;

/** How the work behaves in the simulator, where no command is run. */
export const simulateType = t.object({
  minDurationMs: t.int,
  maxDurationMs: t.int,
  /** How it ends; other than 0 the attempt has failed. */
  exitCode: t.int,
  /** So many first attempts fail, whatever `exitCode` says. */
  failFirst: t.int,
  /** Whether it has an effect upon the sink at its end. */
  effect: t.bool,
});
export type Simulate = Infer<typeof simulateType>;

export const taskDefinitionType = t.object({
  id: t.string,
  description: t.string,
  schedule: scheduleType,
  executor: executorType,
  retry: retryType,
  /** An attempt that takes longer is ended and counts as failed. */
  timeoutMs: t.int,
  /** A worker that could not renew its lease for so long has lost the task. */
  leaseMs: t.int,
  /** Two submissions of one task with one key are one execution; '' for none. */
  dedupeKey: t.string,
  simulate: simulateType,
});
export type TaskDefinition = Infer<typeof taskDefinitionType>;

export const DEFAULT_RETRY: Retry = Object.freeze({
  maxAttempts: 5,
  initialMs: 500,
  maxMs: 30_000,
  multiplier: 2,
  jitterPercent: 20,
});

export const DEFAULT_SIMULATE: Simulate = Object.freeze({
  minDurationMs: 50,
  maxDurationMs: 500,
  exitCode: 0,
  failFirst: 0,
  effect: true,
});

export const DEFAULT_TIMEOUT_MS = 60_000;
export const DEFAULT_LEASE_MS = 3_000;
export const DEFAULT_MISFIRE_GRACE_MS = 5_000;
