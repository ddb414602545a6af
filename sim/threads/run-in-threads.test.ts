import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { threadId } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
// Worker threads load what was built; `npm test` builds first.
import { createCalendar } from '../../dist/runtime/node/calendar.js';
import {
  loadScenario,
  ModuleNotUsable,
  PlacementFailure,
  runInThreads,
  ThreadPool,
} from '../../dist/sim/threads/index.js';
import { countingRing } from '../../dist/sim/world/counting-ring.fixture.js';
import { runInline } from '../../dist/sim/world/run-inline.js';
import type { ScenarioReference } from '../scenario.js';

const calendar = createCalendar();
const dist = new URL('../../dist/', import.meta.url);
const ring = { module: new URL('sim/world/counting-ring.fixture.js', dist).href, export: 'countingRing', params: {} };
const folder = mkdtempSync(join(tmpdir(), 'orrery-threads-'));
const pool = new ThreadPool();

afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

/** A scenario module with one node `culprit` whose handler does something that a thread does not survive. */
function scenarioFile(name: string, handler: string): ScenarioReference {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { actor, messages } from ${JSON.stringify(new URL('runtime/index.js', dist).href)};
const set = messages('bad', { go: {} });
const definition = actor(set, { init: () => ({}), on: { go() { ${handler} } } });
export const bad = {
  name: ${JSON.stringify(name)},
  programs: { p: () => [{ name: 'a', definition, params: null }] },
  setup: () => ({
    nodes: ['calm', 'culprit'].map((id) => ({ id, program: 'p', params: null, role: 'server' })),
    workload: [{ atMs: 20, to: 'culprit/a', message: { type: 'go' } }],
  }),
  faultMs: 50, healMs: 10, faults: 'none', properties: { always: {}, eventually: {}, sometimes: {} },
};
`,
  );
  return { module: pathToFileURL(file).href, export: 'bad', params: {} };
}

describe('runInThreads', () => {
  it('gives the whole result of the inline placement, with 1, 2 and one thread per node, over 20 seeds', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { wallMs: _, ...inline } = runInline(countingRing, { seed }, { calendar, keepTrace: true });
      for (const threads of [1, 2, 'per-node'] as const) {
        const { wallMs, threadsOfNodes, ...result } = await runInThreads(
          ring,
          { seed },
          { threads, pool, keepTrace: true },
        );
        expect(result, `seed ${seed}, ${threads} threads`).toEqual(inline);
        expect(wallMs).toBeGreaterThan(0);
        expect(Object.keys(threadsOfNodes!).sort()).toEqual(inline.setup.nodes.map(({ id }) => id).sort());
      }
    }
  });

  it('finds a turn that throws as the inline placement does', async () => {
    const throwing = scenarioFile('throwing', `throw new Error('of my own')`);
    const inline = runInline(await loadScenario(throwing), { seed: 1 }, { calendar });
    expect(inline.violations).toMatchObject([{ property: 'actor-failed', kind: 'crash', atMs: 20 }]);
    const { violations, failures, fingerprint } = await runInThreads(throwing, { seed: 1 }, { threads: 2, pool });
    expect(violations).toEqual(inline.violations);
    expect(failures).toMatchObject([{ node: 'culprit', actor: 'a', atUs: 20_000 }]);
    expect(fingerprint).toBe(inline.fingerprint);
  });

  it('finds an assertion that fails beside many failures that are tolerated, whoever has them', async () => {
    const file = join(folder, 'tolerant.mjs');
    writeFileSync(
      file,
      `import { actor, messages } from ${JSON.stringify(new URL('runtime/index.js', dist).href)};
import { assert } from ${JSON.stringify(new URL('runtime/assert.js', dist).href)};
const set = messages('bad', { go: {} });
const throwing = actor(set, { init: () => ({}), on: { go() { throw new Error('tolerated'); } } });
const asserting = actor(set, { init: () => ({}), on: { go() { assert(false, 'never'); } } });
const names = Array.from({ length: 25 }, (_, n) => 'a' + n);
export const bad = {
  name: 'tolerant', toleratesActorFailures: true,
  programs: {
    many: () => names.map((name) => ({ name, definition: throwing, params: null })),
    one: () => [{ name: 'a', definition: asserting, params: null }],
  },
  setup: () => ({
    nodes: [['n1', 'many'], ['n2', 'one']].map(([id, program]) => ({ id, program, params: null, role: 'server' })),
    workload: [
      ...names.map((name) => ({ atMs: 20.1, to: 'n1/' + name, message: { type: 'go' } })),
      { atMs: 20.2, to: 'n2/a', message: { type: 'go' } },
    ],
  }),
  faultMs: 50, healMs: 10, faults: 'none', properties: { always: {}, eventually: {}, sometimes: {} },
};
`,
    );
    const tolerant = { module: pathToFileURL(file).href, export: 'bad', params: {} };
    const inline = runInline(await loadScenario(tolerant), { seed: 1 }, { calendar });
    const { violations, failures } = await runInThreads(tolerant, { seed: 1 }, { threads: 2, pool });
    expect(violations[0]).toMatchObject({ property: 'assertion', step: 'n2:1' });
    expect(inline.violations).toEqual(violations);
    const places = (all: typeof failures): unknown => all?.map(({ text: _, ...place }) => place);
    expect(places(inline.failures)).toEqual(places(failures));
  });

  it('chains payloads alike, and stops at the same step', async () => {
    for (const options of [
      { deepFingerprint: true },
      { untilStep: 'b:40', keepTrace: true },
      { maxSteps: 200 },
      { freezeMessages: true },
    ]) {
      const { wallMs: _, ...inline } = runInline(countingRing, { seed: 4 }, { calendar, ...options });
      const {
        wallMs: __,
        threadsOfNodes: ___,
        ...result
      } = await runInThreads(ring, { seed: 4 }, { threads: 2, pool, ...options });
      expect(result).toEqual(inline);
    }
  });

  it('runs each node in the thread that it says, none of them the main thread', async () => {
    const spread = async (threads: number | 'per-node'): Promise<readonly number[]> => {
      const { threadsOfNodes } = await runInThreads(ring, { seed: 2 }, { threads });
      return Object.values(threadsOfNodes!);
    };
    const [one, two, each] = [await spread(1), await spread(2), await spread('per-node')];
    expect(new Set(one).size).toBe(1);
    expect(new Set(two).size).toBe(2);
    expect(new Set(each).size).toBe(each.length);
    for (const threads of [one, two, each]) expect(threads).not.toContain(threadId);
  });

  it('tells where a node really ran: an actor that asks its thread hears the same', async () => {
    const module = scenarioFile('telling', `throw new Error('ran in thread ' + threadId);`);
    const path = new URL(module.module);
    const { readFileSync } = await import('node:fs');
    writeFileSync(path, `import { threadId } from 'node:worker_threads';\n${readFileSync(path, 'utf8')}`);
    const { failures, threadsOfNodes } = await runInThreads(module, { seed: 1 }, { threads: 'per-node' });
    expect(failures![0]!.text).toContain(`ran in thread ${threadsOfNodes!['culprit']}`);
    expect(threadsOfNodes!['culprit']).not.toBe(threadsOfNodes!['calm']);
  });

  it('reuses warm threads', async () => {
    const own = new ThreadPool();
    const first = await runInThreads(ring, { seed: 2 }, { threads: 2, pool: own });
    const second = await runInThreads(ring, { seed: 3 }, { threads: 2, pool: own });
    const threads = (result: typeof first): number[] => [...new Set(Object.values(result.threadsOfNodes!))].sort();
    expect(threads(second)).toEqual(threads(first));
    await own.close();
  });

  it('names the node whose handler never returns', async () => {
    const run = runInThreads(
      scenarioFile('endless', 'for (;;);'),
      { seed: 9 },
      { threads: 'per-node', pool, hangMs: 3_000 },
    );
    await expect(run).rejects.toThrow(PlacementFailure);
    await expect(run).rejects.toThrow(
      /scenario endless, seed 9: a thread failed while it ran node culprit \(step culprit:1\): .* endless loop/,
    );
  });

  it('names the node whose thread died', async () => {
    const run = runInThreads(scenarioFile('dying', 'process.exit(3);'), { seed: 9 }, { threads: 2, pool });
    await expect(run).rejects.toThrow(
      /seed 9: a thread failed while it ran node culprit \(step culprit:1\): ended with exit code 3/,
    );
  });

  it('fails a run in which a node sends what cannot go to another thread', async () => {
    const sending = scenarioFile('sending', `arguments[0].send('calm/a', { type: 'go', how: () => 1 });`);
    const { violations } = await runInThreads(sending, { seed: 1 }, { threads: 2, pool, hangMs: 5_000 });
    expect(violations[0]!.message).toContain(
      'culprit/a sends go to calm/a, which is not plain data: message.how: function',
    );
  });

  it('says at once that what a node observed cannot go to the main thread', async () => {
    const observing = scenarioFile('observing', `arguments[0].observe({ type: 'seen', how: () => 1 });`);
    const run = runInThreads(observing, { seed: 1 }, { threads: 2, pool, hangMs: 5_000 });
    await expect(run).rejects.toThrow(/could not be cloned/);
  });

  it('has usable threads again afterwards', async () => {
    const { fingerprint } = await runInThreads(ring, { seed: 1 }, { threads: 2, pool });
    expect(fingerprint).toBe(runInline(countingRing, { seed: 1 }, { calendar }).fingerprint);
  });

  it('reports what a guard trapped', async () => {
    const module = scenarioFile('clocked', 'Date.now();');
    const { escapes } = await runInThreads(module, { seed: 1 }, { threads: 2, isGuarded: true });
    expect(escapes).toHaveLength(1);
    expect(escapes![0]).toMatch(/Date.*culprit\/a.*clocked\.mjs/);
  });

  it('refuses what cannot be used, with place and remedy', async () => {
    const run = (change: object, threads: number = 2): Promise<unknown> =>
      runInThreads({ ...ring, ...change }, { seed: 1 }, { threads, pool });
    await expect(run({ export: 'nothing' })).rejects.toThrow(ModuleNotUsable);
    await expect(run({ export: 'nothing' })).rejects.toThrow(/has no export named nothing; it has .*countingRing/);
    await expect(run({ export: 'ring' })).rejects.toThrow(
      /export ring is not a scenario: its programs should be .* make it with scenario/,
    );
    await expect(run({ module: 'file:///nowhere/x.js' })).rejects.toThrow(/nowhere\/x\.js cannot be loaded/);
    await expect(run({}, 0)).rejects.toThrow(/threads: 0; give a whole number from 1, or 'per-node'/);
    await expect(loadScenario({ ...ring, export: 'ring' })).rejects.toThrow(ModuleNotUsable);
  });
});
