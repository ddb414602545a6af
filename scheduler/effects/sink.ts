import { actor, type Actor } from '../../runtime/actor.js';
import type { Context } from '../../runtime/context.js';
import type { Plain } from '../../runtime/data.js';
import { messages, t, type Infer, type MessageOf } from '../../runtime/schema.js';
import { observed } from '../observations.js';
import { judgeEffect, newFencedSink, remember, type FencedSink } from './fenced-sink.js';

export const effectType = {
  executionId: t.string,
  attempt: t.int,
  fencingToken: t.int,
  taskId: t.string,
} as const;

export const sinkMessages = messages('effect-sink', {
  /** An effect of an attempt. Answer: `effect-judged`. */
  effect: effectType,
});

export const sinkAnswers = messages('effect-sink-answer', {
  'effect-judged': {
    executionId: t.string,
    fencingToken: t.int,
    verdict: t.oneOf('applied', 'duplicate', 'stale'),
    /** How many effects there had been when the first of this execution took place. */
    position: t.int,
  },
});
export type SinkMessage = MessageOf<typeof sinkMessages>;
export type SinkAnswer = MessageOf<typeof sinkAnswers>;

export interface SinkState {
  readonly fence: FencedSink;
  /** Effects that took place. */
  applied: number;
}

const REMEMBERED = 1_000_000;

/** Where an applied effect is kept: the effect and its position. */
const entryType = t.object({ ...effectType, position: t.int });

/** The actor path of a sink. */
export const SINK_ACTOR = 'sink';

/**
 * A resource that checks fencing tokens: it takes effects, lets each execution have one, and remembers that durably before it says
 * so. An effect "takes place" by being appended to its log.
 */
export const sink: Actor<SinkState, SinkMessage, null> = actor(sinkMessages, {
  init: (): SinkState => ({ fence: newFencedSink(REMEMBERED), applied: 0 }),
  recover(durable) {
    const state: SinkState = { fence: newFencedSink(REMEMBERED), applied: 0 };
    for (const entry of durable.log.entries) {
      if (entryType.check(entry, 'entry') !== undefined) continue;
      const { executionId, attempt, fencingToken, position } = entry as Infer<typeof entryType>;
      remember(state.fence, { executionId, attempt, fencingToken }, position);
      state.applied = position;
    }
    return state;
  },
  on: { effect: onEffect },
});

function onEffect(context: Context<SinkMessage>, state: SinkState, effect: SinkMessage): void {
  const { executionId, attempt, fencingToken, taskId } = effect;
  const verdict = judgeEffect(state.fence, effect, state.applied + 1);
  if (verdict.kind === 'applied') {
    state.applied++;
    context.storage.append({ executionId, attempt, fencingToken, taskId, position: state.applied });
    context.observe(observed.effectApplied(executionId, attempt, fencingToken));
  } else {
    context.observe(observed.effectRefused(executionId, attempt, fencingToken, verdict.kind));
  }
  const position = positionOf(state, executionId);
  context.reply({ type: 'effect-judged', executionId, fencingToken, verdict: verdict.kind, position });
}

function positionOf(state: SinkState, executionId: string): number {
  const result: Plain = state.fence.executions.get(executionId)?.result ?? 0;
  return typeof result === 'number' ? result : 0;
}
