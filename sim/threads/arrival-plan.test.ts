import { expect, it } from 'vitest';
import { createCalendar } from '../../dist/runtime/node/calendar.js';
import { specOfSeed } from '../../dist/sim/exploration/index.js';
import type { ArrivalPlan } from '../../dist/sim/network/arrival-plan.js';
import { runInThreads } from '../../dist/sim/threads/index.js';
import { countingRing } from '../../dist/sim/world/counting-ring.fixture.js';
import { runInline } from '../../dist/sim/world/run-inline.js';

const module = new URL('../../dist/sim/world/counting-ring.fixture.js', import.meta.url).href;
const ring = { module, export: 'countingRing', params: {} };
const calendar = createCalendar();

async function expectEqual(spec: { readonly seed: number; readonly arrivals?: ArrivalPlan }): Promise<void> {
  const inline = runInline(countingRing, spec, { calendar, countStates: true });
  const plain = runInline(countingRing, { seed: spec.seed }, { calendar });
  expect(inline.fingerprint).not.toBe(plain.fingerprint);
  for (const threads of [2, 'per-node'] as const) {
    const there = await runInThreads(ring, spec, { threads, countStates: true });
    expect(there.fingerprint).toBe(inline.fingerprint);
    expect(there.states).toEqual(inline.states);
    expect(there.arrivals).toEqual(spec.arrivals);
  }
}

it('priorities of links give the same run in threads, and the same abstract states', async () => {
  for (const seed of [1, 2, 3]) await expectEqual(specOfSeed('pct', countingRing, seed, {}));
});

it('so does a list of arrivals', async () => {
  const message = { from: 'a', to: 'b', type: 'told', occurrence: 1, latencyUs: 30_000 };
  await expectEqual({ seed: 1, arrivals: { kind: 'listed', messages: [message], owesProgress: false } });
});
