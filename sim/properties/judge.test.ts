import { describe, expect, it } from 'vitest';
import { noCalendar as calendar, probing } from '../world/probe.fixture.js';
import { runInline } from '../world/run-inline.js';
import type { RunResult } from '../run.js';
import type { Scenario } from '../scenario.js';
import type { Properties } from './property.js';

const judged = (properties: Properties, change: Partial<Scenario> = {}): RunResult =>
  runInline(probing({ properties, ...change }), { seed: 1 }, { calendar });

const fail = (): never => {
  throw new TypeError('of the claim\nsecond line');
};

describe('a property that throws', () => {
  it.each(['always', 'eventually'] as const)('fails the run as its own mistake: %s', (kind) => {
    const { verdict, violations } = judged({ [kind]: { mistaken: () => ({ observe: fail }) } });
    expect(verdict).toBe('failed');
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({ property: 'mistaken', kind });
    expect(violations[0]!.step).toMatch(/^[abc]:\d+$/);
    expect(violations[0]!.message).toMatch(
      /^the property itself threw TypeError: of the claim at .*judge\.test\.ts:\d+/,
    );
  });

  it('does so where it is made, and at the end of the run', () => {
    const made = judged({ always: { unmade: fail } });
    expect(made.violations).toMatchObject([{ property: 'unmade', kind: 'always', step: 'a:0', atMs: 0 }]);
    const ended = judged({ eventually: { mistaken: () => ({ end: fail }) } });
    expect(ended.violations).toMatchObject([{ property: 'mistaken', kind: 'eventually', atMs: ended.simulatedMs }]);
    expect(ended.violations[0]!.step).toMatch(/^[abc]:[1-9]\d*$/);
  });

  it('does so among those that ought to happen sometimes, and as a gauge', () => {
    const properties = { sometimes: { mistaken: () => ({ observe: fail }), fine: () => ({ observe: () => true }) } };
    const seldom = judged(properties);
    expect(seldom.violations).toMatchObject([{ property: 'mistaken', kind: 'crash' }]);
    expect(seldom.reached).toEqual({ mistaken: 0, fine: 1 });
    expect(judged({ sometimes: { unmade: fail } }).violations).toMatchObject([{ property: 'unmade', step: 'a:0' }]);
    const measured = judged({}, { gauge: () => ({ observe: fail, end: () => ({}) }) });
    expect(measured.violations).toMatchObject([{ property: 'gauge', kind: 'crash' }]);
    expect(measured.violations[0]!.message).toContain('the gauge itself threw TypeError: of the claim');
  });

  it('hides no violation of another at the same observation', () => {
    const { violations } = judged({
      always: { mistaken: () => ({ observe: fail }), broken: () => ({ observe: () => 'it broke' }) },
    });
    expect(violations.map(({ property }) => property)).toEqual(['mistaken', 'broken']);
    expect(violations[1]!.step).toBe(violations[0]!.step);
  });

  it('is told of where it answers something other than words', () => {
    const answering = (): string => true as unknown as string;
    expect(judged({ always: { held: () => ({ observe: answering }) } }).violations[0]!.message).toBe(
      'the property answered true; it is to answer what is wrong in words, and undefined where nothing is',
    );
  });

  it('need not be an error to be told', () => {
    const odd = (): never => {
      throw 'a text';
    };
    expect(judged({ always: { odd: () => ({ observe: odd }) } }).violations[0]!.message).toBe(
      'the property itself threw a text',
    );
  });
});

describe('properties', () => {
  it('may leave any section out', () => {
    expect(judged({})).toMatchObject({ verdict: 'passed', reached: {} });
    expect(judged({ sometimes: { seen: () => ({ observe: () => true }) } }).reached).toEqual({ seen: 1 });
  });
});
