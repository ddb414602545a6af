import { describe, expect, it } from 'vitest';
import { actor, type AnyActorDefinition } from '../../runtime/actor.js';
import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import { messages, t } from '../../runtime/schema.js';
import type { Scenario } from '../scenario.js';
import { noCalendar as calendar, quiet } from './probe.fixture.js';
import { runInline } from './run-inline.js';

const twins = messages('twin', { go: {} });

/** Two nodes with an actor each, which are told to go at 10 ms. */
function scenarioOf(definition: AnyActorDefinition, change: Partial<Scenario> = {}): Scenario {
  const nodes = ['one', 'two'].map((id) => ({ id, program: 'twin', params: null, role: 'server' as const }));
  return {
    name: 'twins',
    programs: { twin: () => [{ name: 'twin', definition, params: null }] },
    setup: () => ({
      nodes,
      workload: nodes.map(({ id }) => ({ atMs: 10, to: `${id}/twin`, message: { type: 'go' } })),
    }),
    ...{ faultMs: 50, healMs: 10, faults: 'none', properties: quiet },
    ...change,
  };
}

describe('a violation', () => {
  it('is an assertion that fails in a child, though its node lives on', () => {
    const child = actor(twins, {
      init: () => ({}),
      start() {
        assert(false, 'of the child');
      },
      on: {},
    });
    const parent = actor(twins, {
      init: () => ({}),
      on: { go: (context) => void context.spawn('child', child, null) },
    });
    const { violations, failures } = runInline(scenarioOf(parent), { seed: 1 }, { calendar });
    expect(violations).toMatchObject([{ property: 'assertion', kind: 'crash', atMs: 10 }]);
    expect(violations[0]!.message).toContain('actor one/twin/child failed');
    expect(failures![0]!.text).toContain('of the child');
  });

  const throwing = (text: string, change: Partial<Scenario> = {}): Scenario => {
    const fragile = actor(twins, {
      init: () => ({}),
      on: {
        go(context) {
          if (context.node === 'two') throw new TypeError(text);
        },
      },
    });
    return scenarioOf(fragile, change);
  };

  it('is a turn that throws, though its supervisor brings the actor back: actor, step and error are named', () => {
    const result = runInline(throwing('of my own\nsecond line'), { seed: 1 }, { calendar, keepTrace: true });
    expect(result.verdict).toBe('failed');
    expect(result.violations).toHaveLength(1);
    const { step, message, ...rest } = result.violations[0]!;
    expect(rest).toEqual({ property: 'actor-failed', kind: 'crash', atMs: 10 });
    expect(message).toBe(`actor two/twin failed at step ${step}: TypeError: of my own`);
    const line = result.trace!.find((one) => one.kind === 'step' && `${one.node}:${one.step}` === step);
    expect(line).toMatchObject({ node: 'two', what: 'twin: go', atUs: 10_000 });
    expect(result.failures).toMatchObject([{ node: 'two', actor: 'twin', atUs: 10_000, isAssertion: false }]);
  });

  it('has the text of an error in its message only', () => {
    const [one, other] = ['of my own', 'another'].map((text) => runInline(throwing(text), { seed: 1 }, { calendar }));
    expect(one!.violations[0]!.message).not.toBe(other!.violations[0]!.message);
    expect(one!.fingerprint).toBe(other!.fingerprint);
  });

  it('is no failure of an actor where the scenario tolerates that', () => {
    const result = runInline(throwing('of my own', { toleratesActorFailures: true }), { seed: 1 }, { calendar });
    expect(result.violations).toEqual([]);
    expect(result.failures).toMatchObject([{ node: 'two', actor: 'twin' }]);
    expect(result.failures![0]!.text).toContain('of my own');
  });

  it('is a failed assertion even where the scenario tolerates failures', () => {
    const strict = actor(twins, { init: () => ({}), start: () => assert(false, 'of the actor'), on: {} });
    const { violations } = runInline(scenarioOf(strict, { toleratesActorFailures: true }), { seed: 1 }, { calendar });
    expect(violations[0]).toMatchObject({ property: 'assertion', kind: 'crash' });
  });

  it('is a failed assertion after many failures that are tolerated, on the same node or another', () => {
    const throwing = actor(twins, {
      init: () => ({}),
      on: {
        go() {
          throw new TypeError('tolerated');
        },
      },
    });
    const asserting = actor(twins, { init: () => ({}), on: { go: () => assert(false, 'the last') } });
    const fragile = Array.from({ length: 30 }, (_, n) => ({ name: `t${n}`, definition: throwing, params: null }));
    const goes = fragile.map(({ name }) => ({ atMs: 10, to: `one/${name}`, message: { type: 'go' } }));
    for (const node of ['one', 'two']) {
      const change: Partial<Scenario> = {
        toleratesActorFailures: true,
        programs: { twin: () => [...fragile, { name: 'twin', definition: asserting, params: null }] },
        setup: (...given) => ({
          ...scenarioOf(asserting).setup(...given),
          workload: [...goes, { atMs: 10.2, to: `${node}/twin`, message: { type: 'go' } }],
        }),
      };
      const { violations, failures } = runInline(scenarioOf(asserting, change), { seed: 1 }, { calendar });
      expect(violations[0]).toMatchObject({ property: 'assertion', atMs: 10.2 });
      expect(failures!.filter(({ isAssertion }) => isAssertion)).toMatchObject([{ node, actor: 'twin' }]);
      expect(failures).toHaveLength(21);
    }
  });

  it('is an actor whose state cannot be made', () => {
    const unborn = actor(twins, {
      init: (): object => {
        throw new Error('of the birth');
      },
      on: {},
    });
    const { violations } = runInline(scenarioOf(unborn), { seed: 1 }, { calendar });
    expect(violations[0]).toMatchObject({ property: 'actor-failed', kind: 'crash' });
    expect(violations[0]!.message).toContain('Error: of the birth');
  });
});

describe('a message that is not plain data', () => {
  class Point {
    x = 1;
  }
  const letters = messages('letters', { go: {}, letter: { body: t.plain } });

  /** Node one sends the body to node two, or to itself, or sets a timer for it, or asks with it. */
  const sending = (body: unknown, way: 'send' | 'local' | 'ask' | 'timer'): Scenario =>
    scenarioOf(
      actor(letters, {
        init: () => ({}),
        on: {
          go(context) {
            if (context.node !== 'one') return;
            const message = { type: 'letter' as const, body: body as Plain };
            if (way === 'timer') context.setTimer('later', 1, message);
            else if (way === 'ask') context.ask('two/twin', message, { timeoutMs: 5 });
            else context.send(way === 'local' ? 'one/twin' : 'two/twin', message);
          },
          letter() {},
        },
      }),
      { toleratesActorFailures: true },
    );

  it.each([
    [{ seen: new Map() }, 'message.body.seen: an instance of Map'],
    [[new Set()], 'message.body[0]: an instance of Set'],
    [new Date(0), 'message.body: an instance of Date'],
    [() => 1, 'message.body: function'],
    [new Point(), 'message.body: an instance of Point'],
    [{ gone: undefined }, 'message.body.gone: undefined'],
    [Symbol('s'), 'message.body: symbol'],
    [1n, 'message.body: bigint'],
  ])('fails the run, naming actor, type, place and step: %s', (body, place) => {
    for (const options of [{}, { freezeMessages: true, deepFingerprint: true }]) {
      const { verdict, violations } = runInline(sending(body, 'send'), { seed: 1 }, { calendar, ...options });
      expect(verdict).toBe('failed');
      const { property, step, message } = violations[0]!;
      expect(property).toBe('assertion');
      expect(step).toMatch(/^one:\d+$/);
      expect(message).toContain(
        `actor one/twin failed at step ${step}: AssertionFailure: one/twin sends letter to two/twin`,
      );
      expect(message).toContain(`which is not plain data: ${place} is not plain data`);
    }
  });

  it.each([
    ['local', 'sends letter to one/twin'],
    ['ask', 'asks letter to two/twin'],
    ['timer', 'sets a timer for letter'],
  ] as const)('is refused on every way: %s', (way, what) => {
    const { violations } = runInline(sending(NaN, way), { seed: 1 }, { calendar });
    expect(violations[0]!.message).toContain(`${what}, which is not plain data: message.body: number is not finite`);
  });

  it('is no plain message', () => {
    expect(runInline(sending({ seen: [null, new Uint8Array(2)] }, 'send'), { seed: 1 }, { calendar }).verdict).toBe(
      'passed',
    );
  });

  it('is refused where the scenario has work send it', () => {
    const worker = actor(twins, { init: () => ({}), on: { go: (context) => void context.startWork('job', null) } });
    const effects = [{ to: 'two/twin', message: { type: 'go', at: new Date(0) } }];
    const simulateWork = () => ({ durationMs: 1, result: { ok: true, value: null } as const, effects });
    const { violations } = runInline(scenarioOf(worker, { simulateWork }), { seed: 1 }, { calendar });
    expect(violations[0]!.message).toContain(
      'simulateWork of job: effects[0].message.at: an instance of Date is not plain data',
    );
  });
});
