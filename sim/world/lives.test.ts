import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import type { ReplyTo } from '../../runtime/context.js';
import { messages, t } from '../../runtime/schema.js';
import type { Scenario } from '../scenario.js';
import { fault, noCalendar as calendar, onB, quiet } from './probe.fixture.js';
import { runInline } from './run-inline.js';

// What a node, or a run, may not inherit from another: only the disk outlives a crash.

const set = messages('heir', { tick: {}, go: { n: t.int } });

/** Keeps what it was given as its state, and changes that in place. */
const heir = actor(set, {
  init: (params: { readonly seen: number[] }) => ({ params, results: [] as number[][] }),
  start(context, state) {
    context.observe({ type: 'began', seen: state.params.seen.length });
    context.setTimer('tick', 5, { type: 'tick' });
    context.startWork('list', null);
  },
  on: {
    tick(context, state) {
      state.params.seen.push(1);
      context.setTimer('tick', 5, { type: 'tick' });
    },
  },
  signals: {
    workDone(context, _state, _work, result) {
      if (!result.ok) return;
      const list = result.value as number[];
      context.observe({ type: 'listed', length: list.length });
      list.push(1);
    },
  },
});

const constants = { seen: [] as number[] };
const list: number[] = [];

function heirs(change: Partial<Scenario> = {}): Scenario {
  const params = { seen: [] };
  return {
    name: 'heirs',
    programs: {
      planned: (_node, given) => [{ name: 'heir', definition: heir, params: given }],
      constant: () => [{ name: 'heir', definition: heir, params: constants }],
    },
    setup: () => ({
      nodes: ['a', 'b', 'c'].map((id) => ({
        ...{ id, params, role: 'server' as const },
        program: id === 'c' ? 'constant' : 'planned',
      })),
      workload: [],
    }),
    simulateWork: () => ({ durationMs: 1, result: { ok: true, value: list } }),
    ...{ faultMs: 300, healMs: 100, faults: 'none', properties: quiet },
    ...change,
  };
}

describe('a life begins with nothing but its parameters and its disk', () => {
  it('after a crash, beside other nodes, and after other runs', () => {
    for (let time = 1; time <= 2; time++) {
      const plan = { faults: [fault('crash', onB, {}, 100, 50)] };
      const { trace } = runInline(heirs(), { seed: 1, plan }, { calendar, keepTrace: true });
      const observations = trace!.flatMap((line) => (line.kind === 'observation' ? [line.record.observation] : []));
      const began = observations.filter(({ type }) => type === 'began');
      expect(began.map(({ seen }) => seen)).toEqual([0, 0, 0, 0]);
      const listed = observations.filter(({ type }) => type === 'listed');
      expect(listed.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
    }
    expect(constants).toEqual({ seen: [] });
  });
});

describe('an answer to a question of an earlier life', () => {
  const set = messages('asking', { ask: { life: t.int }, late: {}, told: { life: t.int } });
  const asking = actor(set, {
    init: () => ({ askers: [] as { to: ReplyTo; life: number }[] }),
    start(context) {
      // Numbered anew in each life: the first question of this one has the number of the first of the last one.
      if (context.node === 'b') context.ask('a/asking', { type: 'ask', life: context.incarnation }, { timeoutMs: 500 });
    },
    on: {
      ask(context, state, { life }) {
        state.askers.push({ to: context.replyTo(), life });
        context.setTimer(`late-${life}`, 100, { type: 'late' });
      },
      late(context, state) {
        const { to, life } = state.askers.shift()!;
        context.answer(to, { type: 'told', life });
      },
      told: (context, _state, { life }) => context.observe({ type: 'told', life, incarnation: context.incarnation }),
    },
  });

  it('never comes, though the question of this life has its number', () => {
    const setup: Scenario['setup'] = () => ({
      nodes: ['a', 'b'].map((id) => ({ id, params: null, program: 'asking', role: 'server' as const })),
      workload: [],
    });
    const programs = { asking: () => [{ name: 'asking', definition: asking, params: null }] };
    const plan = { faults: [fault('crash', onB, {}, 50, 10)] };
    const { trace } = runInline(heirs({ programs, setup }), { seed: 1, plan }, { calendar, keepTrace: true });
    const arrived = trace!.filter((line) => line.kind === 'delivery' && line.node === 'b' && line.type === 'told');
    expect(arrived).toHaveLength(2);
    const told = trace!.flatMap((line) => (line.kind === 'observation' ? [line.record.observation] : []));
    expect(told.filter(({ type }) => type === 'told')).toEqual([{ type: 'told', life: 2, incarnation: 2 }]);
  });
});

describe('a node that may end by itself because of a fault', () => {
  const ending = actor(set, {
    init: () => ({}),
    on: { go: (context) => void context.spawn('child', doomed, null) },
    supervises: { strategy: 'escalate', maxRestarts: 0, withinMs: 0 },
  });
  const doomed = actor(set, {
    init: (): object => {
      throw new Error('on purpose');
    },
    on: {},
  });

  it('may not do so when it has been healed', () => {
    const programs = {
      planned: () => [
        {
          name: 'heir',
          definition: ending,
          params: null,
          supervision: { strategy: 'escalate' as const, maxRestarts: 0, withinMs: 0 },
        },
      ],
    };
    const setup: Scenario['setup'] = () => ({
      nodes: [{ id: 'b', program: 'planned', params: null, role: 'server' }],
      workload: [{ atMs: 350, to: 'b/heir', message: { type: 'go', n: 1 } }],
    });
    const scenario = heirs({ programs, setup, toleratesActorFailures: true });
    const faults = [fault('disk-full', onB, {}, 100, 50)];
    const { violations } = runInline(scenario, { seed: 1, plan: { faults } }, { calendar });
    expect(violations).toMatchObject([{ property: 'node-halted', kind: 'crash', atMs: 350 }]);
  });
});
