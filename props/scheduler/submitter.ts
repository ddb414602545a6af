import { actor, type Actor } from '../../runtime/actor.js';
import { addressOf } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { combineMessages, messages, t, type MessageOf } from '../../runtime/schema.js';
import {
  SCHEDULER_ACTOR,
  schedulerAnswers,
  taskDefinitionType,
  type SchedulerRequest,
  type TaskDefinition,
} from '../../scheduler/index.js';

const submitterRequests = messages('submitter', {
  /** Submits until it is accepted, at one member after the other. */
  'submit-task': { submissionId: t.string, task: taskDefinitionType },
  /** Cancels an execution once, at the member whose turn it is. */
  'cancel-execution': { executionId: t.string },
  'try-again': { submissionId: t.string },
});
const understood = combineMessages('submitter', submitterRequests, schedulerAnswers);
export type SubmitterMessage = MessageOf<typeof understood>;
type SubmitterContext = Context<SubmitterMessage>;

export interface SubmitterParameters {
  readonly [name: string]: Plain;
  readonly members: readonly string[];
  readonly timeoutMs: number;
}

interface SubmitterState {
  readonly members: readonly string[];
  readonly timeoutMs: number;
  readonly open: Map<string, { readonly task: TaskDefinition; tries: number }>;
  next: number;
}

const PAUSE_MS = 200;

/**
 * A client of the scheduler that never takes silence for an answer: it repeats a submission, under the same id and at the next
 * member, until one has accepted it. Observes `submission-sent` with each try and `submission-ended`.
 */
export const submitter: Actor<SubmitterState, SubmitterMessage, SubmitterParameters> = actor(understood, {
  init: ({ members, timeoutMs }: SubmitterParameters): SubmitterState => ({
    members,
    timeoutMs,
    open: new Map(),
    next: 0,
  }),
  on: {
    'submit-task'(context, state, { submissionId, task }) {
      state.open.set(submissionId, { task, tries: 0 });
      submit(context, state, submissionId);
    },
    'cancel-execution': (context, state, { executionId }) =>
      askNext(context, state, { type: 'cancel', executionId }, null),
    'try-again': (context, state, { submissionId }) => submit(context, state, submissionId),
    accepted: (context, state, { submissionId }) => end(context, state, submissionId, 'accepted'),
    rejected: (context, state, { submissionId }) => end(context, state, submissionId, 'rejected'),
    'scheduler-failed': (context) => tryLater(context, context.answerTag),
  },
  signals: {
    askTimedOut: (context, _state, { tag }) => tryLater(context, tag),
  },
});

function submit(context: SubmitterContext, state: SubmitterState, submissionId: string): void {
  const submission = state.open.get(submissionId);
  if (submission === undefined) return;
  submission.tries++;
  context.observe({ type: 'submission-sent', submissionId, taskId: submission.task.id, tries: submission.tries });
  askNext(context, state, { type: 'submit', submissionId, task: submission.task }, submissionId);
}

function askNext(context: SubmitterContext, state: SubmitterState, request: SchedulerRequest, tag: Plain): void {
  const member = state.members[state.next++ % state.members.length] ?? '';
  const { timeoutMs } = state;
  context.ask(addressOf(member, SCHEDULER_ACTOR), request, { timeoutMs, tag });
}

function tryLater(context: SubmitterContext, tag: Plain): void {
  if (typeof tag !== 'string') return;
  const delayMs = PAUSE_MS + context.random('pause').between(0, PAUSE_MS);
  context.setTimer(`again/${tag}`, delayMs, { type: 'try-again', submissionId: tag });
}

function end(context: SubmitterContext, state: SubmitterState, submissionId: string, how: string): void {
  const submission = state.open.get(submissionId);
  if (!state.open.delete(submissionId)) return;
  context.cancelTimer(`again/${submissionId}`);
  context.observe({ type: 'submission-ended', submissionId, how, tries: submission?.tries ?? 0 });
}
