import { describe, expect, it } from 'vitest';
import { actor, type AnyActorDefinition } from '../../runtime/actor.js';
import { assert } from '../../runtime/assert.js';
import { messages } from '../../runtime/schema.js';
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
