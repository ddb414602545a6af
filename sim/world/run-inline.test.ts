import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import type { Disk } from '../../runtime/ports.js';
import { messages, t } from '../../runtime/schema.js';
import type { Monitor } from '../properties/property.js';
import type { RunOptions } from '../run.js';
import type { Scenario } from '../scenario.js';
import { countingRing } from './counting-ring.fixture.js';
import { InvalidRun } from './prepared-run.js';
import { runInline } from './run-inline.js';
import type { Tamper } from './tamper.js';

const calendar = createCalendar();

function fingerprint(seed: number, options: RunOptions & { tamper?: Tamper } = {}): string {
  return runInline(countingRing, { seed }, { calendar, ...options }).fingerprint;
}

describe('the same seed', () => {
  it('gives the same result again, and after fifty others', () => {
    const first = runInline(countingRing, { seed: 7 }, { calendar, keepTrace: true });
    for (let seed = 100; seed < 150; seed++) fingerprint(seed);
    expect(runInline(countingRing, { seed: 7 }, { calendar, keepTrace: true })).toEqual(first);
  });

  it('gives the same fingerprint with messages frozen or copied, and with the trace kept or not', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const base = fingerprint(seed);
      expect(fingerprint(seed, { freezeMessages: true }), `seed ${seed}`).toBe(base);
      expect(fingerprint(seed, { keepTrace: true }), `seed ${seed}`).toBe(base);
    }
  });

  it('is decided by nothing but the spec: setup and plan given as data do the same as drawn', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const drawn = runInline(countingRing, { seed }, { calendar });
      const { setup, plan } = JSON.parse(JSON.stringify(drawn)) as typeof drawn;
      expect(runInline(countingRing, { seed, setup, plan }, { calendar })).toEqual(drawn);
    }
  });

  it('differs from every other seed', () => {
    const seen = new Set(Array.from({ length: 200 }, (_, seed) => fingerprint(seed)));
    expect(seen.size).toBe(200);
  });
});

describe('the fingerprint notices', () => {
  const seed = 3;

  /** Changes one thing, the nth that comes by, and tells whether it came to that. */
  function once<T>(
    n: number,
    change: (value: T) => T,
  ): { readonly hook: (value: T) => T; readonly happened: () => boolean } {
    let count = 0;
    return { hook: (value) => (++count === n ? change(value) : value), happened: () => count >= n };
  }

  it('one changed byte of a message, where payloads are chained', () => {
    const { hook, happened } = once<number>(20, (total) => total + 1);
    const tamper: Tamper = {
      envelope: (envelope) =>
        'history' in envelope.message
          ? { ...envelope, message: { ...envelope.message, history: [hook(1)] } as typeof envelope.message }
          : envelope,
    };
    const untouched: Tamper = {
      envelope: (envelope) =>
        'history' in envelope.message
          ? { ...envelope, message: { ...envelope.message, history: [1] } as typeof envelope.message }
          : envelope,
    };
    const deep = { deepFingerprint: true };
    expect(fingerprint(seed, { ...deep, tamper })).not.toBe(fingerprint(seed, { ...deep, tamper: untouched }));
    expect(happened()).toBe(true);
    expect(fingerprint(seed, deep)).not.toBe(fingerprint(seed));
  });

  it('one flipped bit of what is written to a disk', () => {
    const { hook, happened } = once<Uint8Array>(40, (bytes) => {
      const flipped = bytes.slice();
      flipped[flipped.length - 1]! ^= 1;
      return flipped;
    });
    const tamper: Tamper = { disk: (_node, disk) => withAppend(disk, hook) };
    expect(fingerprint(seed, { tamper })).not.toBe(fingerprint(seed));
    expect(happened()).toBe(true);
  });

  it('one changed observation', () => {
    const { hook, happened } = once<number>(25, (total) => total + 1);
    const tamper: Tamper = {
      observation: (record) =>
        record.observation.type === 'counted'
          ? { ...record, observation: { ...record.observation, total: hook(record.observation['total'] as number) } }
          : record,
    };
    expect(fingerprint(seed, { tamper })).not.toBe(fingerprint(seed));
    expect(happened()).toBe(true);
  });

  it('two deliveries of the same time that change places', () => {
    const sameTime = scenarioOfTwins();
    const run = (tamper?: Tamper): string =>
      runInline(sameTime, { seed }, { calendar, deepFingerprint: false, ...(tamper === undefined ? {} : { tamper }) })
        .fingerprint;
    let isSwapped = false;
    // Turned round, the order of all messages that reach one node at one moment is reversed.
    const tamper: Tamper = {
      order(_to, atUs, order) {
        if (atUs !== 11_000) return order;
        isSwapped = true;
        return Number.MAX_SAFE_INTEGER - order;
      },
    };
    expect(run(tamper)).not.toBe(run());
    expect(isSwapped).toBe(true);
    expect(run({ order: (_to, _atUs, order) => order })).toBe(run());
  });
});

function withAppend(disk: Disk, change: (bytes: Uint8Array) => Uint8Array): Disk {
  return {
    list: (done) => disk.list(done),
    read: (file, done) => disk.read(file, done),
    append: (file, bytes, done) => disk.append(file, change(bytes), done),
    sync: (file, done) => disk.sync(file, done),
    rename: (from, to, done) => disk.rename(from, to, done),
    remove: (file, done) => disk.remove(file, done),
    length: (file, done) => disk.length(file, done),
    syncDirectory: (done) => disk.syncDirectory(done),
  };
}

const twins = messages('twin', { go: {}, hello: {}, fail: { how: t.string } });

const twin = actor(twins, {
  init: () => ({ heard: [] as string[] }),
  on: {
    go(context) {
      context.send(twin.at('sink', 'twin'), { type: 'hello' });
    },
    hello(context, state) {
      state.heard.push(context.sender);
    },
    fail(context, _state, { how }) {
      context.observe({ type: 'about-to-fail' });
      context.observe({ type: 'about-to-fail' });
      if (how === 'loop') context.send(context.self, { type: 'fail', how });
      if (how === 'spin') context.setTimer('spin', 0, { type: 'fail', how });
    },
  },
});

/** `one` and `two` send to `sink` at the same time over links of the same latency. */
function scenarioOfTwins(change: Partial<Scenario> = {}, how?: string): Scenario {
  const peers = ['one', 'two', 'sink'];
  const go = { type: 'go' };
  const workload = how === undefined ? [] : [{ atMs: 20, to: 'two/twin', message: { type: 'fail', how } }];
  return {
    name: 'twins',
    programs: { twin: () => [{ name: 'twin', definition: twin, params: null }] },
    setup: () => ({
      nodes: peers.map((id) => ({ id, program: 'twin', params: null, role: 'server' as const })),
      workload: [{ atMs: 10, to: 'one/twin', message: go }, { atMs: 10, to: 'two/twin', message: go }, ...workload],
    }),
    latencyMs: { min: 1, max: 1 },
    ...{ faultMs: 50, healMs: 10, faults: 'none' },
    properties: { always: {}, eventually: {}, sometimes: {} },
    ...change,
  };
}

describe('deliveries of the same time', () => {
  it('come in the order of their sources', () => {
    let heard: unknown;
    const eventually = {
      look: (): Monitor => ({
        end: ({ state }) => {
          heard = state('sink', 'twin');
          return undefined;
        },
      }),
    };
    const scenario = scenarioOfTwins({ properties: { always: {}, eventually, sometimes: {} } });
    runInline(scenario, { seed: 1 }, { calendar });
    expect(heard).toEqual({ heard: ['one/twin', 'two/twin'] });
  });
});

describe('a draw added on one node', () => {
  it('moves no fate of a message and no draw anywhere else', () => {
    const drawing = (extra: boolean): string => {
      const definition = actor(twins, {
        init: () => ({}),
        start(context) {
          if (extra && context.node === 'one') context.random('extra').uint32();
          context.observe({ type: 'drew', number: context.random('own').uint32() });
        },
        on: { go: (context) => context.send(twin.at('sink', 'twin'), { type: 'hello' }) },
      });
      const scenario = scenarioOfTwins({
        programs: { twin: () => [{ name: 'twin', definition, params: null }] },
        latencyMs: { min: 1, max: 9 },
      });
      const { trace } = runInline(scenario, { seed: 5 }, { calendar, keepTrace: true });
      return JSON.stringify(trace);
    };
    expect(drawing(true)).toBe(drawing(false));
  });
});

describe('a violation', () => {
  const never = (type: string): Scenario['properties'] => ({
    always: {
      [`never ${type}`]: () => ({
        observe: ({ observation }) => (observation.type === type ? 'it happened' : undefined),
      }),
    },
    eventually: { 'is not judged then': () => ({ end: () => 'judged' }) },
    sometimes: {},
  });

  it('of always stops the run and names the step that made it visible', () => {
    const scenario = scenarioOfTwins({ properties: never('about-to-fail') }, 'nothing');
    const result = runInline(scenario, { seed: 1 }, { calendar, keepTrace: true });
    expect(result.verdict).toBe('failed');
    expect(result.simulatedMs).toBeLessThan(25);
    const [violation] = result.violations;
    expect(result.violations).toHaveLength(1);
    expect(violation).toMatchObject({
      property: 'never about-to-fail',
      kind: 'always',
      message: 'it happened',
      atMs: 20,
    });
    const [node, step] = violation!.step.split(':');
    const line = result.trace!.find((one) => one.kind === 'step' && one.node === node && one.step === Number(step));
    expect(line).toMatchObject({ what: 'twin: fail', atUs: 20_000 });
  });

  it('of eventually is found at the end, and sometimes counts what was reached', () => {
    const result = runInline(
      scenarioOfTwins({
        properties: {
          always: {},
          eventually: {
            'the sink heard three': () => ({
              end: ({ states }) => (states('twin').length > 3 ? undefined : 'only two'),
            }),
          },
          sometimes: {
            reached: () => ({ observe: ({ observation }) => observation.type === 'node-started' }),
            missed: () => ({ observe: () => false, end: () => false }),
          },
        },
      }),
      { seed: 1 },
      { calendar },
    );
    expect(result.violations).toMatchObject([
      {
        property: 'the sink heard three',
        kind: 'eventually',
        atMs: 60,
        message: expect.stringContaining(
          'only two; stalled: from 51 ms on no event was left anywhere. one: waits for a message only',
        ),
      },
    ]);
    expect(result.reached).toEqual({ reached: 1, missed: 0 });
  });

  it.each([
    ['loop', /two ended by itself: endless loop/],
    ['spin', /two ended by itself: endless loop: more than 1000000 events within one window/],
  ])('is an endless loop (%s): the node and the step are named', (how, message) => {
    const { violations } = runInline(scenarioOfTwins({}, how), { seed: 1 }, { calendar });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({ property: 'node-halted', kind: 'crash' });
    expect(violations[0]!.message).toMatch(message);
    expect(violations[0]!.step).toMatch(/^two:[0-9]+$/);
  });

  it('is more steps than were allowed', () => {
    const { violations, steps } = runInline(countingRing, { seed: 1 }, { calendar, maxSteps: 100 });
    expect(violations).toMatchObject([{ property: 'step-limit', kind: 'crash' }]);
    expect(steps).toBeGreaterThan(100);
    expect(steps).toBeLessThan(200);
  });
});

describe('untilStep and breakAtStep', () => {
  it('end with the window of the step, the trace cut there', () => {
    const whole = runInline(countingRing, { seed: 2 }, { calendar, keepTrace: true });
    const part = runInline(countingRing, { seed: 2 }, { calendar, keepTrace: true, untilStep: 'b:40' });
    expect(part.trace).toEqual(whole.trace!.slice(0, part.trace!.length));
    expect(part.trace!.at(-1)).toSatisfy((line) => ('record' in line ? line.record : line).node === 'b');
    expect(JSON.stringify(part.trace!.at(-1))).toContain('"step":40');
    expect(part.simulatedMs).toBeLessThan(whole.simulatedMs);
  });

  it('break just before the step', () => {
    const before: number[] = [];
    const base = runInline(countingRing, { seed: 2 }, { calendar });
    const broken = runInline(
      countingRing,
      { seed: 2 },
      { calendar, breakAtStep: 'b:40', breakpoint: () => before.push(1) },
    );
    expect(before).toEqual([1]);
    expect(broken.fingerprint).toBe(base.fingerprint);
  });
});

describe('bad input', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'a seed that is none',
      () => runInline(countingRing, { seed: 1.5 }, { calendar }),
      /seed 1.5: give a whole number from 0/,
    ],
    [
      'a step that is none',
      () => runInline(countingRing, { seed: 1 }, { calendar, untilStep: 'x' }),
      /step "x": give node:step/,
    ],
    [
      'a step of nobody',
      () => runInline(countingRing, { seed: 1 }, { calendar, breakAtStep: 'z:1', breakpoint: () => {} }),
      /no node z; it has a, b/,
    ],
    [
      'a latency below the least',
      () => runInline(scenarioOfTwins({ latencyMs: { min: 0.5, max: 3 } }), { seed: 1 }, { calendar }),
      /latencyMs.min \(0.5\) is below minLatencyMs \(1\); raise it/,
    ],
    [
      'a time without end',
      () => runInline(scenarioOfTwins({ faultMs: Infinity }), { seed: 1 }, { calendar }),
      /faultMs is Infinity; give milliseconds/,
    ],
    [
      'no nodes',
      () => runInline(scenarioOfTwins({ setup: () => ({ nodes: [], workload: [] }) }), { seed: 1 }, { calendar }),
      /setup gives no nodes; give at least one/,
    ],
    [
      'an unknown program',
      () => runInline(scenarioOfTwins({ programs: {} }), { seed: 1 }, { calendar }),
      /node one: unknown program "twin"/,
    ],
    [
      'an unknown role',
      () => {
        const { setup } = runInline(scenarioOfTwins(), { seed: 1 }, { calendar });
        const nodes = setup.nodes.map((node) => ({ ...node, role: 'sever' as 'server' }));
        return runInline(scenarioOfTwins(), { seed: 1, setup: { ...setup, nodes } }, { calendar });
      },
      /node one: unknown role "sever"; there are server, client, store, sink/,
    ],
    [
      'work for nobody',
      () => {
        const { setup } = runInline(scenarioOfTwins(), { seed: 1 }, { calendar });
        const workload = [{ atMs: 1, to: 'nobody/x', message: { type: 'go' } }];
        return runInline(scenarioOfTwins(), { seed: 1, setup: { ...setup, workload } }, { calendar });
      },
      /workload\[0\]\.to: nobody\/x is on no node of the cluster; it has one, two, sink/,
    ],
  ])('%s: the place and the remedy are named', (_what, run, message) => {
    expect(run).toThrow(message);
  });

  it('is an error of its own kind', () => {
    expect(() => runInline(countingRing, { seed: -1 }, { calendar })).toThrow(InvalidRun);
  });
});
