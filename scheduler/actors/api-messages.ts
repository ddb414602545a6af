import type { Context, ReplyTo } from '../../runtime/context.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import { coordinatorAnswers, coordinatorErrorType } from '../../protocols/coordinator/index.js';
import { taskDefinitionType, type TaskDefinition } from '../definitions/task.js';
import { storeTimers, type StoreClient } from '../store/client.js';
import { timeNews, type KnowsTime } from './cluster-time-user.js';
import { cursorType, executionType } from '../store/records.js';

/** What may be asked of a node's scheduler, at the actor path `scheduler`. Each is a question. */
export const schedulerRequests = messages('scheduler-request', {
  /**
   * Runs a task, or registers its schedule. A repetition with the same `submissionId`, at whatever node, or of the same task with the
   * same dedupe key, is one submission. Answer: `accepted`, `rejected` or `scheduler-failed`.
   */
  submit: { submissionId: t.string, task: taskDefinitionType },
  /** Answer: `cancelled`, `not-cancelled` or `scheduler-failed`. */
  cancel: { executionId: t.string },
  /** Answer: `shown` or `scheduler-failed`. */
  show: { executionId: t.string },
  /** At most `limit` (and never more than 1,000) of each. Answer: `listed` or `scheduler-failed`. */
  list: { limit: t.int },
});
export type SchedulerRequest = MessageOf<typeof schedulerRequests>;

export const schedulerAnswers = messages('scheduler-answer', {
  /** Durable: it will be run. `executionId` is '' for a schedule; `generation` is 0 for a single execution. */
  accepted: {
    submissionId: t.string,
    taskId: t.string,
    executionId: t.string,
    generation: t.int,
    isDuplicate: t.bool,
  },
  rejected: { submissionId: t.string, reason: t.string },
  cancelled: { executionId: t.string },
  /** It is not known, or has ended already. */
  'not-cancelled': { executionId: t.string, reason: t.string },
  shown: { execution: t.nullable(executionType) },
  listed: { open: t.array(executionType), done: t.array(executionType), schedules: t.array(cursorType) },
  /** The coordinator did not serve in time. */
  'scheduler-failed': { error: coordinatorErrorType, mayHaveHappened: t.bool },
});
export type SchedulerAnswer = MessageOf<typeof schedulerAnswers>;

export const apiMessages = combineMessages(
  'scheduler',
  combineMessages('scheduler', combineMessages('scheduler', schedulerRequests, timeNews), storeTimers),
  coordinatorAnswers,
);
export type ApiMessage = MessageOf<typeof apiMessages>;
export type ApiContext = Context<ApiMessage>;

export interface ApiState extends KnowsTime {
  readonly store: StoreClient;
}

/** Most records of a kind in one list. */
export const LIST_LIMIT = 1_000;

/** What a request to the store was made for. Plain data. */
export type ApiPurpose =
  | {
      readonly kind: 'create';
      readonly submissionId: string;
      readonly taskId: string;
      readonly executionId: string;
      readonly replyTo: ReplyTo;
    }
  | {
      readonly kind: 'register';
      readonly submissionId: string;
      readonly task: TaskDefinition;
      /** The generation that is being written. */
      readonly generation: number;
      readonly triesLeft: number;
      readonly replyTo: ReplyTo;
    }
  | {
      readonly kind: 'cancel-read' | 'cancel';
      readonly executionId: string;
      readonly triesLeft: number;
      readonly replyTo: ReplyTo;
    }
  | { readonly kind: 'show'; readonly executionId: string; readonly replyTo: ReplyTo }
  | { readonly kind: 'list'; readonly replyTo: ReplyTo };
