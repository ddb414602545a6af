import type { Compare, Operation } from '../../protocols/coordinator/index.js';
import { doneKey, openKey, scheduleKey, tickKey } from '../store/keys.js';
import { isAbsent, isPresent, isUnchanged, put, readExecution, type Transaction } from '../store/operations.js';
import type { Cursor, Stored } from '../store/records.js';
import { cronOf, type Plan } from './plan-ticks.js';

/** Ticks and executions in one plan: together they stay below the 128 operations that a coordinator takes at once. */
export const MAX_TICKS_PER_PLAN = 64;
export const MAX_EXECUTIONS_PER_PLAN = 24;

/**
 * A plan as one transaction: ticks, executions and cursor together or not at all, so that neither a crash nor a change of the
 * leader can lose or double a tick. It acts only for the elected planner (`guard`), on the cursor that was planned
 * from, and if the last execution is as the overlap policy took it to be. `else` reads the cursor, the last execution, and then
 * each execution of the plan.
 */
export function planTransaction(before: Stored<Cursor>, plan: Plan, guard: Compare, isLastOpen: boolean): Transaction {
  const key = scheduleKey(before.value.task.id);
  const last = before.value.lastExecutionId;
  const restsOnLast = last !== '' && cronOf(before.value).overlap === 'skip' && before.value.replaced === null;
  const compare: Compare[] = [guard, isUnchanged(key, before.revision)];
  if (restsOnLast) compare.push(isLastOpen ? isPresent(openKey(last)) : isAbsent(openKey(last)));
  for (const { executionId } of plan.executions) {
    compare.push(isAbsent(openKey(executionId)), isAbsent(doneKey(executionId)));
  }
  const then: Operation[] = [];
  for (const tick of plan.ticks) then.push(put(tickKey(tick.taskId, tick.nominalMs, tick.generation), tick));
  for (const execution of plan.executions) then.push(put(openKey(execution.executionId), execution));
  then.push(put(key, plan.cursor));
  const reads = plan.executions.flatMap(({ executionId }) => readExecution(executionId));
  return { compare, then, else: [{ kind: 'get', key }, { kind: 'get', key: openKey(last) }, ...reads] };
}
