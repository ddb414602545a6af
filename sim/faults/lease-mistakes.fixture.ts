import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import type { Monitor } from '../properties/property.js';
import { inCluster, type OnlyThisFault } from './only-this-fault.fixture.js';

// `a` lends one thing to `b` or `c`; a holder counts from when it asked, on its own clock, and acts as long as it holds.

const lease = messages('lease', { ask: {}, act: {}, end: {}, want: {}, lent: { granted: t.bool } });

type Mistake = 'rests-on-its-timer' | 'holds-what-it-held' | 'leaves-no-margin';

type LeaseParams = {
  readonly mistake: Mistake;
  readonly lenderMs: number;
  readonly holderMs: number;
  readonly renews: boolean;
};

interface LeaseState extends LeaseParams {
  /** Of the lender. */
  holder: string;
  lentUntilMs: number;
  /** Of a holder. */
  isHolding: boolean;
  heldUntilMs: number;
}

const ASK_EVERY_MS = 10;
const ACT_EVERY_MS = 4;

function begin(params: LeaseParams): LeaseState {
  return {
    ...params,
    ...{ holder: '', lentUntilMs: 0, isHolding: false, heldUntilMs: 0 },
  };
}

const party = actor(lease, {
  init: (params: LeaseParams) => begin(params),
  recover: ({ cells }, params) => ({
    ...begin(params),
    isHolding: params.mistake === 'holds-what-it-held' && cells.get('holds') === true,
  }),
  start(context, state) {
    // Who lent does not know any more to whom, and waits until nobody can hold.
    if (context.node === 'a') state.lentUntilMs = context.incarnation > 1 ? context.nowMs() + state.lenderMs : 0;
    else {
      context.setTimer('ask', 1, { type: 'ask' });
      context.setTimer('act', ACT_EVERY_MS, { type: 'act' });
      state.heldUntilMs = context.nowMs() + state.holderMs;
      if (state.isHolding) context.setTimer('end', state.holderMs, { type: 'end' });
    }
  },
  on: {
    ask(context, state) {
      context.setTimer('ask', ASK_EVERY_MS, { type: 'ask' });
      if (state.isHolding && !state.renews) return;
      context.ask('a/party', { type: 'want' }, { timeoutMs: 40, tag: context.nowMs() });
    },
    want(context, state) {
      const isFree = context.nowMs() >= state.lentUntilMs;
      const granted = isFree || (state.renews && state.holder === context.sender);
      if (granted) {
        state.holder = context.sender;
        state.lentUntilMs = context.nowMs() + state.lenderMs;
        context.observe({ type: 'lent', to: context.sender });
      }
      context.reply({ type: 'lent', granted });
    },
    lent(context, state, { granted }) {
      if (!granted) return;
      const untilMs = Number(context.answerTag) + state.holderMs;
      const leftMs = untilMs - context.nowMs();
      if (leftMs <= 0) return;
      if (!state.isHolding && state.mistake === 'holds-what-it-held') context.storage.put('holds', true);
      state.isHolding = true;
      state.heldUntilMs = Math.max(state.heldUntilMs, untilMs);
      context.setTimer('end', leftMs, { type: 'end' });
    },
    act(context, state) {
      context.setTimer('act', ACT_EVERY_MS, { type: 'act' });
      const isOver = state.mistake !== 'rests-on-its-timer' && context.nowMs() >= state.heldUntilMs;
      if (state.isHolding && !isOver) context.observe({ type: 'acts' });
    },
    end(context, state) {
      state.isHolding = false;
      if (state.mistake === 'holds-what-it-held') context.storage.put('holds', false);
    },
  },
});

/** Nobody acts after the thing was lent to another. */
function onlyTheHolderActs(): Monitor {
  let holder = '';
  return {
    observe({ node, observation: { type, to } }) {
      if (type === 'lent') holder = String(to);
      return type === 'acts' && holder !== `${node}/party` ? `${node} acts, and ${holder} holds` : undefined;
    },
  };
}

function lending(kind: string, mistake: string, params: LeaseParams): OnlyThisFault {
  const program = (): readonly { name: string; definition: typeof party; params: LeaseParams }[] => [
    { name: 'party', definition: party, params },
  ];
  return inCluster({ kind, mistake, program, property: onlyTheHolderActs });
}

export const leaseMistakes: readonly OnlyThisFault[] = [
  lending('pause', 'a holder of a lease that takes the ring of its timer for the end, and looks at no clock', {
    ...{ mistake: 'rests-on-its-timer', lenderMs: 130, holderMs: 60, renews: true },
  }),
  lending('crash', 'a holder of a lease that goes on after a restart with what it held before', {
    ...{ mistake: 'holds-what-it-held', lenderMs: 150, holderMs: 60, renews: true },
  }),
  lending('clock-drift', 'a holder of a lease that leaves no margin for the rate of its clock', {
    ...{ mistake: 'leaves-no-margin', lenderMs: 64, holderMs: 60, renews: false },
  }),
];
