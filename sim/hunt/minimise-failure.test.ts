import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
// The scenario is loaded by its module, which loads what was built; `npm test` builds first.
import { minimiseFailure } from '../../dist/sim/hunt/minimise-failure.js';

const dist = new URL('../../dist/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'orrery-minimise-hang-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Four requests, the last of which fails; where one before it is left out, its handler never returns. */
const SCENARIO = `import { actor, messages, t } from ${JSON.stringify(new URL('runtime/index.js', dist).href)};
const set = messages('gap', { go: { n: t.int } });
const definition = actor(set, { init: () => ({ last: 0 }), on: { go(context, state, { n }) {
  if (n !== state.last + 1) for (;;);
  state.last = n;
  context.observe({ type: 'gone', n });
} } });
export const gap = {
  name: 'gap',
  programs: { p: () => [{ name: 'a', definition, params: null }] },
  setup: () => ({
    nodes: [{ id: 'n1', program: 'p', params: null, role: 'server' }],
    workload: [1, 2, 3, 4].map((n) => ({ atMs: 10 * n, to: 'n1/a', message: { type: 'go', n } })),
  }),
  faultMs: 50, healMs: 10, faults: 'none',
  properties: { always: { p: () => ({ observe: ({ observation }) => (observation.n === 4 ? 'four' : undefined) }) }, eventually: {}, sometimes: {} },
};
`;

it('gives up a smaller run that does not end, and keeps to its budget', async () => {
  const file = join(folder, 'gap.mjs');
  writeFileSync(file, SCENARIO);
  const nodes = [{ id: 'n1', program: 'p', params: null, role: 'server' as const }];
  const workload = [1, 2, 3, 4].map((n) => ({ atMs: 10 * n, to: 'n1/a', message: { type: 'go', n } }));
  const found = await minimiseFailure({
    scenario: { module: pathToFileURL(file).href, export: 'gap', params: {} },
    original: { seed: 1, setup: { nodes, workload }, plan: { faults: [] } },
    ...{ target: { property: 'p', kind: 'always' }, runsMax: 1_000, budgetMs: 2_000 },
  });
  expect(found).toMatchObject({ ending: 'time', runCase: { setup: { workload } } });
});
