import { observed } from '../observations.js';
import { transact } from '../store/client.js';
import { attemptFailed } from '../store/execution.js';
import { claimKey, lastPartOf, openKey } from '../store/keys.js';
import { entriesOf } from '../store/mirror.js';
import { reapExecution, type Transaction } from '../store/operations.js';
import { claimType, decode, executionType, type Execution, type Stored } from '../store/records.js';
import { clusterMs } from './cluster-time-user.js';
import { isReady, MIRRORS, type Mandate, type PlannerContext, type PlannerState } from './planner-state.js';

export interface ReapPurpose {
  readonly kind: 'reap';
  readonly executionId: string;
  readonly attempt: number;
}

/** Takes running executions from workers whose claim has been gone for a while: they are retried, or have failed. */
export function reapAll(context: PlannerContext, state: PlannerState): void {
  context.setTimer('reap', state.options.reapEveryMs, { type: 'reap-now' });
  if (!isReady(state) || state.mandate === null) return;
  const open = entriesOf(state.store, MIRRORS.open);
  for (const executionId of state.orphans.keys()) {
    if (!open.has(openKey(executionId))) state.orphans.delete(executionId);
  }
  for (const entry of open.values()) {
    const executionId = lastPartOf(entry.key);
    const execution = decode(executionType, entry);
    if (execution?.value.state !== 'RUNNING' || isClaimed(state, execution.value)) {
      state.orphans.delete(executionId);
      continue;
    }
    const sinceMs = state.orphans.get(executionId) ?? context.nowMs();
    state.orphans.set(executionId, sinceMs);
    const isOverdue = context.nowMs() - sinceMs >= state.options.reapGraceMs;
    if (isOverdue && !state.reaping.has(executionId)) reapOne(context, state, state.mandate, execution);
  }
}

/** Whether the claim that this very attempt was made with is there. */
function isClaimed(state: PlannerState, { executionId, claim }: Execution): boolean {
  const entry = entriesOf(state.store, MIRRORS.claims).get(claimKey(executionId));
  return entry !== undefined && decode(claimType, entry)?.value.session === claim?.session;
}

function reapOne(context: PlannerContext, state: PlannerState, mandate: Mandate, before: Stored<Execution>): void {
  const { executionId, attempt, claim } = before.value;
  const detail = `the lease of worker ${claim?.worker ?? 'unknown'} ended`;
  const after = attemptFailed(before.value, 'lost', clusterMs(context, state), detail, context.random('retry-jitter'));
  const otherClaim = entriesOf(state.store, MIRRORS.claims).get(claimKey(executionId))?.modRevision ?? 0;
  const transaction = reapExecution(before, after, otherClaim);
  const guarded: Transaction = { ...transaction, compare: [mandate.guard, ...transaction.compare] };
  const purpose: ReapPurpose = { kind: 'reap', executionId, attempt };
  state.reaping.add(executionId);
  transact(context, state.store, guarded, purpose);
}

export function reapSettled(
  context: PlannerContext,
  state: PlannerState,
  mandate: Mandate,
  purpose: ReapPurpose,
  doneRevision: number | undefined,
): void {
  const { executionId, attempt } = purpose;
  state.reaping.delete(executionId);
  state.orphans.delete(executionId);
  if (doneRevision !== undefined) {
    context.observe(observed.executionReaped(mandate.token, doneRevision, executionId, attempt));
  }
}
