import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
// Worker threads load what was built; `npm test` builds first.
import { explainNondeterminism } from '../../../dist/sim/hunt/fresh/explain.js';
import { freshRun, runWithOwnModules } from '../../../dist/sim/hunt/fresh/fresh-run.js';
import type { FaultPlan } from '../../faults/plan.js';
import type { ScenarioReference } from '../../scenario.js';

const dist = new URL('../../../dist/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'orrery-fresh-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two nodes, each told to go at 10, 30 and 50 ms; `handler` is what they do, `top` stands at the top of the module. */
function scenarioFile(name: string, top: string, handler: string): ScenarioReference {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { actor, messages } from ${JSON.stringify(new URL('runtime/index.js', dist).href)};
const set = messages('bad', { go: {}, note: {} });
${top}
const definition = actor(set, { init: () => ({ n: 0 }), on: { note() {}, go(context, state) {
${handler}
} } });
export const bad = {
  name: ${JSON.stringify(name)},
  programs: { p: () => [{ name: 'a', definition, params: null }] },
  setup: () => ({
    nodes: ['n1', 'n2'].map((id) => ({ id, program: 'p', params: null, role: 'server' })),
    workload: [10, 30, 50].flatMap((atMs) => ['n1', 'n2'].map((id) => ({ atMs, to: id + '/a', message: { type: 'go' } }))),
  }),
  faultMs: 100, healMs: 10, faults: 'none', properties: { always: {}, eventually: {}, sometimes: {} },
};
`,
  );
  return { module: pathToFileURL(file).href, export: 'bad', params: {} };
}

const crashAt20: FaultPlan = {
  faults: [{ name: 'c', fault: 'crash', at: { ms: 20 }, forMs: 5, target: { kind: 'node', node: 'n1' }, params: {} }],
};

async function explain(scenario: ScenarioReference, plan: FaultPlan = { faults: [] }): Promise<string> {
  const options = { isGuarded: false, before: [[1], [2, 3]], timeoutMs: 20_000 };
  return (await explainNondeterminism(scenario, { seed: 1, plan }, options)).text;
}

describe('why a seed is unrepeatable', () => {
  it('is told by the first step that differs, with the place of a random draw in the source', async () => {
    const drawing = scenarioFile(
      'drawing',
      '',
      "context.random(performance.now() > 0 ? 'p' + performance.now() : '').uint32();",
    );
    expect(await explain(drawing)).toMatch(
      /^it differs from run to run, also in a fresh thread; first different at step n1:1, 10 ms, while or after n1\/a: go: random draw \S+ at step n1:1 in one run, random draw \S+ at step n1:1 in another \(\S+drawing\.mjs:5:\d+\)$/,
    );
  });

  it.each([
    [
      'a field of an observation',
      "context.observe({ type: 'told', at: { x: Date.now() + Math.random() } });",
      /observation a: told field at\.x: [\d.]+ in one run, [\d.]+ in another/,
    ],
    [
      'the payload of a message',
      "context.send('n2/a', { type: 'note', x: Math.random() });",
      /message note to n2\/a field x: 0\.\d+ in one run/,
    ],
    [
      'a timer',
      "context.setTimer('t', 1 + Math.floor(Math.random() * 1e6), { type: 'note' });",
      /timer timer 1: \d+ in one run, \d+ in another/,
    ],
  ])('names %s', async (what, handler, message) => {
    expect(await explain(scenarioFile(what.replaceAll(' ', '-'), '', handler))).toMatch(message);
  });

  it('is a variable of the module that outlives a crash, or that nodes share', async () => {
    const outliving = scenarioFile(
      'outliving',
      'let lives = 0;',
      "if (context.node === 'n1') context.observe({ type: 'lived', lives: ++lives });",
    );
    expect(await explain(outliving, crashAt20)).toMatch(
      /^a variable of a module outlives a crash or is shared by nodes; first different at step n1:\d+, 30 ms, while or after n1\/a: go: observation a: lived field lives: 2 with one module for all, 1 with one for each life/,
    );
  });

  it('is what an earlier run in the same process left behind', async () => {
    // Kept where no module can hold it apart.
    const leaving = scenarioFile(
      'leaving',
      '',
      "if (state.n++ === 0 && context.node === 'n1') { globalThis.left ??= 0; context.observe({ type: 'found', left: globalThis.left++ }); }",
    );
    expect(await explain(leaving)).toMatch(
      /^an earlier run in the same process left state behind \(seed 1 before it\); first different at step n1:1, .* field left: 0 alone, 1 after others$/,
    );
  });

  it('is not found where there is none', async () => {
    const sound = scenarioFile('sound', '', "context.observe({ type: 'went', n: state.n++ });");
    expect(await explain(sound, crashAt20)).toBe(
      'alone in a fresh thread it is repeatable, also after others: it depends on something rarer',
    );
  });
});

describe('a run in a thread of its own', () => {
  const request = { spec: { seed: 1 }, isGuarded: false, before: [], isRecorded: false };

  it('that does not end is given up', async () => {
    const scenario = scenarioFile('endless', '', 'for (;;);');
    await expect(freshRun({ ...request, scenario }, 1_500)).rejects.toThrow('did not come back within 1.5 s');
  });

  it('loses the memory of a crashed node for certain, where modules are loaded anew', async () => {
    const scenario = scenarioFile(
      'forgetting',
      'let lives = 0;',
      "context.observe({ type: 'lived', lives: ++lives });",
    );
    const spec = { seed: 1, plan: crashAt20 };
    const { log } = await runWithOwnModules({ ...request, scenario, spec, isRecorded: true }, 20_000);
    const lived = log!.lines.filter((line) => line.includes('"lived"')).map((line) => JSON.parse(line) as unknown[]);
    // n1 lives twice, and n2 once.
    expect(lived.map(([, node, , , , value]) => `${String(node)} ${(value as { lives: number }).lives}`)).toEqual([
      ...['n1 1', 'n2 1', 'n1 1', 'n2 2', 'n1 2', 'n2 3'],
    ]);
  });
});
