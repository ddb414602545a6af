import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import type { FaultPlan, PlannedFault } from './plan.js';
import { faultRegistry } from './registry.js';
import { drawPlan } from './swarm.js';
import { findPlanFault, InvalidPlan, readPlan } from './validate-plan.js';

const setup: Setup = {
  nodes: (['a', 'b', 'c', 'd', 'e'] as const).map((id) => ({
    id,
    program: 'p',
    params: null,
    role: 'server' as const,
  })),
  workload: [],
};

function scenarioWith(faults: Scenario['faults']): Scenario {
  return {
    ...{ name: 'drawn', programs: {}, setup: () => setup, faultMs: 10_000, healMs: 1_000, faults },
    properties: { always: {}, eventually: {}, sometimes: {} },
  };
}

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

describe('a drawn plan', () => {
  it('is decided by the seed, and always one that a plan file may hold', () => {
    for (const seed of seeds) {
      const scenario = scenarioWith({ reactTo: ['became-leader'] });
      const plan = drawPlan(scenario, setup, seed);
      expect(drawPlan(scenario, setup, seed)).toEqual(plan);
      expect(findPlanFault(JSON.parse(JSON.stringify(plan)), setup)).toBeUndefined();
    }
  });

  it('draws each kind for some seeds and leaves it out for others, and some plans are empty-handed', () => {
    const plans = seeds.map((seed) =>
      drawPlan(scenarioWith({ builds: { p: ['q'] }, faultPoints: ['some.point'] }), setup, seed),
    );
    for (const entry of faultRegistry.values()) {
      const having = plans.filter(({ faults }) => faults.some(({ fault }) => fault === entry.name)).length;
      if (entry.inSwarm) expect(having / plans.length, entry.name).toBeGreaterThan(0.04);
      else expect(having, entry.name).toBe(0);
      expect(having / plans.length, entry.name).toBeLessThan(0.7);
    }
    const kinds = plans.map(({ faults }) => new Set(faults.map(({ fault }) => fault)).size);
    expect(Math.min(...kinds)).toBeLessThanOrEqual(2);
    expect(Math.max(...kinds)).toBeGreaterThanOrEqual(7);
  });

  it('is now and then of few kinds that come many times, or of hardly a fault at all', () => {
    const plans = seeds.map((seed) => drawPlan(scenarioWith({}), setup, seed).faults);
    const most = (faults: readonly PlannedFault[]): number => {
      const times = new Map<string, number>();
      for (const { fault } of faults) times.set(fault, (times.get(fault) ?? 0) + 1);
      return Math.max(0, ...times.values());
    };
    const share = (isSuch: (faults: readonly PlannedFault[]) => boolean): number =>
      plans.filter(isSuch).length / plans.length;
    expect(share((faults) => most(faults) >= 6)).toBeGreaterThan(0.15);
    expect(share((faults) => faults.length > 0 && faults.length <= 4)).toBeGreaterThan(0.15);
    expect(share((faults) => faults.length >= 10)).toBeGreaterThan(0.2);
  });

  it('cuts servers from servers while clients reach both sides, and puts clients on either side of others', () => {
    const clients = ['x', 'y'];
    const mixed: Setup = {
      nodes: [...setup.nodes, ...clients.map((id) => ({ id, program: 'p', params: null, role: 'client' as const }))],
      workload: [],
    };
    const cuts = seeds
      .flatMap((seed) => drawPlan(scenarioWith({}), mixed, seed).faults)
      .flatMap(({ fault, target }) => (fault === 'partition' && target.kind === 'links' ? [target] : []));
    const among = (ids: readonly string[]): number => ids.filter((id) => clients.includes(id)).length;
    const servers = cuts.filter(({ from, to }) => among(from) + among(to) === 0);
    const both = cuts.filter(({ from, to }) => among(from) === 1 && among(to) === 1);
    expect(servers.length / cuts.length).toBeGreaterThan(0.25);
    expect(both.length / cuts.length).toBeGreaterThan(0.15);
    // A majority goes on without them.
    for (const { from } of servers) expect(from.length).toBeLessThan(setup.nodes.length / 2);
  });

  it('lets a cut wait for what a server on its smaller side does', () => {
    const scenario = scenarioWith({ reactTo: ['became-leader'], reactToMessages: ['append'] });
    const aimed = seeds
      .flatMap((seed) => drawPlan(scenario, setup, seed).faults)
      .flatMap(({ target, at }) => {
        const aim = 'on' in at ? at.node : 'onMessage' in at ? (at.from ?? at.to) : undefined;
        return target.kind === 'links' && aim !== undefined ? [{ target, aim }] : [];
      });
    expect(aimed.length).toBeGreaterThan(50);
    for (const { target, aim } of aimed) {
      const [own, other] = target.from.includes(aim) ? [target.from, target.to] : [target.to, target.from];
      expect(own).toContain(aim);
      expect(own.length).toBeLessThanOrEqual(other.length);
    }
  });

  it('never has more servers down or paused at once than the budget', () => {
    for (const maxDown of [0, 1, 2]) {
      for (const seed of seeds) {
        const { faults } = drawPlan(scenarioWith({ maxDown, maxFaults: 40 }), setup, seed);
        const down = faults.filter(({ fault }) => faultRegistry.get(fault)?.costPerNode === 1);
        for (const { at } of down) expect(downAt(down, msOf(at))).toBeLessThanOrEqual(maxDown);
      }
    }
  });

  it('keeps to the number and the kinds that the scenario allows', () => {
    for (const seed of seeds) {
      const { faults } = drawPlan(scenarioWith({ faults: ['drop', 'crash'], maxFaults: 3 }), setup, seed);
      expect(faults.length).toBeLessThanOrEqual(3);
      for (const { fault } of faults) expect(['drop', 'crash']).toContain(fault);
    }
    expect(drawPlan(scenarioWith('none'), setup, 1)).toEqual({ faults: [] });
  });

  it('draws the same faults of a kind whichever other kinds are allowed', () => {
    for (const seed of seeds) {
      const only = (faults: readonly string[]): readonly PlannedFault[] =>
        drawPlan(scenarioWith({ faults, maxFaults: 100 }), setup, seed).faults.filter(({ fault }) => fault === 'drop');
      expect(only(['reorder', 'partition', 'drop'])).toEqual(only(['drop']));
    }
  });

  it('refuses a scenario that names a fault which does not exist', () => {
    expect(() => drawPlan(scenarioWith({ faults: ['earthquake'] }), setup, 1)).toThrow(
      /scenario drawn: faults.faults names "earthquake"; known are crash, /,
    );
  });
});

function msOf(at: PlannedFault['at']): number {
  return 'ms' in at ? at.ms : NaN;
}

function downAt(faults: readonly PlannedFault[], ms: number): number {
  return faults.filter(({ at, forMs = Infinity }) => msOf(at) <= ms && ms <= msOf(at) + forMs).length;
}

describe('a plan from outside', () => {
  const good: PlannedFault = {
    name: 'drop-1',
    fault: 'drop',
    at: { ms: 5 },
    target: { kind: 'all' },
    forMs: 10,
    params: { ppm: 1_000 },
  };
  const faulty = (change: object): unknown => ({ faults: [good, { ...good, name: 'second', ...change }] });

  it('may be right', () => {
    expect(readPlan({ faults: [good] }, setup)).toEqual({ faults: [good] });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 7, /^plan: expected an object, got number/],
    ['an unknown field', { faults: [], extra: 1 }, /^plan\.extra: unknown field/],
    [
      'an unknown fault',
      faulty({ fault: 'flood' }),
      /^plan\.faults\[1\]\.fault: unknown fault "flood"; known are crash, crash-loop, pause/,
    ],
    ['a name twice', { faults: [good, good] }, /^plan\.faults\[1\]\.name: drop-1 is taken .* unique/],
    [
      'an unknown node',
      faulty({ target: { kind: 'node', node: 'z' } }),
      /^plan\.faults\[1\]: the cluster has no node "z"; it has a, b/,
    ],
    [
      'a missing parameter',
      faulty({ params: {} }),
      /^plan\.faults\[1\]\.params\.ppm: missing; drop takes ppm \(parts per million/,
    ],
    [
      'a parameter out of range',
      faulty({ params: { ppm: 2_000_000 } }),
      /params\.ppm: expected parts per million, 0 to 1000000/,
    ],
    ['a parameter too many', faulty({ params: { ppm: 1, x: 1 } }), /params\.x: unknown field; drop takes/],
    ['a negative time', faulty({ at: { ms: -1 } }), /at\.ms: -1 is negative; time begins at 0/],
    [
      'a time of another shape',
      faulty({ at: { when: 1 } }),
      /at\.ms: missing; give \{ ms \} or \{ on, occurrence \} or/,
    ],
    ['an occurrence of 0', faulty({ at: { on: 'x', occurrence: 0 } }), /occurrence: 0; count from 1/],
    [
      'an observer without observation',
      faulty({ target: { kind: 'observer' } }),
      /only a fault that reacts .* give a node/,
    ],
    [
      'links for a fault of nodes',
      faulty({ fault: 'pause', params: {}, target: { kind: 'links', from: ['a'], to: ['b'] } }),
      /pause hits nodes, not links; give/,
    ],
    ['a negative duration', faulty({ forMs: -3 }), /forMs: -3 is negative; leave it out/],
    ['a negative budget', { faults: [], maxDown: -1 }, /maxDown: -1 is negative; give a number from 0/],
  ])('is refused for %s, with place and remedy', (_what, plan, message) => {
    expect(() => readPlan(plan, setup)).toThrow(InvalidPlan);
    expect(() => readPlan(plan, setup)).toThrow(message);
  });

  it('is refused, not crashed on, whatever it holds', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (fault, field) => {
        for (const plan of [
          fault,
          { faults: [fault] },
          { faults: [{ ...good, at: field }] },
          { faults: [{ ...good, params: field }] },
        ]) {
          const found = findPlanFault(plan, setup);
          expect(found === undefined || typeof found === 'string').toBe(true);
        }
      }),
    );
  });

  it('survives JSON', () => {
    const plan: FaultPlan = { faults: [good], maxDown: 1 };
    expect(readPlan(JSON.parse(JSON.stringify(plan)), setup)).toEqual(plan);
  });
});
