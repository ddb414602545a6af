import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readArtifact } from '../sim/artifact/artifact.js';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'orrery-minimise-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function orrery(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, encoding: 'utf8' as const, maxBuffer: 1 << 26, timeout: 100_000 };
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** A cell that counts in memory only; `start` is what it does when it comes up, `add` what it does besides counting. */
function writeScenario(start: string, add = '', more = ''): void {
  writeFileSync(
    join(folder, 'forgets.ts'),
    `import { actor, messages, t } from 'orrery';
import { scenario } from 'orrery/sim';
const Cell = messages('cell', { add: { by: t.int } });
const cell = actor(Cell, {
  init: () => ({ total: 0 }),
  start(context, state) { ${start} },
  on: {
    add(context, state, { by }) {
      ${add}
      state.total += by;
      context.observe({ type: 'total', total: state.total });
    },
  },
});
export const mine = scenario({
  name: 'forgets',
  programs: { server: () => [{ name: 'cell', definition: cell, params: null }] },
  setup: (random) => ({
    nodes: ['a', 'b', 'c'].map((id) => ({ id, program: 'server', params: null, role: id === 'a' ? 'server' : 'client' })),
    workload: Array.from({ length: 30 }, (_, n) => ({
      atMs: 20 + 30 * n, to: ['a', 'b', 'c'][n % 3] + '/cell', message: { type: 'add', by: random.between(1, 9) },
    })),
  }),
  faultMs: 1000,
  healMs: 2000,
  faults: { faults: ['crash', 'clock-jump', 'slow-link', 'pause'], maxDown: 1 },
  properties: {
    always: {
      grows: () => {
        const totals = new Map();
        return {
          observe({ node, observation: { type, total } }) {
            if (type !== 'total') return undefined;
            const before = totals.get(node) ?? 0;
            totals.set(node, total);
            return total > before ? undefined : node + ' went from ' + before + ' to ' + total;
          },
        };
      },
      ${more}
    },
  },
});
`,
  );
}

const summary = z.object({
  artifact: z.string(),
  ending: z.literal('minimal'),
  original: z.object({ faults: z.int(), requests: z.int(), nodes: z.int() }),
  small: z.object({ faults: z.int(), requests: z.int(), nodes: z.int() }),
  violation: z.object({ property: z.literal('grows') }),
});
const replayed = z.object({ comparison: z.string(), divergedAt: z.string().optional() });

describe('orrery minimise', () => {
  let found: string;
  beforeEach(() => writeScenario(''));
  beforeAll(async () => {
    writeScenario('');
    const hunted = await orrery('hunt', './forgets.ts', '--seeds', '200', '--workers', '1', '--out', 'out');
    found = /out\/forgets-\d+\.json/.exec(hunted.stdout)?.[0] ?? '';
    expect(hunted.code).toBe(1);
  });

  it('leaves one crash, two requests and the one node, which fail in the same way when they are replayed', async () => {
    const { code, stdout, stderr } = await orrery('minimise', found, '--out', 'small.json', '--json', '-');
    const { original, small } = summary.parse(JSON.parse(stdout));
    expect(small).toMatchObject({ faults: 1, requests: 2, nodes: 1 });
    expect(original).toMatchObject({ requests: 30, nodes: 3 });
    expect(stderr).toContain('nothing more can be left out');
    expect(code).toBe(0);
    const artifact = readArtifact(join(folder, 'small.json'));
    expect(artifact.plan.faults.map(({ fault }) => fault)).toEqual(['crash']);
    expect(artifact.cutAtMs).toBeLessThan(1100 * 1.25 + 600);
    expect(artifact.minimised?.original).toMatchObject({ plan: readArtifact(join(folder, found)).plan });
    for (const which of [[], ['--original']]) {
      const replay = await orrery('replay', 'small.json', ...which, '--json', '-');
      expect(replayed.parse(JSON.parse(replay.stdout)).comparison).toBe('reproduces');
      expect(replay.code).toBe(1);
    }
  });

  it('gives the same run for the same number of runs', async () => {
    const small = async (name: string): Promise<unknown> => {
      await orrery('minimise', found, '--runs', '25', '--out', name);
      const { fingerprint, plan, setup } = readArtifact(join(folder, name));
      return { fingerprint, plan, setup };
    };
    expect(await small('first.json')).toEqual(await small('second.json'));
  });

  it('follows a hunt that asks for it', async () => {
    const hunted = await orrery(
      'hunt',
      './forgets.ts',
      '--seeds',
      '200',
      '--workers',
      '1',
      '--out',
      'again',
      '--minimise',
    );
    expect(hunted.stdout).toMatch(/minimised from .+ to 1 fault, 2 requests, 1 node in \d+ runs/);
    expect(hunted.code).toBe(1);
  });

  it('says what keeps it from making a run small', async () => {
    const other = await orrery('minimise', found, '--property', 'shrinks');
    expect(other.stderr).toContain('--property shrinks: it did not fail in this run; grows did');
    expect(other.code).toBe(2);
  });

  it('and replay tell what became of it in changed code', async () => {
    await orrery('minimise', found, '--out', 'kept.json');
    const replay = async (): Promise<[string, number]> => {
      const { stdout, code } = await orrery('replay', 'kept.json', '--json', '-');
      return [replayed.parse(JSON.parse(stdout)).comparison, code];
    };
    // One more turn at the start, and the violation comes one step later.
    writeScenario(`context.send(context.self, { type: 'add', by: 1 }); context.observe({ type: 'began' });`);
    expect(await replay()).toEqual(['reproduces-elsewhere', 1]);
    writeScenario('', `state.total = Math.round(context.nowMs() + 1000 * context.incarnation);`);
    expect(await replay()).toEqual(['no-longer-fails', 0]);
    const told = await orrery('replay', 'kept.json');
    expect(told.stdout).toMatch(/no longer fails: grows holds/);
    expect(told.stdout).toMatch(/the runs part at step a:\d+, at \d+\.\d{3} ms/);
    writeScenario('', '', `never: () => ({ observe: () => 'at once' }),`);
    expect(await replay()).toEqual(['diverged', 1]);
    const gone = await orrery('minimise', 'kept.json');
    expect(gone.stderr).toContain('does not violate grows');
    expect(gone.code).toBe(2);
  });

  it('where its faults no longer take place, nothing is shown either way', async () => {
    await orrery('minimise', found, '--out', 'reacts.json');
    // A plan that waits for what the changed code no longer observes.
    const plan = {
      faults: [{ ...readArtifact(join(folder, 'reacts.json')).plan.faults[0]!, at: { on: 'total', occurrence: 2 } }],
    };
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    const hunt = ['hunt', './forgets.ts', '--seeds', '40', '--workers', '1', '--plan', 'plan.json', '--out', 'planned'];
    const planned = /planned\/forgets-\d+\.json/.exec((await orrery(...hunt)).stdout)?.[0] ?? '';
    writeScenario('', `if (by > 0) return;`);
    const { code, stdout } = await orrery('replay', planned);
    expect(stdout).toContain('fewer faults took place than then (crash)');
    expect(code).toBe(5);
  });

  it('what it leaves can be kept, and is run from then on', async () => {
    await orrery('minimise', found, '--out', 'lasting.json');
    const keep = ['regressions', 'kept', '--keep', 'lasting.json', '--name', 'forgets-all', '--broke', 'it forgot'];
    expect((await orrery(...keep)).code).toBe(0);
    expect((await orrery(...keep)).stderr).toContain('is there already');
    const failing = await orrery('regressions', 'kept');
    expect(failing.stdout).toContain('reproduces, as recorded');
    expect(failing.code).toBe(1);
    writeScenario('', `state.total = Math.round(context.nowMs() + 1000 * context.incarnation);`);
    const mended = await orrery('regressions', 'kept');
    expect(mended.stdout).toContain('1 of 1 pass on this build');
    expect(mended.code).toBe(0);
  });
});

describe('a kept run that does not end', () => {
  it('fails the regressions, by its name', async () => {
    writeScenario('');
    await orrery('hunt', 'forgets.ts', '--seeds', '1..20', '--out', 'kept-out');
    const [found] = readdirSync(join(folder, 'kept-out')).filter((name) => name.endsWith('.json'));
    const keep = ['--keep', join('kept-out', found!), '--name', 'loops', '--broke', 'it forgot'];
    await orrery('regressions', 'kept-loops', ...keep);
    writeScenario('', 'for (;;);');
    const { code, stdout } = await orrery('regressions', 'kept-loops', '--seed-timeout', '2');
    expect(stdout).toContain('hangs');
    expect(stdout).toMatch(/loops: .* did not come back within 2 s/);
    expect(stdout).toContain('0 of 1 pass');
    expect(code).toBe(1);
  });
});
