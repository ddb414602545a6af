import { afterAll, expect, it } from 'vitest';
// Worker threads load what was built; `npm test` builds first.
import { createCalendar } from '../../dist/runtime/node/calendar.js';
import { faultFamilies } from '../../dist/sim/faults/registry.js';
import { chatteringOften } from '../../dist/sim/network/chatter.fixture.js';
import { runInThreads, ThreadPool } from '../../dist/sim/threads/index.js';
import { runInline } from '../../dist/sim/world/run-inline.js';
import type { PlannedFault } from '../faults/plan.js';

const networkFaults = faultFamilies
  .filter(({ name }) => ['partitions', 'messages', 'delays'].includes(name))
  .flatMap(({ entries }) => entries);
const calendar = createCalendar();
const pool = new ThreadPool();
const dist = new URL('../../dist/', import.meta.url);
const reference = {
  module: new URL('sim/network/chatter.fixture.js', dist).href,
  export: 'chatteringOften',
  params: {},
};

afterAll(() => pool.close());

const PARAMS: Readonly<Record<string, PlannedFault['params']>> = {
  drop: { ppm: 200_000 },
  duplicate: { ppm: 200_000 },
  replay: { ppm: 100_000, minMs: 20, maxMs: 200 },
  reorder: { ppm: 300_000, extraMs: 20 },
  'slow-link': { extraMs: 7 },
  'latency-uniform': { maxMs: 9 },
  'latency-exponential': { meanMs: 4, maxMs: 50 },
  'latency-bimodal': { ppm: 50_000, minMs: 20, maxMs: 90 },
  'latency-offset': { maxMs: 30 },
  bandwidth: { bytesPerS: 60_000, queueBytes: 2_000 },
  hold: { order: 'drawn' },
  'partition-partial': { ppm: 300_000 },
  corrupt: { ppm: 20_000 },
  'half-open': { timeoutMs: 60 },
};

function planned(kind: string, atMs: number, forMs: number): PlannedFault {
  const target: PlannedFault['target'] =
    kind === 'partition-ring' ? { kind: 'all' } : { kind: 'node', node: ['a', 'b', 'c', 'd'][atMs % 4]! };
  return { name: `${kind}-1`, fault: kind, at: { ms: atMs }, target, forMs, params: PARAMS[kind] ?? {} };
}

async function expectEqual(faults: readonly PlannedFault[], threads: number | 'per-node', seed: number): Promise<void> {
  const spec = { seed, plan: { faults } };
  const { wallMs: _, ...inline } = runInline(chatteringOften, spec, { calendar, keepTrace: true });
  const answer = await runInThreads(reference, spec, { threads, pool, keepTrace: true });
  const { wallMs: __, threadsOfNodes: ___, ...result } = answer;
  expect(result, `${faults.map(({ name }) => name).join(' ')}, ${threads} threads`).toEqual(inline);
}

it('every network fault does the same in threads as inline', async () => {
  for (const { name } of networkFaults) await expectEqual([planned(name, 101, 150)], 2, 3);
});

it('all of them at once, too', async () => {
  const all = networkFaults.map(({ name }, index) => planned(name, 60 + 17 * index, 40 + 13 * (index % 7)));
  for (let seed = 1; seed <= 3; seed++) await expectEqual(all, seed === 1 ? 'per-node' : seed, seed);
});

it.each([
  ['clog', 'reset'],
  ['clog', 'half-open'],
  ['hold', 'reset'],
  ['hold', 'half-open'],
])('a %s that ends where a %s begins: what it kept is lost, wherever its receiver lives', async (keeping, breaking) => {
  // Whichever of the two comes first at their common grid line.
  for (const [first, second] of [[keeping, breaking] as const, [breaking, keeping] as const]) {
    const faults = [first, second].map((kind) =>
      kind === keeping
        ? planned(kind, 100, 80)
        : { ...planned(kind, 180, 60), target: { kind: 'node', node: 'a' } as const },
    );
    for (const threads of [2, 'per-node'] as const) await expectEqual(faults, threads, 3);
    const { trace } = runInline(chatteringOften, { seed: 3, plan: { faults } }, { calendar, keepTrace: true });
    const lost = trace!.filter((line) => line.kind === 'lost' && line.sentAtUs > 100_000 && line.atUs === 180_000);
    expect(lost.length).toBeGreaterThan(10);
  }
});
