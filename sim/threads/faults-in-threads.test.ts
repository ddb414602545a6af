import { afterAll, describe, expect, it } from 'vitest';
// Worker threads load what was built; `npm test` builds first.
import { createCalendar } from '../../dist/runtime/node/calendar.js';
import { randomStream } from '../../dist/runtime/random.js';
import { faultRegistry } from '../../dist/sim/faults/registry.js';
import { runInThreads, ThreadPool } from '../../dist/sim/threads/index.js';
import { countingRing } from '../../dist/sim/world/counting-ring.fixture.js';
import { runInline } from '../../dist/sim/world/run-inline.js';

const calendar = createCalendar();
const pool = new ThreadPool();
const ring = {
  module: new URL('../../dist/sim/world/counting-ring.fixture.js', import.meta.url).href,
  export: 'countingRing',
  params: {},
};

afterAll(() => pool.close());

describe.each([...faultRegistry.values()].map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  it('has one trace, wherever the nodes live', async () => {
    const { setup } = runInline(countingRing, { seed: 5, plan: { faults: [] } }, { calendar });
    const programs = [...new Set(setup.nodes.map(({ program }) => program))];
    const builds = Object.fromEntries(programs.map((program) => [program, programs]));
    const context = {
      nodes: setup.nodes,
      faultMs: 400,
      builds,
      faultPoints: ['log.roll-segment'],
      maxDriftPpm: 500_000,
    };
    const drawn = entry.draw(randomStream(`draw ${name}`), context);
    expect(drawn).toBeDefined();
    const plan = { faults: [{ name: 'one', fault: name, at: { ms: 100 }, ...drawn!, forMs: 200 }] };
    const calm = runInline(countingRing, { seed: 5, plan: { faults: [] } }, { calendar });
    const { wallMs: _, ...inline } = runInline(countingRing, { seed: 5, plan }, { calendar, deepFingerprint: true });
    expect(inline.faults).toEqual({ [name]: 1 });
    for (const threads of [2, 'per-node'] as const) {
      const result = await runInThreads(ring, { seed: 5, plan }, { threads, pool, deepFingerprint: true });
      const { wallMs: __, threadsOfNodes: ___, ...threaded } = result;
      expect(threaded).toEqual(inline);
    }
    expect(calm.faults).toEqual({});
  });
});
