import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { BUILT_IN_NAMES } from './built-in-scenarios.js';
import { corpusFilesUnder, readCorpus } from './mutants/corpus.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'orrery-edges-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function orrery(...args: readonly string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
} {
  const options = { cwd: folder, encoding: 'utf8' as const, timeout: 60_000 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { code: status, out: stdout, err: stderr };
}

/** A file of a user whose only actor does `handler` with the only message that it is told. */
function scenarioFile(name: string, handler: string): string {
  writeFileSync(
    join(folder, `${name}.ts`),
    `import { actor, messages, t } from 'orrery';
import { scenario } from 'orrery/sim';
const Cell = messages('cell', { put: { value: t.int } });
const cell = actor(Cell, { init: () => ({}), on: { put(context, state, { value }) { void value; ${handler} } } });
export const mine = scenario({
  name: '${name}',
  programs: { server: () => [{ name: 'cell', definition: cell, params: null }] },
  setup: (random) => ({
    nodes: [{ id: 'n1', program: 'server', params: null, role: 'server' }],
    workload: [{ atMs: 10, to: 'n1/cell', message: { type: 'put', value: random.between(0, 9) } }],
  }),
  faultMs: 100,
  healMs: 100,
  faults: 'none',
  properties: { always: {}, eventually: {}, sometimes: {} },
});
`,
  );
  return `./${name}.ts`;
}

describe('what would look like success, or like nothing', () => {
  it('a module that awaits for ever at its top level is told of', () => {
    writeFileSync(join(folder, 'waits.mjs'), 'await new Promise(() => undefined);\n');
    const { code, err } = orrery('hunt', './waits.mjs', '--seeds', '1');
    expect(err).toContain('awaits, at its top level, what never comes');
    expect(code).toBe(2);
  });

  it('a folder without a regression is no folder whose regressions pass', () => {
    mkdirSync(join(folder, 'hollow'));
    const { code, err } = orrery('regressions', 'hollow');
    expect(err).toContain('hollow: there is no artifact in it');
    expect(code).toBe(2);
  });

  it.each(['--name', '--broke', '--planted'])('%s without --keep is refused', (option) => {
    const { code, err } = orrery('regressions', option, 'lost-vote');
    expect(err).toContain(`${option} belongs to --keep`);
    expect(code).toBe(2);
  });

  it('a history without an operation is legal, with a warning', () => {
    writeFileSync(join(folder, 'idle.jsonl'), '{"history":1,"model":"kv"}\n');
    const { code, err } = orrery('check', 'idle.jsonl');
    expect(err).toContain('idle.jsonl: no operation is in it');
    expect(code).toBe(0);
  });
});

it('a replay that hangs in its first turn leaves the guard out of what comes after', () => {
  const { code, out, err } = orrery('replay', scenarioFile('stuck', 'for (;;);'), '--seed', '1', '--seed-timeout', '1');
  expect(out).toContain('violated: run-ends at step n1:1');
  expect(err).not.toContain('NondeterminismError');
  expect(code).toBe(1);
});

it('shards put together tell which seeds failed, and how', () => {
  const file = scenarioFile('sevens', `if (value === 7) throw new Error('seven');`);
  for (const shard of ['1/2', '2/2']) {
    orrery(
      'hunt',
      file,
      '--seeds',
      '40',
      '--keep-going',
      '--workers',
      '1',
      '--shard',
      shard,
      '--json',
      `${shard[0]}.json`,
    );
  }
  const { code, out, err } = orrery('hunt', '--merge', '1.json', '2.json');
  const failed = Number(/40 seeds, (\d+) failed/.exec(out)?.[1]);
  expect(failed).toBeGreaterThan(0);
  expect([...out.matchAll(/^sevens: seed \d+ failed\n {2}actor-failed at step n1:1/gm)]).toHaveLength(failed);
  expect(err).toContain('artifacts are where the shards ran');
  expect(code).toBe(1);
});

it('a picture rings what failed, and begins before the run ends', () => {
  const file = scenarioFile('throwing', `throw new Error('at once');`);
  const drawn = orrery('replay', file, '--seed', '1', '--picture', 'run.svg');
  expect(drawn.code).toBe(1);
  const picture = readFileSync(join(folder, 'run.svg'), 'utf8');
  expect(picture).toMatch(/<circle [^>]*class="violated"><title>actor-failed at step n1:1: [^<]*at once/);
  const late = orrery('replay', file, '--seed', '1', '--picture', 'late.svg', '--from-ms', '5000');
  expect(late.err).toContain('--from-ms 5000: the run ended at');
  expect(late.code).toBe(2);
});

describe('the examples of --help', () => {
  const examples = ['hunt', 'replay', 'minimise', 'regressions', 'verify', 'compare', 'check', 'mutants'].flatMap(
    (command) => [...orrery(command, '--help').out.matchAll(/^ {2}orrery (.+)$/gm)].map(([, line]) => line!.trim()),
  );

  it('name scenarios that are built in', () => {
    const named = examples.flatMap((line) => {
      const [, words] = /^(?:hunt|replay|verify) ((?:[a-z]+ )+)/.exec(`${line} `) ?? [];
      return words === undefined ? [] : words.trim().split(' ');
    });
    expect(named.length).toBeGreaterThan(10);
    for (const name of named) expect(BUILT_IN_NAMES).toContain(name);
  });

  it('stand beside options that the documents explain, too', () => {
    const pages = ['simulation', 'exploration', 'checking', 'reference/command-line'].map((name) =>
      readFileSync(join(ROOT, `docs/${name}.md`), 'utf8'),
    );
    const told = new Set(pages.flatMap((page) => page.match(/--[a-z-]+/g) ?? []));
    for (const command of ['hunt', 'replay', 'minimise', 'regressions', 'verify', 'check', 'mutants']) {
      const options = [...orrery(command, '--help').out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(
        ([, name]) => name!,
      );
      expect(options.length).toBeGreaterThan(4);
      for (const option of options.filter((name) => name !== '--help'))
        expect(told, `orrery ${command}`).toContain(option);
    }
  });

  it('name planted bugs that there are', () => {
    const names = readCorpus(corpusFilesUnder(ROOT)).map(({ name }) => name);
    const asked = examples.flatMap((line) => /--only (\S+)/.exec(line)?.[1] ?? []);
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect(names).toContain(name);
  });
});
