import { actor } from '../../actor.js';
import type { ReplyTo } from '../../context.js';
import { messages, t } from '../../schema.js';

/** What the actors of the transport's conformance suite say to each other. */
export const probes = messages('transport-probes', {
  probe: { number: t.int, padding: t.bytes },
  question: { number: t.int, delayMs: t.int },
  answer: { number: t.int },
  'send-now': {},
  'answer-now': { number: t.int },
});

/** Messages to a node that is not up yet may be lost, so that everybody waits a little before the first. */
export const FIRST_SEND_MS = 100;

export interface SenderParams {
  readonly to: readonly string[];
  readonly count: number;
  readonly everyMs: number;
  readonly paddingBytes: number;
  readonly [field: string]: number | readonly string[];
}

/** Sends numbered probes to each of its receivers; observes `sent`. */
export const sender = actor(probes, {
  init: (params: SenderParams) => ({ ...params, sent: 0 }),
  start: (context) => context.setTimer('send', FIRST_SEND_MS, { type: 'send-now' }),
  on: {
    'send-now'(context, state) {
      const number = ++state.sent;
      const padding = new Uint8Array(state.paddingBytes).fill(number & 0xff);
      context.observe({ type: 'sent', number });
      for (const to of state.to) context.send(to, { type: 'probe', number, padding });
      if (number < state.count) context.setTimer('send', state.everyMs, { type: 'send-now' });
    },
  },
});

/** Observes `received` for every probe, with a checksum of what it carried. */
export const receiver = actor(probes, {
  init: () => ({}),
  on: {
    probe(context, _state, { number, padding }) {
      let sum = 0;
      for (const byte of padding) sum += byte;
      context.observe({ type: 'received', number, from: context.sender, bytes: padding.length, sum });
    },
  },
});

export interface AskerParams {
  readonly to: string;
  readonly count: number;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly delayMs: number;
  /** Ask in the first life only. */
  readonly firstLifeOnly: boolean;
  readonly [field: string]: number | string | boolean;
}

/** Asks numbered questions; observes `asked`, and then `answered` or `timed-out`. */
export const asker = actor(probes, {
  init: (params: AskerParams) => ({ ...params, asked: 0 }),
  start(context, state) {
    if (context.incarnation === 1 || !state.firstLifeOnly)
      context.setTimer('send', FIRST_SEND_MS, { type: 'send-now' });
  },
  on: {
    'send-now'(context, state) {
      const number = ++state.asked;
      const { timeoutMs, delayMs } = state;
      context.observe({ type: 'asked', number });
      context.ask(state.to, { type: 'question', number, delayMs }, { timeoutMs, tag: number });
      if (number < state.count) context.setTimer('send', state.everyMs, { type: 'send-now' });
    },
    answer(context, _state, { number }) {
      context.observe({ type: 'answered', number, tag: context.answerTag });
    },
  },
  signals: {
    askTimedOut: (context, _state, { tag }) => context.observe({ type: 'timed-out', number: tag as number }),
  },
});

/** Answers questions, at once or after the delay asked for; observes `heard` where it waits, and `answering`. */
export const answerer = actor(probes, {
  init: () => ({ waiting: new Map<number, ReplyTo>() }),
  on: {
    question(context, state, { number, delayMs }) {
      if (delayMs === 0) {
        context.observe({ type: 'answering', number });
        return context.reply({ type: 'answer', number });
      }
      context.observe({ type: 'heard', number });
      state.waiting.set(number, context.replyTo());
      context.setTimer(`answer-${number}`, delayMs, { type: 'answer-now', number });
    },
    'answer-now'(context, state, { number }) {
      const replyTo = state.waiting.get(number);
      if (replyTo === undefined) return;
      state.waiting.delete(number);
      context.observe({ type: 'answering', number });
      context.answer(replyTo, { type: 'answer', number });
    },
  },
});
