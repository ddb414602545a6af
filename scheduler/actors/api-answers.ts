import type { CoordinatorError, KeyValue, OperationResult } from '../../protocols/coordinator/index.js';
import type { Type } from '../../runtime/schema.js';
import { isSameTask } from '../definitions/same-task.js';
import type { TaskDefinition } from '../definitions/task.js';
import { observed } from '../observations.js';
import { nextGeneration } from '../planning/schedule.js';
import { transact } from '../store/client.js';
import { scheduleKey } from '../store/keys.js';
import { foundIn, isUnchanged, put } from '../store/operations.js';
import { cursorType, decode, executionType, type Cursor, type Execution, type Stored } from '../store/records.js';
import { clusterMs } from './cluster-time-user.js';
import type { ApiContext, ApiPurpose, ApiState, SchedulerAnswer } from './api-messages.js';

type Purpose<K extends ApiPurpose['kind']> = Extract<ApiPurpose, { kind: K }>;

function answer(context: ApiContext, { replyTo }: ApiPurpose, message: SchedulerAnswer): void {
  context.answer(replyTo, message);
}

export function answerFailure(
  context: ApiContext,
  purpose: ApiPurpose,
  error: CoordinatorError,
  mayHaveHappened: boolean,
): void {
  answer(context, purpose, { type: 'scheduler-failed', error, mayHaveHappened });
}

/** The execution was created, or is there already: a repetition. Either way it is accepted. */
export function finishSubmission(context: ApiContext, purpose: Purpose<'create'>, isDone: boolean): void {
  const { submissionId, taskId, executionId } = purpose;
  const isDuplicate = !isDone;
  context.observe(observed.taskAccepted({ submissionId, taskId, executionId, isDuplicate }));
  answer(context, purpose, { type: 'accepted', submissionId, taskId, executionId, generation: 0, isDuplicate });
}

/** The schedule was written, or another was there: the same, or an older generation to be replaced. */
export function finishRegistration(
  context: ApiContext,
  state: ApiState,
  purpose: Purpose<'register'>,
  isDone: boolean,
  results: readonly OperationResult[],
): void {
  const { submissionId, task, triesLeft } = purpose;
  const entry = results.map(foundIn)[0];
  const found = entry === undefined ? undefined : decode(cursorType, entry);
  if (isDone || (found !== undefined && isKnown(found.value, submissionId, task))) {
    const isDuplicate = !isDone;
    const generation = isDuplicate && found !== undefined ? found.value.generation : purpose.generation;
    context.observe(observed.taskAccepted({ submissionId, taskId: task.id, executionId: '', isDuplicate }));
    const taskId = task.id;
    return answer(context, purpose, {
      type: 'accepted',
      submissionId,
      taskId,
      executionId: '',
      generation,
      isDuplicate,
    });
  }
  const next =
    found === undefined ? undefined : nextGeneration(found.value, task, clusterMs(context, state), submissionId);
  if (found === undefined || next === undefined || triesLeft === 0) {
    const reason = 'the last change of this schedule is still being worked off; submit it again in a moment';
    return answer(context, purpose, { type: 'rejected', submissionId, reason });
  }
  const key = scheduleKey(task.id);
  const transaction = {
    compare: [isUnchanged(key, found.revision)],
    then: [put(key, next)],
    else: [{ kind: 'get', key } as const],
  };
  transact(context, state.store, transaction, { ...purpose, generation: next.generation, triesLeft: triesLeft - 1 });
}

/** A schedule that says the same already, or that this very submission made before. */
function isKnown({ task, submissions }: Cursor, submissionId: string, submitted: TaskDefinition): boolean {
  return submissions.includes(submissionId) || isSameTask(task, submitted);
}

/** Cancels what was found, if it can be cancelled. */
export function finishCancel(
  context: ApiContext,
  purpose: Purpose<'cancel-read' | 'cancel'>,
  results: readonly OperationResult[],
  cancel: (before: Stored<Execution>) => void,
): void {
  const { executionId, triesLeft } = purpose;
  const { open, done } = executionIn(results);
  if (open !== undefined && done === undefined && triesLeft > 0) return cancel(open);
  const reason =
    done !== undefined
      ? `it has ended already: ${done.value.state}`
      : open === undefined
        ? 'there is no such execution'
        : 'it keeps changing; try again';
  answer(context, purpose, { type: 'not-cancelled', executionId, reason });
}

export function answerShow(context: ApiContext, purpose: Purpose<'show'>, results: readonly OperationResult[]): void {
  const { open, done } = executionIn(results);
  answer(context, purpose, { type: 'shown', execution: (done ?? open)?.value ?? null });
}

export function answerList(context: ApiContext, purpose: Purpose<'list'>, results: readonly OperationResult[]): void {
  const [open, done, schedules] = results.map((result) => (result.kind === 'range' ? result.found : []));
  answer(context, purpose, {
    type: 'listed',
    open: decodeAll(executionType, open ?? []),
    done: decodeAll(executionType, done ?? []),
    schedules: decodeAll(cursorType, schedules ?? []),
  });
}

/** Both places of an execution, in the order of `readExecution`. Where it is in both, it is done. */
function executionIn(results: readonly OperationResult[]): {
  readonly open: Stored<Execution> | undefined;
  readonly done: Stored<Execution> | undefined;
} {
  const [open, done] = results.map(foundIn);
  return {
    open: open === undefined ? undefined : decode(executionType, open),
    done: done === undefined ? undefined : decode(executionType, done),
  };
}

function decodeAll<T>(type: Type<T>, entries: readonly KeyValue[]): readonly T[] {
  return entries.map((entry) => decode(type, entry)?.value).filter((value) => value !== undefined);
}
