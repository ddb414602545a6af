import { describe, expect, it } from 'vitest';
import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import type { Properties } from '../properties/property.js';
import type { Scenario } from '../scenario.js';
import { noCalendar as calendar, quiet } from './probe.fixture.js';
import { runInline } from './run-inline.js';

const talks = messages('talk', { go: { to: t.string }, hello: {}, late: {} });

/** Asks whom it is told to, and waits for the answer. */
const asker = actor(talks, {
  init: () => ({}),
  on: {
    go(context, _state, { to }) {
      context.ask(to, { type: 'hello' }, { timeoutMs: 500 });
      context.setTimer('late', 700, { type: 'late' });
    },
  },
});

const never: Properties = { ...quiet, eventually: { answered: () => ({ end: () => 'no answer came' }) } };

function scenarioOf(healMs: number, properties: Properties): Scenario {
  const nodes = ['n1', 'n2', 'n3'].map((id) => ({ id, program: 'asker', params: null, role: 'server' as const }));
  return {
    name: 'talk',
    programs: { asker: () => [{ name: 'asker', definition: asker, params: null }] },
    setup: () => ({ nodes, workload: [{ atMs: 10, to: 'n1/asker', message: { type: 'go', to: 'n2/nobody' } }] }),
    ...{ faultMs: 100, healMs, faults: 'none', properties },
  };
}

const messageOf = (healMs: number): string =>
  runInline(scenarioOf(healMs, never), { seed: 1 }, { calendar }).violations[0]!.message;

describe('a run in which progress is owed', () => {
  it('is told to have stalled where no event is left, and what each node waits for', () => {
    expect(messageOf(5_000)).toMatch(
      /^no answer came; stalled: from 7\d\d ms on no event was left anywhere\. n1: waits for a message only; n2: waits for a message only; n3: waits for a message only$/,
    );
  });

  it('has not stalled while a timer is left', () => {
    expect(messageOf(300)).toBe('no answer came');
  });

  it('may come to rest where nothing is owed', () => {
    expect(runInline(scenarioOf(5_000, quiet), { seed: 1 }, { calendar }).violations).toEqual([]);
  });

  it('tells which nodes are down', () => {
    const scenario: Scenario = { ...scenarioOf(5_000, never), core: () => ['n1', 'n3'] };
    const crash = {
      name: 'c',
      fault: 'crash',
      at: { ms: 20 },
      target: { kind: 'node' as const, node: 'n2' },
      params: {},
    };
    const { violations } = runInline(scenario, { seed: 1, plan: { faults: [crash] } }, { calendar });
    expect(violations[0]!.message).toMatch(/n1: waits for a message only; n2: is down; n3: waits for a message only$/);
  });
});
