import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import type { EndOfRun } from '../properties/property.js';
import type { RunResult } from '../run.js';
import type { Scenario } from '../scenario.js';
import { fault, noCalendar, observed, onB, probes, probing, quiet, run } from '../world/probe.fixture.js';
import { runInline } from '../world/run-inline.js';
import type { FaultPlan, OnMessage, PlannedFault } from './plan.js';

const onMessage = (at: Omit<OnMessage, 'onMessage'>, name = 'pause-1'): PlannedFault => ({
  ...fault('pause', { kind: 'observer' }, {}, 0, 50),
  name,
  at: { onMessage: 'ping', ...at },
});

describe('a fault that reacts to a message', () => {
  const pausedAt = (planned: PlannedFault, change: Partial<Scenario> = {}): readonly (readonly [string, number])[] => {
    const result = run([planned], change);
    return ['a', 'b', 'c'].flatMap((node) =>
      observed(result, node, 'node-paused').map(({ atUs }) => [node, atUs] as const),
    );
  };

  it('hits the sender of the nth, counted by itself, at the next grid line', () => {
    const calm = run([]);
    const sent = calm.trace.flatMap((line) =>
      line.kind === 'step' && line.node === 'b' && line.what === 'probe: tick' ? [line.atUs, line.atUs] : [],
    );
    for (const occurrence of [1, 2, 7, 100]) {
      const [[node, atUs] = []] = pausedAt(onMessage({ occurrence, from: 'b' }));
      expect(node).toBe('b');
      expect(atUs).toBe((Math.floor(sent[occurrence - 1]! / 1_000) + 1) * 1_000);
    }
  });

  it('counts on one link only where the link is named', () => {
    const [[, first] = []] = pausedAt(onMessage({ occurrence: 20, from: 'b' }));
    const [[node, second] = []] = pausedAt(onMessage({ occurrence: 20, from: 'b', to: 'c' }));
    expect(node).toBe('b');
    // Each tick of b goes to two peers.
    expect(second! - first!).toBe(20_000);
  });

  it('hits the receiver where it reacts to the delivery', () => {
    const calm = run([]);
    const tenth = calm.trace.filter(
      (line) => line.kind === 'delivery' && line.node === 'c' && line.from === 'a/probe',
    )[9];
    const delivered = onMessage({ occurrence: 10, from: 'a', to: 'c', when: 'delivered' });
    expect(pausedAt(delivered)).toEqual([['c', (Math.floor((tenth as { atUs: number }).atUs / 1_000) + 1) * 1_000]]);
  });

  it('takes the first sender that gets there, once, and spares clients that are not named', () => {
    const all = pausedAt(onMessage({ occurrence: 50 }));
    expect(all).toHaveLength(1);
    const base = probing();
    const setup: Scenario['setup'] = (random, params) => {
      const { nodes, workload } = base.setup(random, params);
      return { workload, nodes: nodes.map((node) => (node.id === 'c' ? node : { ...node, role: 'client' as const })) };
    };
    expect(pausedAt(onMessage({ occurrence: 50 }), { setup }).map(([node]) => node)).toEqual(['c']);
    expect(pausedAt(onMessage({ occurrence: 50, from: 'a' }), { setup }).map(([node]) => node)).toEqual(['a']);
  });

  it('is not moved by what another sender does', () => {
    const crashA = fault('crash', { kind: 'node', node: 'a' }, {}, 20, 100);
    const at = (others: readonly PlannedFault[]): number =>
      observed(run([...others, onMessage({ occurrence: 100, from: 'b' })]), 'b', 'node-paused')[0]!.atUs;
    expect(at([crashA])).toBe(at([]));
  });

  it.each<[string, object, RegExp]>([
    ['an unknown field', { onMessage: 'ping', occurrence: 1, via: 'x' }, /at\.via: unknown field; give \{ ms \} or/],
    ['an unknown node', { onMessage: 'ping', occurrence: 1, from: 'z' }, /the cluster has no node "z"/],
    ['an occurrence of 0', { onMessage: 'ping', occurrence: 0 }, /occurrence: 0; count from 1/],
    ['another moment', { onMessage: 'ping', occurrence: 1, when: 'lost' }, /at\.when: /],
  ])('is refused for %s', (_what, at, message) => {
    expect(() => run([{ ...onMessage({ occurrence: 1 }), at: at as OnMessage }])).toThrow(message);
  });
});

describe('a point in the code', () => {
  const asking = actor(probes, {
    init: () => ({}),
    start: (context) => context.setTimer('tick', 1, { type: 'tick' }),
    on: {
      tick(context) {
        context.setTimer('tick', 1, { type: 'tick' });
        context.observe({ type: 'passed', fires: context.faultPoint('probe.point') });
        if (context.faultPoint('probe.other')) context.observe({ type: 'other' });
      },
    },
  });
  const change: Partial<Scenario> = {
    programs: { probe: () => [{ name: 'probe', definition: asking, params: null }] },
  };
  const point = (params: PlannedFault['params'], name = 'fault-point-1'): PlannedFault => ({
    ...fault('fault-point', onB, { point: 'probe.point', ...params }),
    name,
  });
  const fired = (faults: readonly PlannedFault[], node = 'b', seed = 1): readonly number[] =>
    observed(run(faults, change, seed), node, 'passed')
      .filter(({ observation }) => observation['fires'] === true)
      .map(({ atUs }) => atUs);

  it('never fires by itself, on another node, or under another name', () => {
    expect(fired([])).toEqual([]);
    expect(fired([point({ ppm: 1_000_000 })], 'a')).toEqual([]);
    expect(fired([point({ ppm: 1_000_000, point: 'probe.other' })])).toEqual([]);
  });

  it('fires in its share of times, from its beginning to its end', () => {
    const always = fired([point({ ppm: 1_000_000 })]);
    expect(always.length).toBeGreaterThan(190);
    expect(Math.min(...always)).toBeGreaterThanOrEqual(200_000);
    expect(Math.max(...always)).toBeLessThan(410_000);
    const some = fired([point({ ppm: 300_000 })]).length;
    expect(some).toBeGreaterThan(30);
    expect(some).toBeLessThan(100);
    expect(fired([point({ ppm: 300_000 })])).not.toEqual(fired([point({ ppm: 300_000 })], 'b', 2));
  });

  it('fires the nth time only where that is asked for, and the fate of one is not moved by another', () => {
    const nth = fired([point({ occurrence: 7 })]);
    expect(nth).toEqual([fired([point({ ppm: 1_000_000 })])[6]]);
    const alone = fired([point({ ppm: 100_000 })]);
    const both = fired([point({ ppm: 100_000 }), point({ occurrence: 7 }, 'second')]);
    expect(both).toEqual([...new Set([...alone, ...nth])].sort((m, n) => m - n));
  });

  it('wants a share or an occurrence', () => {
    for (const params of [{}, { ppm: 1, occurrence: 1 }]) {
      expect(() => run([point(params)])).toThrow(/params: give either ppm or occurrence/);
    }
  });
});

interface HealedRun {
  readonly faults: RunResult['faults'];
  readonly progressNotOwed: string | undefined;
  readonly core: readonly string[];
}

describe('what is owed after healing', () => {
  const never: Partial<Scenario> = {
    properties: { ...quiet, eventually: { 'all-is-well': () => ({ end: () => 'nothing is well' }) } },
  };
  const down = (node: string, fields: object = { outlastsHealing: true }): PlannedFault => {
    const { forMs: _, ...rest } = fault('crash', { kind: 'node', node }, {}, 300);
    return { ...rest, name: `crash-${node}`, ...fields };
  };
  const outcome = (faults: readonly PlannedFault[], change: Partial<Scenario> = {}): readonly unknown[] => {
    const { verdict, progressNotOwed } = runInline(
      probing({ ...never, ...change }),
      { seed: 1, plan: { faults } },
      { calendar: noCalendar },
    );
    return [verdict, progressNotOwed];
  };

  /** What took place, and who was in the core at the end. */
  const healedAfter = (plan: FaultPlan): HealedRun => {
    const cores: (readonly string[])[] = [];
    const look = { ...quiet, eventually: { look: () => ({ end: ({ core }: EndOfRun) => void cores.push(core) }) } };
    const { faults, progressNotOwed } = runInline(
      probing({ properties: look }),
      { seed: 1, plan },
      { calendar: noCalendar },
    );
    expect(cores).toHaveLength(1);
    return { faults, progressNotOwed, core: [...cores[0]!].sort() };
  };

  it('is progress where a quorum is healed', () => {
    expect(outcome([])).toEqual(['failed', undefined]);
    expect(outcome([down('b')])).toEqual(['failed', undefined]);
    expect(outcome([down('a', {}), down('b', {}), down('c', {})])).toEqual(['failed', undefined]);
  });

  it('is nothing, and said to be so, where no quorum is possible', () => {
    const reason = 'no quorum: of 3 servers 1 are healed and up, and 2 are needed';
    expect(outcome([down('a'), down('b')])).toEqual(['passed', reason]);
    expect(outcome([], { core: () => ['c'] })).toEqual(['passed', reason]);
    const all = { ...down('a'), target: { kind: 'all' } as const };
    expect(outcome([all])).toEqual(['passed', 'no node is healed']);
    expect(outcome([down('a'), down('b')], { whyNotOwed: () => undefined })).toEqual(['failed', undefined]);
  });

  it('is not owed by nodes that refuse to go on with what they cannot read, which they say instead of beginning anew', () => {
    const refusing = ['a', 'b'].flatMap((node): PlannedFault[] => {
      const { forMs: _, ...reads } = fault('read-fails', { kind: 'node', node }, {}, 200);
      const crash = fault('crash', { kind: 'node', node }, {}, 250, 20);
      return [
        { ...reads, name: `read-fails-${node}`, outlastsHealing: true },
        { ...crash, name: `crash-${node}` },
      ];
    });
    const result = run(refusing, never);
    expect([result.verdict, result.progressNotOwed]).toEqual([
      'passed',
      'no quorum: of 3 servers 1 are healed and up, and 2 are needed',
    ]);
    for (const node of ['a', 'b']) {
      expect(observed(result, node, 'node-halted')).toHaveLength(1);
      expect(observed(result, node, 'began')).toHaveLength(1);
    }
    expect(observed(result, 'c', 'node-halted')).toEqual([]);
  });

  it('heals whomever the budget spared from what would have outlasted healing', () => {
    const { faults, progressNotOwed, core } = healedAfter({ faults: [down('a'), down('b')], maxDown: 1 });
    expect([faults, progressNotOwed, core]).toEqual([{ crash: 1 }, undefined, ['b', 'c']]);
  });

  it('heals whom a crash and a new life freed from a pause that would have outlasted healing', () => {
    const { forMs: _, ...rest } = fault('pause', onB, {}, 300);
    const paused: PlannedFault = { ...rest, outlastsHealing: true };
    expect(healedAfter({ faults: [paused] }).core).toEqual(['a', 'c']);
    const crashed = fault('crash', onB, {}, 400, 20);
    expect(healedAfter({ faults: [paused, crashed] }).core).toEqual(['a', 'b', 'c']);
  });

  it('leaves what outlasts healing as it is', () => {
    for (const kind of ['crash', 'pause', 'partition']) {
      const { forMs: _, ...rest } = fault(kind, onB, {}, 300);
      const result = run([{ ...rest, outlastsHealing: true }], {});
      const late = result.trace.filter((line) => 'node' in line && line.node === 'b' && line.atUs > 610_000);
      if (kind === 'partition') expect(late.some((line) => line.kind === 'delivery')).toBe(false);
      else expect(late).toEqual([]);
    }
  });

  it.each<[string, object, RegExp]>([
    ['an end', { forMs: 10 }, /forMs: what outlasts healing has no end; leave out/],
    [
      'a target that is not known before',
      { target: { kind: 'observer' }, at: { on: 'saved', occurrence: 1 } },
      /known whom it leaves/,
    ],
  ])('cannot have %s', (_what, fields, message) => {
    expect(() => run([down('b', { outlastsHealing: true, ...fields })])).toThrow(message);
  });

  it('is drawn for a share of the seeds: most of the servers, or all, and never too few', () => {
    const scenario = probing({ faults: { leavesBroken: true } });
    const cores = Array.from({ length: 80 }, (_, seed) => {
      const { plan, progressNotOwed } = runInline(scenario, { seed }, { calendar: noCalendar });
      expect(progressNotOwed).toBeUndefined();
      return plan.faults.filter(({ outlastsHealing }) => outlastsHealing === true).length;
    });
    expect(new Set(cores)).toEqual(new Set([0, 1]));
    expect(cores.filter((broken) => broken === 1).length).toBeGreaterThan(8);
  });
});
