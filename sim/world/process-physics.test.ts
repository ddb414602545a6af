import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import type { PlannedFault } from '../faults/plan.js';
import type { Scenario } from '../scenario.js';
import { fault, noCalendar, observed, onB, probe, probes, probing, quiet, run } from './probe.fixture.js';
import { runInline } from './run-inline.js';

describe('crash-loop', () => {
  const loop = (params: object, forMs = 400): PlannedFault =>
    fault('crash-loop', onB, { crashes: 5, downMs: 10, upMs: 4, ...params }, 100, forMs);

  it('crashes as often as it says, also before a life has got anywhere, and then lets it live', () => {
    let nipped = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const result = run([loop({})], {}, seed);
      expect(result.violations).toEqual([]);
      expect(observed(result, 'b', 'node-crashed')).toHaveLength(5);
      const began = observed(result, 'b', 'began');
      nipped += 6 - began.length;
      expect(began.at(-1)!.atUs).toBeLessThan(200_000);
      expect(observed(result, 'b', 'saved').at(-1)!.atUs).toBeGreaterThan(690_000);
      const saved = observed(result, 'b', 'saved').map(({ observation }) => observation['saved'] as number);
      // Whatever was told durable is still there.
      for (const [index, count] of saved.slice(1).entries()) expect(count).toBeGreaterThan(saved[index]! - 1);
    }
    expect(nipped).toBeGreaterThan(20);
  });

  it('ends at once when it is undone, and when it is healed', () => {
    const cut = run([loop({ crashes: 100, downMs: 20, upMs: 20 }, 200)]);
    expect(observed(cut, 'b', 'node-crashed').at(-1)!.atUs).toBeLessThanOrEqual(300_000);
    const { forMs: _, ...forever } = loop({ crashes: 100, downMs: 20, upMs: 20 });
    const healed = run([forever]);
    expect(observed(healed, 'b', 'node-crashed').at(-1)!.atUs).toBeLessThanOrEqual(600_000);
    expect(observed(healed, 'b', 'saved').at(-1)!.atUs).toBeGreaterThan(690_000);
  });

  it('counts against the budget until its last crash', () => {
    const other = fault('crash', { kind: 'node', node: 'a' }, {}, 125, 10);
    const crashes = (maxDown: number, at: number): number | undefined =>
      runInline(
        probing(),
        { seed: 1, plan: { faults: [loop({ upMs: 0 }), { ...other, at: { ms: at } }], maxDown } },
        { calendar: noCalendar },
      ).faults['crash'];
    expect([crashes(1, 125), crashes(2, 125), crashes(1, 300)]).toEqual([undefined, 1, 1]);
  });

  /** Adds what was promised in its first turn and forgets the promise in a later one: a recovery that is not idempotent. */
  const teller = actor(probes, {
    init: () => ({ total: 0, pending: 0 }),
    recover: ({ cells }) => ({ total: Number(cells.get('total')), pending: Number(cells.get('pending')) }),
    start(context, state) {
      if (context.incarnation === 1) context.storage.put('pending', (state.pending = 1));
      if (state.pending > 0) context.storage.put('total', (state.total += state.pending));
      context.storage.put('total', state.total);
      context.observe({ type: 'total', total: state.total });
      context.setTimer('clear', 20, { type: 'tick' });
    },
    on: {
      tick(context, state) {
        context.storage.put('pending', (state.pending = 0));
      },
    },
  });
  const telling: Partial<Scenario> = {
    programs: { probe: () => [{ name: 'probe', definition: teller, params: null }] },
    properties: {
      ...quiet,
      always: {
        'added-once': () => ({
          observe: ({ observation: { type, total } }) =>
            type === 'total' && Number(total) > 1 ? `the total is ${String(total)}` : undefined,
        }),
      },
    },
  };

  it('alone brings a recovery to light that is not idempotent', () => {
    const failing = (planned: PlannedFault): number =>
      Array.from({ length: 30 }, (_, seed) => run([planned], telling, seed).violations.length).filter((n) => n > 0)
        .length;
    expect(failing({ ...loop({ crashes: 10, upMs: 15 }), at: { ms: 8 } })).toBeGreaterThan(5);
    expect(failing(fault('crash', onB, {}, 100, 50))).toBe(0);
    expect(failing(fault('pause', onB, {}, 3, 50))).toBe(0);
  });
});

describe.each([
  ['wipe', 1],
  ['replace', 3],
])('%s', (kind, incarnation) => {
  it(`brings the node back with nothing on its disk, in incarnation ${incarnation}`, () => {
    const result = run([fault('crash', onB, {}, 100, 20), fault(kind, onB, {}, 300, 50)]);
    const began = observed(result, 'b', 'began');
    expect(began.map(({ incarnation: life }) => life)).toEqual([1, 2, incarnation]);
    expect(began[1]!.observation['saved']).toBeGreaterThan(20);
    expect(began[2]!.observation['saved']).toBe(0);
    expect(began[2]!.atUs).toBeGreaterThanOrEqual(350_000);
    expect(observed(result, 'a', 'began')).toHaveLength(1);
    expect(observed(result, 'b', 'saved').at(-1)!.atUs).toBeGreaterThan(690_000);
  });

  it('takes the disk of a node that is down already', () => {
    const result = run([fault('crash', onB, {}, 100, 300), fault(kind, onB, {}, 200, 50)]);
    const began = observed(result, 'b', 'began');
    expect(began.map(({ observation: { saved } }) => saved)).toEqual([0, 0]);
    expect(began[1]!.atUs).toBeGreaterThanOrEqual(400_000);
  });

  it('uses up the budget for good', () => {
    const later = (node: string): PlannedFault => fault('crash', { kind: 'node', node }, {}, 400, 20);
    const counts = (faults: readonly PlannedFault[], budget: object): unknown =>
      runInline(probing(), { seed: 1, plan: { faults, ...budget } }, { calendar: noCalendar }).faults;
    const lost = fault(kind, onB, {}, 100, 20);
    expect(counts([lost, later('a')], { maxDown: 1 })).toEqual({ [kind]: 1 });
    expect(counts([lost, later('b')], { maxDown: 1 })).toEqual({ [kind]: 1, crash: 1 });
    expect(counts([lost, later('a')], { maxDown: 2 })).toEqual({ [kind]: 1, crash: 1 });
    const second = { ...fault(kind, { kind: 'node', node: 'c' }, {}, 200, 20), name: 'second' };
    expect(counts([lost, second], { maxDown: 2 })).toEqual({ [kind]: 2 });
    expect(counts([lost, second], { maxDown: 2, maxDiskLost: 1 })).toEqual({ [kind]: 1 });
  });
});

describe('a node that has lost its disk', () => {
  /** `b` asks `c`, which takes its time to answer. */
  const asking = actor(probes, {
    init: () => ({ askers: [] as { to: string; toIncarnation: number; questionId: number }[] }),
    start(context) {
      if (context.node === 'b') context.setTimer('tick', 5, { type: 'tick' });
    },
    on: {
      tick(context) {
        context.setTimer('tick', 5, { type: 'tick' });
        context.ask('c/probe', { type: 'question' }, { timeoutMs: 400 });
      },
      question(context, state) {
        state.askers.push({ ...context.replyTo() });
        context.setTimer(`answer-${state.askers.length}`, 100, { type: 'answer' });
      },
      answer(context, state) {
        const asker = state.askers.shift();
        if (asker !== undefined && context.node === 'c') context.answer(asker, { type: 'answer' });
      },
    },
  });
  const programs: Scenario['programs'] = { probe: () => [{ name: 'probe', definition: asking, params: null }] };
  const crashes = [fault('crash', onB, {}, 50, 10), { ...fault('crash', onB, {}, 150, 10), name: 'again' }];

  it('refuses loudly when it is told of lives that it does not know, and may do so for ever', () => {
    const result = run([...crashes, fault('wipe', onB, {}, 250, 10)], { programs });
    expect(observed(result, 'b', 'node-halted')).toHaveLength(1);
    expect(result.violations).toEqual([]);
    expect(result.progressNotOwed).toBeUndefined();
  });

  it('has nothing to refuse where another machine took its place under a new incarnation', () => {
    const result = run([...crashes, fault('replace', onB, {}, 250, 10)], { programs });
    expect(observed(result, 'b', 'node-halted')).toEqual([]);
    expect(observed(result, 'b', 'node-started').map(({ incarnation }) => incarnation)).toEqual([1, 2, 3, 4]);
  });
});

describe('another build', () => {
  /** Reads what the old build wrote in its own way only. */
  const strict = actor(probes, {
    init: () => ({ saved: 0 }),
    recover({ cells }) {
      const { counts } = cells.get('saved') as { counts: readonly number[] };
      return { saved: counts.length };
    },
    on: {},
  });
  const programs: Scenario['programs'] = {
    ...probing().programs,
    next: (node, params) => [
      { name: 'probe', definition: probe, params: params as { readonly peers: readonly string[] } },
      {
        name: 'added',
        definition: actor(probes, { init: () => ({}), start: (c) => c.observe({ type: 'next' }), on: {} }),
        params: null,
      },
    ],
    careless: () => [{ name: 'probe', definition: strict, params: null }],
  };

  it('runs on the old disk until it is undone', () => {
    const result = run([fault('switch-program', onB, { program: 'next', downMs: 20 })], { programs });
    const began = observed(result, 'b', 'began');
    expect(began).toHaveLength(3);
    expect(began.map(({ observation: { saved } }) => Number(saved) > 50)).toEqual([false, true, true]);
    expect(began[1]!.atUs).toBeGreaterThanOrEqual(220_000);
    expect(observed(result, 'b', 'next')).toHaveLength(1);
    expect(observed(result, 'b', 'next')[0]!.incarnation).toBe(2);
    expect(began[2]!.atUs).toBeGreaterThanOrEqual(400_000);
    expect(observed(result, 'a', 'next')).toEqual([]);
  });

  it('rolls over the servers, never more down than the budget has, and back by a second walk', () => {
    const walk = (name: string, program: string, at: number): PlannedFault => ({
      ...fault('rolling-upgrade', { kind: 'all' }, { program, downMs: 20, everyMs: 10 }, at, 200),
      name,
    });
    const plan = { faults: [walk('up', 'next', 100), walk('down', 'probe', 350)], maxDown: 1 };
    const { trace = [] } = runInline(
      probing({ programs }),
      { seed: 1, plan },
      { calendar: noCalendar, keepTrace: true },
    );
    const places = ['a', 'b', 'c'].flatMap((node) =>
      observed({ trace }, node, 'node-crashed').map(({ atUs }) => [Math.round(atUs / 1000), node] as const),
    );
    expect(places.sort((m, n) => m[0] - n[0])).toEqual([
      [100, 'a'],
      [130, 'b'],
      [160, 'c'],
      [350, 'a'],
      [380, 'b'],
      [410, 'c'],
    ]);
    for (const node of ['a', 'b', 'c'])
      expect(observed({ trace }, node, 'next').map(({ incarnation }) => incarnation)).toEqual([2]);
  });

  it('alone brings to light that it cannot read what the old one wrote', () => {
    const careless = run([fault('switch-program', onB, { program: 'careless', downMs: 20 })], { programs });
    expect(careless.violations[0]).toMatchObject({ property: 'actor-failed', atMs: expect.any(Number) });
    expect(careless.violations[0]!.message).toContain('b/probe');
    const setup: Scenario['setup'] = () => ({
      nodes: ['a', 'b', 'c'].map((id) => ({ id, program: 'careless', params: null, role: 'server' as const })),
      workload: [],
    });
    expect(run([], { programs, setup }).violations).toEqual([]);
  });

  it('is refused where the scenario has none of that name', () => {
    expect(() => run([fault('switch-program', onB, { program: 'nowhere', downMs: 0 })], { programs })).toThrow(
      /plan\.faults\[0\]\.params: program: the scenario has no program "nowhere"; it has probe, next, careless/,
    );
  });
});
