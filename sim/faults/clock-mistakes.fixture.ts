import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import { FAULT_POINT, inCluster, type OnlyThisFault } from './only-this-fault.fixture.js';

// Mistakes about wall clocks, and about what the code itself may do.

const words = messages('stamp', { tick: {}, stamped: { wallMs: t.number } });

const STEP_MS = 1_000;

const skew = inCluster({
  kind: 'clock-skew',
  mistake: 'a node that believes in the first step of its wall clock, and in no second one',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({ offsetMs: 0, isSet: false, hasStepped: false }),
        recover: () => ({ offsetMs: 0, isSet: false, hasStepped: false }),
        start: (context) => context.setTimer('tick', 5, { type: 'tick' }),
        on: {
          tick(context, state) {
            context.setTimer('tick', 5, { type: 'tick' });
            const offsetMs = context.wallMs() - context.nowMs();
            const isStep = state.isSet && Math.abs(offsetMs - state.offsetMs) > STEP_MS;
            if (!state.isSet || (isStep && !state.hasStepped)) state.offsetMs = offsetMs;
            state.isSet = true;
            if (isStep) state.hasStepped = true;
            context.observe({ type: 'stamped', offMs: state.offsetMs - offsetMs });
          },
        },
      }),
    },
  ],
  property: () => ({
    observe: ({ node, observation: { type, offMs } }) =>
      type === 'stamped' && Math.abs(Number(offMs)) > STEP_MS ? `${node} is ${String(offMs)} ms off` : undefined,
  }),
});

/** Well after healing; the phase of faults is 600 ms long. */
const HEALED_US = 650_000;

const jump = inCluster({
  kind: 'clock-jump',
  mistake: 'a node that hears nobody whose clock is far from its own, as if that were over soon',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({}),
        start: (context) => context.setTimer('tick', 5, { type: 'tick' }),
        on: {
          tick(context) {
            context.setTimer('tick', 5, { type: 'tick' });
            if (context.node === 'b') context.send('c/x', { type: 'stamped', wallMs: context.wallMs() });
          },
          stamped(context, _state, { wallMs }) {
            if (Math.abs(wallMs - context.wallMs()) > STEP_MS) context.observe({ type: 'refused' });
          },
        },
      }),
    },
  ],
  property: () => ({
    observe: ({ atUs, observation: { type } }) =>
      type === 'refused' && atUs > HEALED_US ? 'c does not hear b, though all is healed' : undefined,
  }),
});

const faultPoint = inCluster({
  kind: 'fault-point',
  mistake: 'a sender that forgets what does not fit into its batch',
  program: () => [
    {
      name: 'x',
      params: null,
      definition: actor(words, {
        init: () => ({ gathered: [] as number[], made: 0 }),
        start: (context) => context.setTimer('tick', 2, { type: 'tick' }),
        on: {
          tick(context, state) {
            context.setTimer('tick', 2, { type: 'tick' });
            state.gathered.push(++state.made, ++state.made);
            const batch = context.faultPoint(FAULT_POINT) ? state.gathered.slice(0, 1) : state.gathered;
            for (const n of batch) context.observe({ type: 'sent', n });
            state.gathered = [];
          },
        },
      }),
    },
  ],
  property: () => {
    const last = new Map<string, number>();
    return {
      observe({ node, observation: { type, n } }) {
        if (type !== 'sent') return undefined;
        const before = last.get(node) ?? 0;
        last.set(node, Number(n));
        // A new life begins anew.
        return Number(n) === before + 1 || Number(n) === 1 ? undefined : `${node}: ${String(n)} after ${before}`;
      },
    };
  },
});

export const clockMistakes: readonly OnlyThisFault[] = [skew, jump, faultPoint];
