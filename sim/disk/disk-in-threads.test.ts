import { afterAll, expect, it } from 'vitest';
// Worker threads load what was built; `npm test` builds first.
import { createCalendar } from '../../dist/runtime/node/calendar.js';
import { diskCrashFaults } from '../../dist/sim/faults/kinds/disk-crash.js';
import { diskDamageFaults } from '../../dist/sim/faults/kinds/disk-damage.js';
import { diskFaults } from '../../dist/sim/faults/kinds/disk.js';
import { runInThreads, ThreadPool } from '../../dist/sim/threads/index.js';
import { probingScenario } from '../world/probe.fixture.js';
import { runInline } from '../../dist/sim/world/run-inline.js';
import type { PlannedFault } from '../faults/plan.js';

const calendar = createCalendar();
const pool = new ThreadPool();
const dist = new URL('../../dist/', import.meta.url);
const reference = { module: new URL('sim/world/probe.fixture.js', dist).href, export: 'probingScenario', params: {} };

afterAll(() => pool.close());

const PARAMS: Readonly<Record<string, PlannedFault['params']>> = {
  'slow-disk': { extraMs: 5 },
  'short-reads': { ppm: 500_000 },
  'corrupt-reads': { ppm: 500_000, most: 2 },
  'torn-sectors': { sectorBytes: 512 },
  'bit-rot': { count: 3 },
  'sector-rot': { count: 1, sectorBytes: 4096 },
  'misdirected-write': { ppm: 500_000 },
  'phantom-write': { ppm: 500_000, most: 3 },
  'lying-sync': { durable: 'later' },
};

const all = [...diskFaults, ...diskCrashFaults, ...diskDamageFaults].map(({ name }) => name);

function planned(kind: string, atMs: number, forMs: number): PlannedFault {
  const node = ['a', 'b', 'c'][atMs % 3]!;
  return {
    name: `${kind}-1`,
    fault: kind,
    at: { ms: atMs },
    target: { kind: 'node', node },
    forMs,
    params: PARAMS[kind] ?? {},
  };
}

const crash = (atMs: number, n: number): PlannedFault => ({
  ...planned('crash', atMs, 20),
  name: `crash-${n}`,
  params: { loss: n % 3 === 0 ? 'process' : 'power' },
});

async function expectEqual(faults: readonly PlannedFault[], threads: number | 'per-node', seed: number): Promise<void> {
  const spec = { seed, plan: { faults } };
  const { wallMs: _, ...inline } = runInline(probingScenario, spec, { calendar, keepTrace: true });
  const answer = await runInThreads(reference, spec, { threads, pool, keepTrace: true });
  const { wallMs: __, threadsOfNodes: ___, ...result } = answer;
  expect(result, `${faults.map(({ name }) => name).join(' ')}, ${threads} threads`).toEqual(inline);
}

it('every disk fault does the same in threads as inline', async () => {
  for (const name of all) await expectEqual([planned(name, 60, 150), crash(120, 1), crash(180, 2)], 2, 3);
});

it('all of them at once, too', async () => {
  const faults = all.map((name, index) => planned(name, 40 + 13 * index, 40 + 13 * (index % 7)));
  const crashes = [1, 2, 3, 4, 5, 6].map((n) => crash(60 + 41 * n, n));
  for (let seed = 1; seed <= 3; seed++)
    await expectEqual([...faults, ...crashes], seed === 1 ? 'per-node' : seed, seed);
});
