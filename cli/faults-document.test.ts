import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actor } from '../runtime/actor.js';
import { messages } from '../runtime/schema.js';
import { faultRegistry } from '../sim/faults/registry.js';
import type { Scenario, Setup } from '../sim/scenario.js';
import { runInline } from '../sim/world/run-inline.js';
import { faultsDocument } from './checks/docs.js';
import { faultScenarios } from './checks/fault-scenarios.js';
import { examplePlan, examplePrograms, exampleSetup, faultReference } from './checks/fault-reference.js';

const text = readFileSync(new URL('../docs/faults.md', import.meta.url), 'utf8');

/** A cluster that does nothing, on which each example of the document is carried out. */
const idle = actor(messages('idle', { tick: {} }), { init: () => ({}), on: { tick: () => undefined } });
const idling: Scenario = {
  name: 'idling',
  programs: Object.fromEntries(
    examplePrograms.map((program) => [program, () => [{ name: 'idle', definition: idle, params: null }]]),
  ),
  setup: () => exampleSetup,
  ...{ faultMs: 5_000, healMs: 1_000, faults: 'none', properties: { always: {}, eventually: {}, sometimes: {} } },
};
const calendar = { zoneDataVersion: 'none', nextTick: () => undefined, findFault: () => undefined };

describe('docs/faults.md', () => {
  it('is made from the registry as it is; else run `npm run docs`', () => {
    expect(text).toBe(faultsDocument().text);
  });

  it('tells what the entries say, and nothing else', () => {
    const crash = faultRegistry.get('crash')!;
    const changed = { ...crash, describes: 'the node melts', inSwarm: false, parameters: {} };
    const told = faultReference([
      {
        name: 'other',
        entries: [{ ...changed, draw: () => ({ target: { kind: 'node', node: 's1' }, forMs: 1, params: {} }) }],
      },
    ]);
    expect(told).toContain('## other');
    expect(told).toContain('The node melts. Undone, the node runs again.');
    expect(told).toContain('| [crash](#crash) | nodes | a server down | until undone | by name |  |');
  });

  it('tells which scenarios draw a kind', () => {
    const builds = { member: ['member-next'] };
    const setup = (): Setup => ({ nodes: [{ ...exampleSetup.nodes[0]!, program: 'member' }], workload: [] });
    const both = [
      { ...idling, name: 'old', setup, faults: {} },
      { ...idling, name: 'new', setup, faults: { builds, alsoFaults: ['wipe'] } },
    ];
    const told = faultScenarios(both);
    expect(told).toMatch(/- all draw crash, /);
    expect(told).toContain('- wipe is drawn by new;');
    expect(told).toContain('- switch-program is drawn by new;');
    expect(told).toMatch(/- none draws replace, /);
  });

  it('refuses an example that no plan could hold', () => {
    const crash = faultRegistry.get('crash')!;
    const odd = { ...crash, draw: () => ({ target: { kind: 'all' as const }, forMs: 1, params: { loss: 'all' } }) };
    expect(() => faultReference([{ name: 'other', entries: [odd] }])).toThrow(/crash draws what .* refuses: .*loss/);
    const nobody = { ...crash, draw: () => undefined };
    expect(() => faultReference([{ name: 'other', entries: [nobody] }])).toThrow('draws nothing');
  });

  it.each([...faultRegistry.keys()])('has an example of %s that takes place', (name) => {
    const plan = examplePlan(faultRegistry.get(name)!);
    const result = runInline(idling, { seed: 1, plan }, { calendar });
    expect(result.faults).toEqual({ [name]: 1 });
    expect(result.violations).toEqual([]);
  });
});
