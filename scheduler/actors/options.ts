import { DEFAULT_STORE_OPTIONS, type StoreOptions } from '../store/client.js';

/** How the scheduler of a node behaves. All times in milliseconds. */
export interface SchedulerOptions {
  readonly store: StoreOptions;
  /** Attempts that a worker runs at once. */
  readonly slots: number;
  /** A worker waits up to so long before it claims, differently for each execution, so that not all claim the same. */
  readonly claimSpreadMs: number;
  /** The planner looks at the wall clock at least so often, since it may jump. */
  readonly planEveryMs: number;
  readonly reapEveryMs: number;
  /** How long a running execution must be seen without its claim before it is taken from its worker. */
  readonly reapGraceMs: number;
  /** How often a planner that is not elected stands for election anew. */
  readonly campaignEveryMs: number;
  /** How often each node publishes its wall clock. */
  readonly clockEveryMs: number;
  /** After so long without a majority's clocks a node goes by those that it knows. */
  readonly clockPatienceMs: number;
  readonly auditEveryMs: number;
  /** How long a tick may be missing in the auditor's copy before it counts as unaccounted. */
  readonly auditGraceMs: number;
  /** How long done executions (and so the memory for duplicates) and ticks are kept. */
  readonly retentionMs: number;
  readonly pruneEveryMs: number;
}

export const DEFAULT_SCHEDULER_OPTIONS: SchedulerOptions = Object.freeze({
  store: DEFAULT_STORE_OPTIONS,
  slots: 8,
  claimSpreadMs: 40,
  planEveryMs: 1_000,
  reapEveryMs: 500,
  reapGraceMs: 500,
  campaignEveryMs: 5_000,
  clockEveryMs: 2_000,
  clockPatienceMs: 10_000,
  auditEveryMs: 2_000,
  auditGraceMs: 5_000,
  retentionMs: 86_400_000,
  pruneEveryMs: 60_000,
});
