import type { Context } from '../../runtime/context.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import { coordinatorAnswers } from '../../protocols/coordinator/index.js';
import { newStoreClient, storeTimers, type StoreClient } from '../store/client.js';
import type { Execution } from '../store/records.js';
import { timeNews, type KnowsTime } from './cluster-time-user.js';
import type { LeaseStage } from './lease-stage.js';
import type { SchedulerOptions } from './options.js';

const workerTimers = messages('worker', {
  'seek-now': {},
  'lease-due': { ttlMs: t.int },
  'attempt-overdue': { executionId: t.string, token: t.int },
});

export const workerMessages = combineMessages(
  'worker',
  combineMessages('worker', combineMessages('worker', workerTimers, timeNews), storeTimers),
  coordinatorAnswers,
);
export type WorkerMessage = MessageOf<typeof workerMessages>;
export type WorkerContext = Context<WorkerMessage>;

/** A lease of this worker; one for each TTL that the tasks ask for. */
export interface WorkerLease {
  readonly ttlMs: number;
  /** '' while it is asked for. */
  leaseId: string;
  /** Monotonic time at which the last renewal that was granted had been asked for. */
  confirmedMs: number;
  stage: LeaseStage;
  /** Repetitions of a request for it carry the same id. */
  grantRequestId: string;
}

/**
 * - `claiming`: the claim is on its way to the store.
 * - `running`: the work is under way, under `token`.
 * - `reporting`: the end of the attempt is on its way to the store.
 * - `over`: reported or given up; kept until the mirror shows that the execution has moved on, so that an old copy does not make
 *   this worker run the attempt again.
 */
export type AttemptPhase = 'claiming' | 'running' | 'reporting' | 'over';

export interface RunningAttempt {
  phase: AttemptPhase;
  /** As claimed. */
  readonly execution: Execution;
  /** Fencing token: the revision of the claim; 0 while claiming. */
  token: number;
  readonly leaseId: string;
  readonly ttlMs: number;
  workId: number;
  /** What is to be reported, once the work has ended. */
  after: Execution | null;
}

export interface WorkerState extends KnowsTime {
  readonly options: SchedulerOptions;
  readonly store: StoreClient;
  /** Unique for this life of the worker. */
  session: string;
  readonly leases: Map<number, WorkerLease>;
  readonly attempts: Map<string, RunningAttempt>;
  /** When (monotonic) this worker will try to claim what it has seen to be due. */
  readonly offers: Map<string, number>;
}

export function newWorkerState(options: SchedulerOptions): WorkerState {
  return {
    options,
    store: newStoreClient(options.store),
    session: '',
    epochMs: null,
    leases: new Map(),
    attempts: new Map(),
    offers: new Map(),
  };
}

/** Name of the worker's mirror of open executions. */
export const OPEN_MIRROR = 'open';
