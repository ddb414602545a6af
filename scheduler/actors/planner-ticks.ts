import type { OperationResult } from '../../protocols/coordinator/index.js';
import { assert } from '../../runtime/assert.js';
import { observed } from '../observations.js';
import { nextDueMs, planTicks } from '../planning/plan-ticks.js';
import { MAX_EXECUTIONS_PER_PLAN, MAX_TICKS_PER_PLAN, planTransaction } from '../planning/transaction.js';
import { transact } from '../store/client.js';
import { lastPartOf, openKey } from '../store/keys.js';
import { entriesOf } from '../store/mirror.js';
import { foundIn } from '../store/operations.js';
import { cursorType, decode, type Cursor, type Stored } from '../store/records.js';
import { clusterMs } from './cluster-time-user.js';
import {
  isReady,
  MIRRORS,
  planningOf,
  type Mandate,
  type PlannerContext,
  type Planning,
  type PlannerState,
} from './planner-state.js';

export interface PlanPurpose {
  readonly kind: 'plan';
  readonly taskId: string;
  readonly tickCount: number;
  readonly caughtUp: number;
  /** Whether more may be due than one plan takes. */
  readonly isFull: boolean;
  /** Ids of the executions that the plan makes, in the order of its `else` reads. */
  readonly executionIds: readonly string[];
}

/** After so many refusals in a row the mandate is taken for lost, whatever the coordinator still says. */
const MAX_REFUSED = 20;
/** Pause before a refused plan is made anew. */
const REPLAN_MS = 100;
/** Pause between the plans of a schedule that is far behind. */
const CATCH_UP_PAUSE_MS = 1_000;

/** Plans every schedule that is due, and wakes again when the next one will be. */
export function planAll(context: PlannerContext, state: PlannerState): void {
  if (!isReady(state) || state.mandate === null) return;
  const nowMs = clusterMs(context, state);
  let soonestMs = nowMs + state.options.planEveryMs;
  for (const entry of entriesOf(state.store, MIRRORS.schedules).values()) {
    const cursor = decode(cursorType, entry);
    if (cursor === undefined) {
      context.observe(observed.recordDamaged(entry.key));
      continue;
    }
    const planning = planningOf(state, cursor.value.task.id);
    if (planning.inFlight || cursor.revision < planning.awaitedRevision) continue;
    const dueAtMs = dueOf(context, planning, cursor);
    if (dueAtMs === undefined) continue;
    const dueMs = Math.max(dueAtMs, nowMs + Math.ceil(planning.pausedUntilMs - context.nowMs()));
    if (dueMs <= nowMs) planOne(context, state, state.mandate, planning, cursor);
    else if (dueMs < soonestMs) soonestMs = dueMs;
  }
  wakeIn(context, soonestMs - nowMs);
}

/** Brings the next look at the schedules forward. */
export function wakeIn(context: PlannerContext, delayMs: number): void {
  context.setTimer('plan', Math.max(1, delayMs), { type: 'plan-now' });
}

function dueOf(context: PlannerContext, planning: Planning, cursor: Stored<Cursor>): number | undefined {
  if (planning.dueRevision !== cursor.revision) {
    planning.dueMs = nextDueMs(cursor.value, context.calendar);
    planning.dueRevision = cursor.revision;
    planning.existing.clear();
  }
  return planning.dueMs;
}

function planOne(
  context: PlannerContext,
  state: PlannerState,
  mandate: Mandate,
  planning: Planning,
  cursor: Stored<Cursor>,
): void {
  const { task, lastExecutionId } = cursor.value;
  const isLastOpen = entriesOf(state.store, MIRRORS.open).has(openKey(lastExecutionId));
  const maxTicks = context.faultPoint('planner.plan-of-one') ? 1 : MAX_TICKS_PER_PLAN;
  const plan = planTicks({
    cursor: cursor.value,
    nowMs: clusterMs(context, state),
    calendar: context.calendar,
    plannerToken: mandate.token,
    isLastOpen,
    existing: planning.existing,
    maxTicks,
    maxExecutions: MAX_EXECUTIONS_PER_PLAN,
  });
  if (plan === undefined) return;
  planning.inFlight = true;
  const purpose: PlanPurpose = {
    kind: 'plan',
    taskId: task.id,
    tickCount: plan.ticks.length,
    caughtUp: plan.ticks.filter(({ nominalMs }) => nominalMs < mandate.sinceMs).length,
    isFull: plan.ticks.length === maxTicks || plan.executions.length === MAX_EXECUTIONS_PER_PLAN,
    executionIds: plan.executions.map(({ executionId }) => executionId),
  };
  transact(context, state.store, planTransaction(cursor, plan, mandate.guard, isLastOpen), purpose);
}

export function planDone(
  context: PlannerContext,
  state: PlannerState,
  mandate: Mandate,
  purpose: PlanPurpose,
  revision: number,
): void {
  const planning = planningOf(state, purpose.taskId);
  planning.inFlight = false;
  planning.refused = 0;
  planning.awaitedRevision = revision;
  if (purpose.isFull) planning.pausedUntilMs = context.nowMs() + CATCH_UP_PAUSE_MS;
  context.observe(observed.planCommitted(mandate.token, revision, purpose.taskId, purpose.tickCount, purpose.caughtUp));
  wakeIn(context, 1);
}

/**
 * The store refused a plan: the cursor has moved, an execution was there already, or the mandate is over. Answers whether
 * the mandate must be taken for lost.
 */
export function planLost(
  context: PlannerContext,
  state: PlannerState,
  mandate: Mandate,
  purpose: PlanPurpose,
  results: readonly OperationResult[],
): boolean {
  const planning = planningOf(state, purpose.taskId);
  planning.inFlight = false;
  planning.refused++;
  context.observe(observed.planRefused(mandate.token, purpose.taskId));
  const [cursor, , ...executions] = results.map(foundIn);
  if (cursor !== undefined) planning.awaitedRevision = Math.max(planning.awaitedRevision, cursor.modRevision);
  assert(executions.length === 2 * purpose.executionIds.length, 'each execution of a plan is read open and done');
  purpose.executionIds.forEach((executionId, index) => {
    const isOpen = executions[2 * index] !== undefined;
    if (isOpen || executions[2 * index + 1] !== undefined) planning.existing.set(executionId, isOpen);
  });
  wakeIn(context, REPLAN_MS);
  return planning.refused >= MAX_REFUSED;
}

/** Nobody knows whether the plan was made: the mirror will tell. */
export function planUnknown(context: PlannerContext, state: PlannerState, purpose: PlanPurpose): void {
  planningOf(state, purpose.taskId).inFlight = false;
  wakeIn(context, REPLAN_MS);
}

/** What the planner knew of a schedule that is gone. */
export function forgetSchedule(state: PlannerState, key: string): void {
  state.plannings.delete(lastPartOf(key));
}
