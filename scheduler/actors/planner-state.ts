import { combineMessages, messages, type MessageOf } from '../../runtime/schema.js';
import type { Context } from '../../runtime/context.js';
import { coordinatorAnswers, type Compare } from '../../protocols/coordinator/index.js';
import { newStoreClient, storeTimers, type StoreClient } from '../store/client.js';
import { timeNews, type KnowsTime } from './cluster-time-user.js';
import type { SchedulerOptions } from './options.js';

const plannerTimers = messages('planner', {
  'plan-now': {},
  'reap-now': {},
  'campaign-now': {},
  'prune-now': {},
});

export const plannerMessages = combineMessages(
  'planner',
  combineMessages('planner', combineMessages('planner', plannerTimers, timeNews), storeTimers),
  coordinatorAnswers,
);
export type PlannerMessage = MessageOf<typeof plannerMessages>;
export type PlannerContext = Context<PlannerMessage>;

/** Won elections come with a fencing token and a guard that fails once the election has moved on. */
export interface Mandate {
  readonly token: number;
  readonly guard: Compare;
  /** Time of the cluster when it began: ticks due before are caught up. */
  readonly sinceMs: number;
}

/** What a planner knows of one schedule besides the mirrored cursor. */
export interface Planning {
  /** A transaction of it is under way. */
  inFlight: boolean;
  /** The mirror must show this revision of the cursor before the schedule is planned on. */
  awaitedRevision: number;
  /** The next due time, computed from the cursor of that revision. */
  dueMs: number | undefined;
  dueRevision: number;
  /** Executions found to exist though no tick of this cursor made them, and whether they are open. */
  readonly existing: Map<string, boolean>;
  /** Monotonic: a schedule that is far behind is worked off at this pace, not all at once. */
  pausedUntilMs: number;
  /** Refused transactions in a row. */
  refused: number;
}

export interface PlannerState extends KnowsTime {
  readonly options: SchedulerOptions;
  readonly store: StoreClient;
  mandate: Mandate | null;
  readonly plannings: Map<string, Planning>;
  /** Running executions whose claim is not there, since when (monotonic). */
  readonly orphans: Map<string, number>;
  readonly reaping: Set<string>;
}

export function newPlannerState(options: SchedulerOptions): PlannerState {
  return {
    options,
    store: newStoreClient(options.store),
    mandate: null,
    epochMs: null,
    plannings: new Map(),
    orphans: new Map(),
    reaping: new Set(),
  };
}

export function planningOf(state: PlannerState, taskId: string): Planning {
  const known = state.plannings.get(taskId);
  if (known !== undefined) return known;
  const planning: Planning = {
    inFlight: false,
    awaitedRevision: 0,
    dueMs: undefined,
    dueRevision: -1,
    existing: new Map(),
    pausedUntilMs: 0,
    refused: 0,
  };
  state.plannings.set(taskId, planning);
  return planning;
}

/** Names of the planner's mirrors. */
export const MIRRORS = Object.freeze({ schedules: 'schedules', open: 'open', claims: 'claims' });

export function isReady({ mandate, store, epochMs }: PlannerState): boolean {
  return (
    mandate !== null &&
    epochMs !== null &&
    Object.values(MIRRORS).every((name) => store.mirrors.get(name)?.isFilled === true)
  );
}
