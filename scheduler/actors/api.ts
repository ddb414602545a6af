import { actor, type Actor } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import { findDefinitionFault } from '../definitions/definition-fault.js';
import { isSubmissionKey, KEY_FORM } from '../definitions/limits.js';
import type { TaskDefinition } from '../definitions/task.js';
import { observed } from '../observations.js';
import { newSchedule } from '../planning/schedule.js';
import { newStoreClient, readStore, transact } from '../store/client.js';
import { cancelled, newExecution } from '../store/execution.js';
import { dedupedExecutionId, KEYS, scheduleKey, submittedExecutionId } from '../store/keys.js';
import { cancelExecution, createExecution, isAbsent, put, readExecution } from '../store/operations.js';
import type { Execution, Stored } from '../store/records.js';
import { storeHandlers, storeTimedOut, type StoreEvent } from '../store/routing.js';
import {
  apiMessages,
  LIST_LIMIT,
  type ApiContext,
  type ApiMessage,
  type ApiPurpose,
  type ApiState,
} from './api-messages.js';
import {
  answerFailure,
  answerList,
  answerShow,
  finishCancel,
  finishRegistration,
  finishSubmission,
} from './api-answers.js';
import { askForTime, clusterMs } from './cluster-time-user.js';
import type { SchedulerOptions } from './options.js';

/**
 * The scheduler's door on every node: takes tasks, cancels and shows executions. Answers come once the store has agreed. A client
 * that got none asks again with the same submission id (or dedupe key), at any node, and nothing happens twice.
 */
export const api: Actor<ApiState, ApiMessage, SchedulerOptions & Plain> = actor(apiMessages, {
  init: (options: SchedulerOptions & Plain): ApiState => ({ store: newStoreClient(options.store), epochMs: null }),
  start: askForTime,
  on: {
    ...storeHandlers<ApiState, ApiContext>(onStore),
    submit(context, state, { submissionId, task }) {
      const reason = isSubmissionKey(submissionId)
        ? findDefinitionFault(task, context.calendar)
        : `submissionId: use ${KEY_FORM}`;
      if (reason !== undefined) {
        context.observe(observed.taskRejected(submissionId.slice(0, 128), reason));
        return context.reply({ type: 'rejected', submissionId, reason });
      }
      if (state.epochMs === null) {
        return context.reply({ type: 'scheduler-failed', error: 'unavailable', mayHaveHappened: false });
      }
      if (task.schedule.kind === 'cron') register(context, state, submissionId, task);
      else create(context, state, submissionId, task);
    },
    'cluster-time'(_context, state, { epochMs }) {
      state.epochMs = epochMs;
    },
    cancel(context, state, { executionId }) {
      const purpose: ApiPurpose = { kind: 'cancel-read', executionId, triesLeft: 10, replyTo: context.replyTo() };
      readStore(context, state.store, readExecution(executionId), purpose);
    },
    show(context, state, { executionId }) {
      const purpose: ApiPurpose = { kind: 'show', executionId, replyTo: context.replyTo() };
      readStore(context, state.store, readExecution(executionId), purpose);
    },
    list(context, state, { limit }) {
      const atMost = Math.max(1, Math.min(limit, LIST_LIMIT));
      const operations = [KEYS.openExecutions, KEYS.doneExecutions, KEYS.schedules].map(
        (prefix) => ({ kind: 'range', prefix, limit: atMost }) as const,
      );
      const purpose: ApiPurpose = { kind: 'list', replyTo: context.replyTo() };
      readStore(context, state.store, operations, purpose);
    },
  },
  signals: {
    askTimedOut: (context, state, question) => storeTimedOut(context, state, question, onStore),
  },
});

/** A task that runs once. Its execution's id follows from the dedupe key, or else from the submission. */
function create(context: ApiContext, state: ApiState, submissionId: string, task: TaskDefinition): void {
  const executionId =
    task.dedupeKey === '' ? submittedExecutionId(task.id, submissionId) : dedupedExecutionId(task.id, task.dedupeKey);
  const createdMs = clusterMs(context, state);
  const delayMs = task.schedule.kind === 'delay' ? task.schedule.delayMs : 0;
  const notBeforeMs = createdMs + delayMs;
  const execution = newExecution({ executionId, task, generation: 0, nominalMs: 0, createdMs, notBeforeMs });
  const purpose: ApiPurpose = {
    kind: 'create',
    submissionId,
    taskId: task.id,
    executionId,
    replyTo: context.replyTo(),
  };
  transact(context, state.store, createExecution(execution), purpose);
}

/** A schedule: registered for the first time, known already, or changed to its next generation. */
function register(context: ApiContext, state: ApiState, submissionId: string, task: TaskDefinition): void {
  const key = scheduleKey(task.id);
  const purpose: ApiPurpose = {
    kind: 'register',
    submissionId,
    task,
    generation: 1,
    triesLeft: 10,
    replyTo: context.replyTo(),
  };
  const cursor = newSchedule(task, clusterMs(context, state), submissionId);
  const transaction = { compare: [isAbsent(key)], then: [put(key, cursor)], else: [{ kind: 'get', key } as const] };
  transact(context, state.store, transaction, purpose);
}

function onStore(context: ApiContext, state: ApiState, event: StoreEvent): void {
  if (event.kind !== 'settled') return;
  const { settled } = event;
  const purpose = settled.purpose as unknown as ApiPurpose;
  if (settled.kind === 'failed') return answerFailure(context, purpose, settled.error, settled.mayHaveHappened);
  const isDone = settled.kind === 'done';
  switch (purpose.kind) {
    case 'create':
      return finishSubmission(context, purpose, isDone);
    case 'register':
      return finishRegistration(context, state, purpose, isDone, settled.results);
    case 'cancel-read':
      return finishCancel(context, purpose, settled.results, (before) =>
        cancel(context, state, { ...purpose, kind: 'cancel' }, before),
      );
    case 'cancel': {
      const { executionId, triesLeft, replyTo } = purpose;
      if (isDone) return context.answer(replyTo, { type: 'cancelled', executionId });
      const again: ApiPurpose = { kind: 'cancel-read', executionId, triesLeft: triesLeft - 1, replyTo };
      return readStore(context, state.store, readExecution(executionId), again);
    }
    case 'show':
      return answerShow(context, purpose, settled.results);
    case 'list':
      return answerList(context, purpose, settled.results);
  }
}

function cancel(context: ApiContext, state: ApiState, purpose: ApiPurpose, before: Stored<Execution>): void {
  const after = cancelled(before.value, clusterMs(context, state), `cancelled through ${context.node}`);
  transact(context, state.store, cancelExecution(before, after), purpose);
}
