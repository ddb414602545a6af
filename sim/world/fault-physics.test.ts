import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import type { Observation, ObservedRecord } from '../../runtime/observation.js';
import { messages, t } from '../../runtime/schema.js';
import type { PlannedFault } from '../faults/plan.js';
import type { RunResult, TraceRecord } from '../run.js';
import type { Scenario } from '../scenario.js';
import { runInline } from './run-inline.js';

const calendar = createCalendar();

const probes = messages('probe', {
  tick: {},
  ping: { n: t.int },
  question: {},
  answer: {},
  effect: { n: t.int },
});

/** Sends a numbered ping to every peer each 2 ms, tells what it hears, and counts durably. */
const probe = actor(probes, {
  init: (params: { readonly peers: readonly string[] }) => ({ sent: 0, saved: 0, remembered: 0, peers: params.peers }),
  recover: (durable, params) => {
    const saved = (durable.cells.get('saved') as number | undefined) ?? 0;
    return { sent: 0, saved, remembered: 0, peers: params.peers };
  },
  start(context, state) {
    context.observe({ type: 'began', saved: state.saved, remembered: state.remembered });
    context.setTimer('tick', 2, { type: 'tick' });
  },
  on: {
    tick(context, state) {
      context.setTimer('tick', 2, { type: 'tick' });
      state.saved++;
      state.remembered++;
      context.storage.put('saved', state.saved);
      context.observe({ type: 'saved', saved: state.saved });
      context.observe({ type: 'clocks', nowMs: context.nowMs(), wallMs: context.wallMs() });
      state.sent++;
      for (const peer of state.peers) {
        if (peer !== context.node)
          context.send(probe.at(peer, 'probe'), { type: 'ping', n: state.sent }, { beforeDurable: true });
      }
    },
    ping(context, _state, { n }) {
      context.observe({ type: 'heard', from: context.sender, n });
    },
  },
});

const quiet = { always: {}, eventually: {}, sometimes: {} };

function probing(change: Partial<Scenario> = {}): Scenario {
  const peers = ['a', 'b', 'c'];
  return {
    name: 'probing',
    programs: { probe: (_node, params) => [{ name: 'probe', definition: probe, params }] },
    setup: () => ({
      nodes: peers.map((id) => ({ id, program: 'probe', params: { peers }, role: 'server' as const })),
      workload: [],
    }),
    ...{ faultMs: 600, healMs: 100, faults: 'none', properties: quiet },
    ...change,
  };
}

function run(
  faults: readonly PlannedFault[],
  change: Partial<Scenario> = {},
  seed = 1,
): RunResult & { trace: readonly TraceRecord[] } {
  const result = runInline(probing(change), { seed, plan: { faults } }, { calendar, keepTrace: true });
  return { ...result, trace: result.trace ?? [] };
}

function fault(
  kind: string,
  target: PlannedFault['target'],
  params: PlannedFault['params'] = {},
  at = 200,
  forMs = 200,
): PlannedFault {
  return { name: `${kind}-1`, fault: kind, at: { ms: at }, target, forMs, params };
}

const onB = { kind: 'node', node: 'b' } as const;

function observed(
  result: { trace: readonly TraceRecord[] },
  node: string,
  type: string,
): (ObservedRecord & { observation: Observation })[] {
  return result.trace.flatMap((line) =>
    line.kind === 'observation' && line.record.node === node && line.record.observation.type === type
      ? [line.record]
      : [],
  );
}

function deliveries(
  result: { trace: readonly TraceRecord[] },
  from: string,
  to: string,
): Extract<TraceRecord, { kind: 'delivery' }>[] {
  return result.trace.flatMap((line) =>
    line.kind === 'delivery' && line.from.startsWith(from) && line.node === to ? [line] : [],
  );
}

const during = ({ atUs }: { atUs: number }): boolean => atUs >= 206_000 && atUs < 400_000;

describe('a quiet network', () => {
  it('brings every message once, never before the least latency', () => {
    const result = run([], { minLatencyMs: 2, latencyMs: { min: 2, max: 9 } });
    const pings = result.trace.filter((line) => line.kind === 'delivery');
    expect(pings.length).toBeGreaterThan(1_000);
    for (const ping of pings) {
      expect(ping.atUs - ping.sentAtUs).toBeGreaterThanOrEqual(2_000);
      expect(ping.atUs - ping.sentAtUs).toBeLessThanOrEqual(9_000);
    }
    const numbers = observed(result, 'b', 'heard').filter(({ observation }) => observation['from'] === 'a/probe');
    const sorted = numbers.map(({ observation }) => observation['n'] as number).sort((m, n) => m - n);
    expect(sorted).toEqual(sorted.map((_, index) => index + 1));
  });

  it('tells its trace in the order of time, then node', () => {
    const { trace } = run([fault('crash', onB)]);
    const order = trace.map((line) => (line.kind === 'observation' ? line.record : line));
    for (let i = 1; i < order.length; i++) {
      const before = order[i - 1]!;
      const after = order[i]!;
      const nodesInOrder = !('node' in before && 'node' in after) || before.node <= after.node;
      expect(before.atUs < after.atUs || (before.atUs === after.atUs && nodesInOrder)).toBe(true);
    }
  });
});

describe('network faults', () => {
  it('drop loses about the stated share, on the stated links, while it lasts', () => {
    const lossy = run([fault('drop', { kind: 'links', from: ['a'], to: ['b'] }, { ppm: 500_000 })]);
    const share = (from: string, to: string): number =>
      deliveries(lossy, from, to).filter(during).length / deliveries(run([]), from, to).filter(during).length;
    expect(share('a', 'b')).toBeGreaterThan(0.3);
    expect(share('a', 'b')).toBeLessThan(0.7);
    expect([share('b', 'a'), share('a', 'c'), share('c', 'b')]).toEqual([1, 1, 1]);
  });

  it('partition cuts both ways, one-way cuts one, and both end', () => {
    const target = { kind: 'links', from: ['a'], to: ['b', 'c'] } as const;
    for (const [kind, back] of [
      ['partition', 0],
      ['partition-one-way', 1],
    ] as const) {
      const result = run([fault(kind, target)]);
      expect(deliveries(result, 'a', 'b').filter(during)).toEqual([]);
      expect(deliveries(result, 'a', 'c').filter(during)).toEqual([]);
      expect(Math.sign(deliveries(result, 'b', 'a').filter(during).length)).toBe(back);
      expect(deliveries(result, 'b', 'c').filter(during).length).toBeGreaterThan(50);
      expect(deliveries(result, 'a', 'b').filter(({ atUs }) => atUs > 410_000).length).toBeGreaterThan(50);
    }
  });

  it('duplicate brings messages twice', () => {
    const result = run([fault('duplicate', { kind: 'all' }, { ppm: 1_000_000 })]);
    const times = new Map<number, number>();
    for (const { observation } of observed(result, 'b', 'heard')) {
      if (observation['from'] === 'a/probe')
        times.set(observation['n'] as number, (times.get(observation['n'] as number) ?? 0) + 1);
    }
    expect([...times].filter(([n]) => n > 105 && n < 190).every(([, count]) => count === 2)).toBe(true);
    expect([...times].filter(([n]) => n < 90).every(([, count]) => count === 1)).toBe(true);
  });

  it('reorder lets messages overtake each other, slow-link holds all back alike', () => {
    const overtakings = (result: { trace: readonly TraceRecord[] }): number => {
      const sent = deliveries(result, 'a', 'b')
        .filter(during)
        .map(({ sentAtUs }) => sentAtUs);
      return sent.filter((time, index) => index > 0 && time < sent[index - 1]!).length;
    };
    const tight = { latencyMs: { min: 1, max: 1 } };
    expect(overtakings(run([], tight))).toBe(0);
    expect(overtakings(run([fault('reorder', { kind: 'all' }, { ppm: 300_000, extraMs: 20 })], tight))).toBeGreaterThan(
      10,
    );
    const slow = run([fault('slow-link', onB, { extraMs: 30 })], tight);
    expect(overtakings(slow)).toBe(0);
    for (const { atUs, sentAtUs } of deliveries(slow, 'a', 'b').filter(
      ({ atUs }) => atUs > 240_000 && atUs < 400_000,
    )) {
      expect(atUs - sentAtUs).toBe(31_000);
    }
  });

  it('taking one fault out leaves what the others do as it was', () => {
    const dropAC = { ...fault('drop', { kind: 'links', from: ['a'], to: ['c'] }, { ppm: 400_000 }), name: 'drop-2' };
    const both = run([fault('drop', { kind: 'links', from: ['a'], to: ['b'] }, { ppm: 400_000 }), dropAC]);
    const one = run([dropAC]);
    const lost = deliveries(run([]), 'a', 'c').length - deliveries(one, 'a', 'c').length;
    expect(lost).toBeGreaterThan(10);
    const arrivals = (result: { trace: readonly TraceRecord[] }): unknown =>
      deliveries(result, 'a', 'c').map(({ atUs, sentAtUs }) => [atUs, sentAtUs]);
    expect(arrivals(both)).toEqual(arrivals(one));
  });
});

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
        { calendar },
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
