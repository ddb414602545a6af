import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
// Worker threads load what was built; `npm test` builds first.
import { explore } from '../../dist/sim/hunt/explore.js';
import { hunt } from '../../dist/sim/hunt/hunt.js';
import type { Placement } from '../run.js';
import type { ScenarioReference } from '../scenario.js';
import type { RunLimits } from './job.js';
import type { SeedOutcome } from './seed-outcome.js';

const dist = new URL('../../dist/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'orrery-watchdog-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Hunted {
  readonly handler?: string;
  readonly setup?: string;
  readonly property?: string;
  readonly placement?: Placement;
  readonly isGuarded?: boolean;
  readonly limits?: Partial<RunLimits>;
  readonly verify?: 'none' | 'all';
  readonly imports?: string;
}

let files = 0;

/** A scenario in which some seeds go wrong: their workload says so to node `culprit`. */
function scenarioFile(given: Hunted): ScenarioReference {
  const file = join(folder, `${++files}.mjs`);
  const { handler = '', setup = '', property = '', imports = '' } = given;
  writeFileSync(
    file,
    `import { actor, messages, t } from ${JSON.stringify(new URL('runtime/index.js', dist).href)}; ${imports}
const set = messages('bad', { go: { seed: t.int } });
const definition = actor(set, { init: () => ({}), on: { go(context, state, { seed }) {
  context.observe({ type: 'gone', seed });
  if (seed === 3) { ${handler} }
} } });
let calls = 0;
export const bad = {
  name: 'bad',
  programs: { p: () => [{ name: 'a', definition, params: null }] },
  setup: (random, params) => {
    const seed = ++calls;
    ${setup}
    return {
      nodes: ['calm', 'culprit'].map((id) => ({ id, program: 'p', params: null, role: 'server' })),
      workload: [1, 2].map((n) => ({ atMs: 20 * n, to: 'culprit/a', message: { type: 'go', seed: random.between(1, 4) } })),
    };
  },
  faultMs: 50, healMs: 10, faults: 'none',
  properties: { always: { p: () => ({ observe: ({ observation }) => { ${property} return undefined; } }) }, eventually: {}, sometimes: {} },
};
`,
  );
  return { module: pathToFileURL(file).href, export: 'bad', params: {} };
}

async function huntFew(given: Hunted): Promise<readonly SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  await hunt({
    scenarios: [{ name: 'bad', reference: scenarioFile(given) }],
    ...{ seeds: { first: 1, last: 12 }, placement: given.placement ?? { kind: 'inline' }, workers: 2 },
    ...{ failuresWanted: Infinity, verify: given.verify ?? 'none', isGuarded: given.isGuarded ?? true },
    limits: { timeoutMs: 3_000, ...given.limits },
    onOutcome: (_scenario, outcome) => outcomes.push(outcome),
  });
  return outcomes;
}

/** The outcomes that are no pass; all others must be there. */
function failuresOf(outcomes: readonly SeedOutcome[]): readonly SeedOutcome[] {
  expect(outcomes.map(({ run }) => run.seed)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
  const failures = outcomes.filter(({ run }) => run.verdict !== 'passed');
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(12);
  return failures;
}

const STEP = /^culprit:[12]$/;

describe('a seed that does not come to an end', () => {
  it.each<[string, Hunted, RegExp]>([
    [
      'an endless loop',
      { handler: 'for (;;);' },
      /while it ran node culprit at step (culprit:[12]): did not come back within 3 s$/,
    ],
    ['an endless loop, unguarded', { handler: 'for (;;);', isGuarded: false }, /while it ran node culprit at step/],
    [
      'microtasks without end',
      { handler: 'const loop = () => void Promise.resolve().then(loop); loop();' },
      /after the run, in promises or microtasks that it left behind \(begun by culprit at step culprit:[12]\): .* the guard had trapped a promise in actor culprit\/a .*\.mjs:5:/,
    ],
    [
      'memory that runs out',
      {
        handler: 'const all = []; for (;;) all.push(new Array(10_000).fill(seed));',
        limits: { memoryMb: 48, timeoutMs: 30_000 },
      },
      /while it ran node culprit at step culprit:[12]: its heap ran out \(more than 48 MB\)$/,
    ],
    [
      'an endless loop in a thread of its own',
      { handler: 'for (;;);', placement: { kind: 'threads', threads: 'per-node' } },
      /a thread failed while it ran node culprit \(step culprit:[12]\): it did not come back/,
    ],
    [
      'the end of its thread',
      { handler: 'process.exit(5);' },
      /while it ran node culprit at step culprit:[12]: its thread ended/,
    ],
  ])('is a failure that names the node and the step: %s', async (_what, given, message) => {
    for (const { run, details } of failuresOf(await huntFew(given))) {
      expect(run.verdict).toBe('died');
      expect(run.violations).toMatchObject([
        { property: 'run-ends', kind: 'crash', step: expect.stringMatching(STEP) },
      ]);
      expect(run.violations[0]!.message).toMatch(message);
      expect(run.failureGroup).toBe('run-ends (p)');
      // What its artifact is made of.
      expect(details?.setup.nodes.map(({ id }) => id)).toEqual(['calm', 'culprit']);
      expect(details?.plan).toEqual({ faults: [] });
    }
  });

  it('is none where only its run in a fresh thread is that slow: that is told, and it passes', async () => {
    const outcomes = await huntFew({
      imports: "import { workerData } from 'node:worker_threads'; const isFresh = workerData?.isRecorded === false;",
      property: 'if (isFresh) for (;;);',
      verify: 'all',
    });
    expect(outcomes.map(({ run }) => run.verdict)).toEqual(Array.from({ length: 12 }, () => 'passed'));
    expect(outcomes.flatMap(({ run }) => (run.notVerified === undefined ? [] : [[run.seed, run.notVerified]]))).toEqual(
      [[12, 'a run in a thread of its own did not come back within 3 s']],
    );
  });

  it('is told to hang in a property where it does', async () => {
    const outcomes = failuresOf(await huntFew({ property: 'if (observation.seed === 3) for (;;);' }));
    expect(outcomes[0]!.run.violations[0]!.message).toMatch(
      /^between nodes, in a property of the scenario or in the simulator/,
    );
  });

  it('is told to hang before any node ran where it does', async () => {
    const outcomes = failuresOf(await huntFew({ setup: 'if (random.between(1, 4) === 3) for (;;);' }));
    expect(outcomes[0]!.run.violations[0]!.message).toMatch(/^before any node ran, in the setup/);
    expect(outcomes[0]!.details).toBeUndefined();
  });

  it('is one that takes too many steps', async () => {
    const handler = "for (let n = 0; n < 500; n++) context.send('calm/a', { type: 'go', seed: 1 });";
    const outcomes = failuresOf(await huntFew({ handler, limits: { maxSteps: 300, timeoutMs: 30_000 } }));
    expect(outcomes[0]!.run.violations.map(({ property }) => property)).toContain('step-limit');
  });
});

describe('an exploration', () => {
  it('ends an endless loop too, where the scenario is named by its module', async () => {
    const { failure, seedsRun } = await explore(scenarioFile({ handler: 'for (;;);' }), {
      seeds: 12,
      runTimeoutMs: 3_000,
    });
    expect(failure?.result.seed).toBe(seedsRun);
    expect(failure?.result).toMatchObject({
      verdict: 'failed',
      violations: [{ property: 'run-ends', step: expect.stringMatching(STEP) }],
    });
    expect(failure?.escapes).toEqual([]);
  });

  it('comes to the same in a worker thread as here', async () => {
    const property = "if (observation.seed === 3) return 'three';";
    const reference = scenarioFile({ property });
    const loaded = (await import(reference.module)) as { bad: Parameters<typeof explore>[0] };
    const there = await explore(reference, { seeds: 12 });
    const here = await explore(loaded.bad, { seeds: 12 });
    const timeless = ({ failure, ...rest }: typeof here): unknown => {
      const { wallMs: _, trace: __, ...result } = failure!.result;
      return { ...rest, result, escapes: failure!.escapes };
    };
    expect(timeless(there)).toEqual(timeless(here));
  });
});
