import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import type { PlannedFault } from '../faults/plan.js';
import type { Scenario } from '../scenario.js';
import { deliveries, during, fault, noCalendar, observed, onB, probes, probing, quiet, run } from './probe.fixture.js';
import { runInline } from './run-inline.js';

describe('crash', () => {
  it('loses memory and what was not synced, keeps what was, and the node comes back in a new incarnation', () => {
    let lostSome = 0;
    let keptMore = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const result = run([fault('crash', onB), fault('slow-disk', onB, { extraMs: 9 }, 150, 400)], {}, seed);
      expect(result.violations).toEqual([]);
      const began = observed(result, 'b', 'began');
      expect(began.map(({ incarnation }) => incarnation)).toEqual([1, 2]);
      expect(began[1]!.atUs).toBeGreaterThanOrEqual(400_000);
      const told = observed(result, 'b', 'saved').filter(({ atUs }) => atUs < 200_000);
      const attempted = result.trace.filter(
        (line) => line.kind === 'step' && line.node === 'b' && line.what === 'probe: tick' && line.atUs < 200_000,
      );
      const recovered = began[1]!.observation['saved'] as number;
      expect(recovered).toBeGreaterThanOrEqual(told.at(-1)!.observation['saved'] as number);
      expect(recovered).toBeLessThanOrEqual(attempted.length);
      expect(began[1]!.observation['remembered']).toBe(0);
      if (recovered < attempted.length) lostSome++;
      if (recovered > (told.at(-1)!.observation['saved'] as number)) keptMore++;
      expect(
        result.trace.some((line) => 'node' in line && line.node === 'b' && line.atUs > 200_000 && line.atUs < 400_000),
      ).toBe(false);
    }
    expect(lostSome).toBeGreaterThan(5);
    expect(keptMore).toBeGreaterThan(5);
  });

  it('of the process alone keeps what the disk had been told, of the whole machine may not', () => {
    const lostRuns = (loss: string): number => {
      let lost = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const result = run([fault('crash', onB, { loss })], {}, seed);
        const ticks = result.trace.filter((line) => line.kind === 'step' && line.node === 'b' && line.atUs < 199_900);
        const recovered = observed(result, 'b', 'began')[1]!.observation['saved'] as number;
        if (recovered < ticks.filter((line) => line.kind === 'step' && line.what === 'probe: tick').length) lost++;
      }
      return lost;
    };
    expect(lostRuns('process')).toBeLessThanOrEqual(1);
    expect(lostRuns('power')).toBeGreaterThan(3);
  });

  it('ends the timers of that life, whatever their tokens', () => {
    const late = actor(probes, {
      init: () => ({}),
      start: (context) => context.setTimer('late', 300, { type: 'tick' }),
      on: { tick: (context) => context.observe({ type: 'late', incarnation: context.incarnation }) },
    });
    const result = run([fault('crash', onB, {}, 200, 10)], {
      programs: { probe: () => [{ name: 'probe', definition: late, params: null }] },
    });
    const fired = observed(result, 'b', 'late');
    expect(fired).toHaveLength(1);
    expect(fired[0]!.atUs).toBeGreaterThan(510_000);
  });

  it('holds a node down until the last fault that crashed it has ended', () => {
    const longer = { ...fault('crash', onB, {}, 250, 300), name: 'crash-2' };
    const result = run([fault('crash', onB), longer]);
    expect(observed(result, 'b', 'node-crashed')).toHaveLength(1);
    expect(observed(result, 'b', 'began')[1]!.atUs).toBeGreaterThanOrEqual(550_000);
  });

  it('steps are counted on across lives, and time is not', () => {
    const result = run([fault('crash', onB)]);
    const steps = result.trace.flatMap((line) => (line.kind === 'step' && line.node === 'b' ? [line.step] : []));
    expect(steps).toEqual(steps.map((_, index) => index + 1));
    const clocks = observed(result, 'b', 'clocks').filter(({ incarnation }) => incarnation === 2);
    expect(clocks[0]!.observation['nowMs']).toBeLessThan(50);
  });
});

describe('pause', () => {
  it('keeps everything back and lets it happen afterwards, in its order', () => {
    const paused = run([fault('pause', onB)], { latencyMs: { min: 1, max: 1 } });
    expect(deliveries(paused, 'a', 'b').filter(({ atUs }) => atUs >= 200_000 && atUs < 400_000)).toEqual([]);
    const late = deliveries(paused, 'a', 'b').filter(({ sentAtUs }) => sentAtUs >= 200_000 && sentAtUs < 399_000);
    expect(late.length).toBeGreaterThan(90);
    expect(new Set(late.map(({ atUs }) => atUs))).toEqual(new Set([400_000]));
    expect(late.map(({ sentAtUs }) => sentAtUs)).toEqual(late.map(({ sentAtUs }) => sentAtUs).sort((m, n) => m - n));
    expect(observed(paused, 'b', 'began')).toHaveLength(1);
    const ticks = observed(paused, 'b', 'clocks').map(({ atUs }) => atUs);
    expect(ticks.some((atUs) => atUs >= 200_000 && atUs < 400_000)).toBe(false);
    // The timer that ran out during the pause fires once, late; no tick is made up for.
    expect(ticks.filter((atUs) => atUs >= 400_000 && atUs < 404_000).length).toBeLessThanOrEqual(3);
  });

  it('ends with a crash of the node', () => {
    const result = run([fault('pause', onB), { ...fault('crash', onB, {}, 300, 50), name: 'crash-1' }]);
    expect(observed(result, 'b', 'began')[1]!.atUs).toBeLessThan(370_000);
    expect(deliveries(result, 'a', 'b').some(({ atUs }) => atUs > 360_000 && atUs < 390_000)).toBe(true);
  });
});

describe('a pause after a crash that ended another', () => {
  it('takes place', () => {
    const crash = { ...fault('crash', onB, {}, 250, 20) };
    const again = { ...fault('pause', onB, {}, 350, 50), name: 'pause-2' };
    const result = run([fault('pause', onB, {}, 200, 300), crash, again]);
    expect(deliveries(result, 'a', 'b').filter(({ atUs }) => atUs >= 350_000 && atUs < 400_000)).toEqual([]);
    expect(deliveries(result, 'a', 'b').filter(({ atUs }) => atUs > 300_000 && atUs < 350_000).length).toBeGreaterThan(
      15,
    );
  });
});

describe('clock faults', () => {
  it.each([
    ['clock-skew', 5_000, 0],
    ['clock-skew', -5_000, 0],
    ['clock-jump', 86_400_000, 86_400_000],
  ])(
    '%s of %i ms moves the wall clock and nothing else; afterwards it is off by %i ms',
    (kind, offsetMs, afterwardsMs) => {
      const result = run([fault(kind, onB, { offsetMs })]);
      const plain = run([]);
      const clocks = observed(result, 'b', 'clocks');
      const expected = observed(plain, 'b', 'clocks');
      expect(clocks.map(({ atUs }) => atUs)).toEqual(expected.map(({ atUs }) => atUs));
      clocks.forEach(({ atUs, observation }, index) => {
        const due = atUs < 200_000 ? 0 : atUs < 400_000 ? offsetMs : afterwardsMs;
        // A tick is told once it is durable, some ms after it read its clocks.
        if (Math.abs(atUs - 200_000) < 10_000 || Math.abs(atUs - 400_000) < 10_000) return;
        expect(observation['nowMs']).toBe(expected[index]!.observation['nowMs']);
        expect((observation['wallMs'] as number) - (expected[index]!.observation['wallMs'] as number)).toBeCloseTo(
          due,
          5,
        );
      });
    },
  );
});

describe('disk faults', () => {
  it('a failing sync ends the node, which is no crash of ours; it comes back when healed', () => {
    const result = run([fault('sync-fails', onB, {}, 200, 10_000)]);
    expect(observed(result, 'b', 'node-halted')).toHaveLength(1);
    expect(result.violations).toEqual([]);
    const began = observed(result, 'b', 'began');
    expect(began).toHaveLength(2);
    expect(began[1]!.atUs).toBeGreaterThanOrEqual(600_000);
    const told = observed(result, 'b', 'saved').filter(({ incarnation }) => incarnation === 1);
    expect(began[1]!.observation['saved']).toBeGreaterThanOrEqual(told.at(-1)!.observation['saved'] as number);
  });

  it('a slow disk holds back what waits for it', () => {
    const result = run([fault('slow-disk', onB, { extraMs: 50 })]);
    const gap = (records: readonly { atUs: number }[]): number =>
      Math.max(...records.slice(1).map(({ atUs }, index) => atUs - records[index]!.atUs));
    expect(gap(observed(result, 'b', 'saved'))).toBeGreaterThan(45_000);
    expect(gap(observed(run([]), 'b', 'saved'))).toBeLessThan(20_000);
    // What does not rest on the disk goes on.
    expect(deliveries(result, 'b', 'a').filter(during).length).toBe(
      deliveries(run([]), 'b', 'a').filter(during).length,
    );
  });
});

describe('a fault that reacts', () => {
  it('hits the observer at the next grid line', () => {
    const reaction: PlannedFault = {
      ...{ name: 'crash-1', fault: 'crash', target: { kind: 'observer' }, forMs: 100, params: {} },
      at: { on: 'saved', occurrence: 3, node: 'c' },
    };
    const result = run([reaction], { minLatencyMs: 1 });
    const third = observed(result, 'c', 'saved')[2]!;
    const crashed = observed(result, 'c', 'node-crashed')[0]!;
    expect(crashed.atUs).toBe((Math.floor(third.atUs / 1_000) + 1) * 1_000);
    expect(observed(result, 'a', 'node-crashed')).toEqual([]);
    expect(result.faults).toEqual({ crash: 1 });
  });

  it.each(['client', 'sink'] as const)('spares an observer that is a %s, unless it is named', (role) => {
    const reaction = (node?: string): PlannedFault => ({
      ...{ name: 'pause-1', fault: 'pause', target: { kind: 'observer' }, forMs: 100, params: {} },
      at: { on: 'saved', occurrence: 2, ...(node === undefined ? {} : { node }) },
    });
    const base = probing();
    const setup: Scenario['setup'] = (random, params) => {
      const { nodes, workload } = base.setup(random, params);
      return { workload, nodes: nodes.map((node) => (node.id === 'c' ? node : { ...node, role })) };
    };
    const paused = (result: ReturnType<typeof run>): string[] =>
      ['a', 'b', 'c'].filter((node) => observed(result, node, 'node-paused').length > 0);
    expect(paused(run([reaction()], { setup }))).toEqual(['c']);
    expect(paused(run([reaction('a')], { setup }))).toEqual(['a']);
  });

  it('is passed over where it would exceed the budget', () => {
    const crashA = fault('crash', { kind: 'node', node: 'a' }, {}, 100, 300);
    const reaction: PlannedFault = {
      ...{ name: 'crash-2', fault: 'crash', target: { kind: 'observer' }, forMs: 100, params: {} },
      at: { on: 'heard', occurrence: 50, node: 'c' },
    };
    const crashes = (maxDown?: number): number =>
      runInline(
        probing(),
        {
          seed: 1,
          plan: {
            faults: [crashA, { ...reaction, at: { on: 'heard', occurrence: 150, node: 'c' } }],
            ...(maxDown === undefined ? {} : { maxDown }),
          },
        },
        { calendar: noCalendar },
      ).faults['crash']!;
    expect([crashes(1), crashes(2), crashes()]).toEqual([1, 2, 2]);
  });
});

describe('healing', () => {
  const forever = (kind: string, target: PlannedFault['target'], params: PlannedFault['params'] = {}): PlannedFault => {
    const { forMs: _forMs, ...rest } = fault(kind, target, params);
    return rest;
  };

  it('undoes everything for the core and leaves the rest as it is', () => {
    const result = run(
      [
        forever('crash', { kind: 'node', node: 'a' }),
        { ...forever('crash', { kind: 'node', node: 'c' }), name: 'crash-2' },
        forever('clock-skew', onB, { offsetMs: 5_000 }),
        forever('drop', { kind: 'all' }, { ppm: 1_000_000 }),
      ],
      { core: () => ['a', 'b'], healMs: 200 },
    );
    expect(observed(result, 'a', 'began')).toHaveLength(2);
    expect(observed(result, 'c', 'began')).toHaveLength(1);
    const healed = (from: string, to: string): number =>
      deliveries(result, from, to).filter(({ atUs }) => atUs > 640_000).length;
    expect(healed('a', 'b')).toBeGreaterThan(30);
    expect(healed('b', 'a')).toBeGreaterThan(30);
    expect(healed('b', 'c')).toBe(0);
  });

  it('tells the properties who was healed and is up', () => {
    const seen: unknown[] = [];
    run([forever('crash', { kind: 'node', node: 'c' })], {
      core: () => ['a', 'b'],
      properties: {
        ...quiet,
        eventually: {
          look: () => ({
            end: ({ core, nodes, state, states, simulatedMs, faults }) => {
              seen.push(core, nodes, state('c', 'probe'), states('probe').length, simulatedMs, faults);
              return undefined;
            },
          }),
        },
      },
    });
    expect(seen).toEqual([['a', 'b'], ['a', 'b', 'c'], undefined, 2, 700, { crash: 1 }]);
  });
});
