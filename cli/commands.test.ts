import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InspectorClient } from './inspector-client.fixture.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'orrery-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function orrery(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, encoding: 'utf8' as const, maxBuffer: 1 << 26, timeout: 100_000 };
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Whether a loop of a user's file is over: not unless the test says so. */
const ENDS = `(process.env['CELL_ENDS'] === 'yes')`;

/** A user's file: a cell that is told values; `handler` is what it does with one, `claims` what is said of it. */
function userScenario(name: string, handler: string, claims: string, more = ''): string {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import { actor, messages, t } from 'orrery';
import { scenario } from 'orrery/sim';
import fs from 'node:fs';
const Cell = messages('cell', { put: { value: t.int } });
let calls = 0;
const cell = actor(Cell, {
  init: () => ({ value: 0 }),
  on: {
    put(context, state, { value }) {
      void fs; void calls;
      ${handler}
      state.value = value;
      context.observe({ type: 'put', value });
    },
  },
});
export const mine = scenario({
  name: '${name}',
  programs: { server: () => [{ name: 'cell', definition: cell, params: null }] },
  setup: (random) => ({
    nodes: [{ id: 'n1', program: 'server', params: null, role: 'server' }],
    workload: [10, 20, 30].map((atMs) => ({ atMs, to: 'n1/cell', message: { type: 'put', value: random.between(0, 9) } })),
  }),
  faultMs: 100,
  healMs: 100,
  faults: 'none',
  sometimesAfterSeeds: 20,
  properties: { always: {}, eventually: {}, sometimes: {}, ${claims} },
  ${more}
});
`,
  );
  return file;
}

// Fails where the seed draws 7 first: in some seeds, and always in the same ones.
const FAILS_SOMETIMES = `always: {
  noSeven: () => ({ observe: ({ observation, step }) => (observation.value === 7 && step === 2 ? 'there it is' : undefined) }),
}`;
const NEVER = `sometimes: { flew: () => ({ observe: () => false }) }`;

const run = z.strictObject({
  seed: z.int(),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  steps: z.int(),
  simulatedMs: z.number(),
  wallMs: z.number(),
  verdict: z.enum(['passed', 'failed', 'nondeterministic', 'died']),
  violations: z.array(
    z.strictObject({
      property: z.string(),
      kind: z.enum(['always', 'eventually', 'crash']),
      step: z.string(),
      atMs: z.number(),
      message: z.string(),
    }),
  ),
  reached: z.record(z.string(), z.int()),
  failureGroup: z.string().optional(),
  nondeterminism: z.string().optional(),
});
const huntDocument = z.strictObject({
  schemaVersion: z.literal(1),
  scenario: z.string(),
  placement: z.string(),
  workers: z.int(),
  seeds: z.strictObject({ first: z.int(), last: z.int() }),
  shard: z.strictObject({ index: z.int(), of: z.int() }).optional(),
  failuresWanted: z.int().nullable(),
  build: z.string(),
  runs: z.array(run),
  groups: z.array(z.strictObject({ name: z.string(), firstSeed: z.int(), seeds: z.int() })),
  sometimes: z.strictObject({ names: z.array(z.string()), afterSeeds: z.int() }),
  missing: z.array(z.string()),
  ending: z.enum(['finished', 'stopped-at-failure', 'interrupted', 'time-budget']),
  explore: z.string(),
  confidence: z.strictObject({
    runs: z.int(),
    statesSeen: z.int(),
    statesSeenOnce: z.int(),
    unseenPpm: z.int().optional(),
    newStatesPerHundredRuns: z.int(),
    rare: z.record(z.string(), z.int()),
  }),
});

/** A document without what may differ from run to run. */
function timeless(text: string): unknown {
  const { workers: _workers, ...document } = huntDocument.parse(JSON.parse(text));
  return { ...document, runs: document.runs.map(({ wallMs: _wallMs, ...rest }) => rest) };
}

describe('a user mistake ends with 2, in a sentence, without a stack', () => {
  it.each([
    [['hnt'], 'Did you mean hunt?'],
    [['hunt', 'raft', '--sed', '1'], 'Did you mean --seeds?'],
    [['hunt'], 'missing required argument'],
    [['hunt', 'rafft'], 'built in are raft, raft-membership, raft-reads, raft-lost-disks, lease'],
    [['hunt', 'raft', '--seeds', '5..1'], 'write 1..5'],
    [['hunt', 'raft', '--placement', 'realm'], 'not built yet'],
    [['hunt', 'raft', '--workers', '0'], 'whole number from 1'],
    [['hunt', 'raft', '--plan', 'nowhere.json'], 'nowhere.json: there is no such file'],
    [['hunt', './nowhere.ts'], './nowhere.ts: there is no such file'],
    [['hunt', './broken.ts'], 'broken.ts:2:7: '],
    [['hunt', './throws.js'], 'cannot be loaded: Error: at load'],
    [['hunt', './empty.mjs'], 'exports no scenario (it exports nothing)'],
    [['hunt', './half.js'], 'half: setup: expected a function'],
    [['hunt', './half.js#other'], 'half.js: has no export other; it has half'],
    [['replay', 'raft'], '--seed N'],
    [['replay', 'damaged.json'], 'damaged.json: not JSON'],
    [['replay', 'raft', '--seed', 'x'], 'one seed'],
    [['replay', 'raft', '--seed', '1', '--until', 'n1'], 'give node:step'],
    [['replay', 'raft', '--seed', '1', '--until', 'n77:3'], 'no node n77'],
    [['hunt', 'raft', '--seeds', '1', '--plan', 'meteor.json'], 'unknown fault "meteor"'],
    // Before the work whose result would be lost.
    [['hunt', 'raft', '--json', 'nowhere/x.json'], '--json nowhere/x.json: there is no folder'],
    [['hunt', 'raft', '--out', 'half.js/found'], 'half.js is no folder'],
    [['verify', 'raft', '--json', '.'], '--json .: this is a folder'],
    [['compare', '--report', 'nowhere/r.html'], '--report nowhere/r.html: there is no folder'],
    [['replay', 'raft', '--seed', '1', '--picture', 'nowhere/p.svg'], '--picture nowhere/p.svg: there is no folder'],
    [['replay', 'raft', '--seed', '1', '--from-ms', '5'], 'give --picture FILE'],
    [['replay', 'raft', '--seed', '1', '--picture', 'p.svg', '--from-ms', '5', '--to-ms', '5'], 'nothing lies between'],
    [['replay', 'raft', '--seed', '1', '--break', 'n77:3'], 'no node n77'],
    [['compare', '--tasks', 'idle.json'], 'idle.json:1:11: tasks: has no task, so there is nothing to run'],
    [['compare', '--tasks', 'damaged.json'], 'damaged.json:1:12: format: this text has no closing quote'],
    [['task', 'submit', 'idle.json', '--config', 'n1.yaml'], 'idle.json:1:11: tasks: has no task'],
    [['node', '--config', 'idle.json'], 'idle.json:1:1: node: is missing; give the name of this node'],
    [['mutants', '--list', '--corpus', 'meteor.json'], 'meteor.json: expected a list of bugs'],
    [['mutants', '--list', '--corpus', 'nowhere.json'], 'nowhere.json: there is no such file'],
    [['task', 'show'], '(orrery task show --help tells what it takes)'],
  ])('%j', async (args, message) => {
    writeFileSync(join(folder, 'broken.ts'), 'export const a: number = 1;\nconst = 2;\n');
    writeFileSync(join(folder, 'throws.js'), 'throw new Error("at load");\n');
    writeFileSync(join(folder, 'empty.mjs'), '');
    writeFileSync(join(folder, 'half.js'), 'export const half = { name: "half", programs: {} };\n');
    writeFileSync(join(folder, 'idle.json'), '{"tasks": []}');
    writeFileSync(join(folder, 'damaged.json'), '{"format": "orrery-art');
    const plan = { faults: [{ name: 'a', fault: 'meteor', at: { ms: 1 }, target: { kind: 'all' }, params: {} }] };
    writeFileSync(join(folder, 'meteor.json'), JSON.stringify(plan));
    const { code, stderr } = await orrery(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });
});

it('--help teaches, and so does the help of a command', async () => {
  for (const args of [['--help'], ['hunt', '--help'], ['help', 'replay']]) {
    const { code, stdout } = await orrery(...args);
    expect(stdout).toMatch(/orrery (hunt|replay) .+ {2,}\S/);
    expect(code).toBe(0);
  }
});

it('mutants --list --json writes the corpus as a document', async () => {
  const { code, stdout } = await orrery('mutants', '--list', '--only', 'gossip-no-refutation', '--json', '-');
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    bugs: [{ name: 'gossip-no-refutation', scenario: 'gossip' }],
  });
  expect(code).toBe(0);
});

describe('a hunt', () => {
  let failing: string;
  beforeAll(() => {
    failing = userScenario('failing', '', FAILS_SOMETIMES);
  });

  it('gives the same document whatever the number of workers', async () => {
    const all = ['hunt', failing, '--seeds', '1..60', '--json', '-', '--keep-going', '--workers'];
    const [one, three] = [await orrery(...all, '1'), await orrery(...all, '3')];
    expect(one.code).toBe(1);
    expect(timeless(three.stdout)).toEqual(timeless(one.stdout));
    const { runs } = huntDocument.parse(JSON.parse(one.stdout));
    expect(runs.map(({ seed }) => seed)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    const failed = runs.filter(({ verdict }) => verdict === 'failed').length;
    expect(failed).toBeGreaterThan(1);

    const first = ['hunt', failing, '--seeds', '1..60', '--json', '-', '--workers'];
    const [stopped, stoppedToo] = [await orrery(...first, '1'), await orrery(...first, '3')];
    expect(timeless(stoppedToo.stdout)).toEqual(timeless(stopped.stdout));
    const short = huntDocument.parse(JSON.parse(stopped.stdout));
    expect(short.ending).toBe('stopped-at-failure');
    expect(short.runs.map(({ verdict }) => verdict).indexOf('failed')).toBe(short.runs.length - 1);
  });

  it('in threads gives the fingerprints of inline', async () => {
    const args = ['hunt', failing, '--seeds', '1..12', '--keep-going', '--json', '-', '--placement'];
    const [inline, threads] = [await orrery(...args, 'inline'), await orrery(...args, 'threads')];
    expect(timeless(threads.stdout)).toEqual({ ...(timeless(inline.stdout) as object), placement: 'threads' });
  });

  it('of several scenarios gives an array of documents, and each its own end', async () => {
    const fine = userScenario('fine', '', '');
    const { code, stdout } = await orrery('hunt', failing, fine, '--seeds', '40', '--json', '-');
    const documents = z.array(huntDocument).parse(JSON.parse(stdout));
    expect(documents.map(({ scenario, ending }) => [scenario, ending])).toEqual([
      ['failing', 'stopped-at-failure'],
      ['fine', 'finished'],
    ]);
    expect(code).toBe(1);
  });

  it('prints the one command that replays a failed seed to the same step and fingerprint', async () => {
    const { stdout } = await orrery('hunt', failing, '--seeds', '60', '--out', 'found');
    const command = /replay {4}node \S+main\.js (.+)$/m.exec(stdout)?.[1] ?? '';
    expect(command).toMatch(/^replay found\/failing-\d+\.json$/);
    const replayed = await orrery(...command.split(' '));
    expect(replayed.stdout).toContain('violated: noSeven at step n1:2');
    expect(replayed.stdout).toContain('as recorded: the same step, violation and fingerprint');
    expect(replayed.stderr).toBe('');
    expect(replayed.code).toBe(1);

    const artifact = join(folder, command.replace('replay ', ''));
    writeFileSync(artifact, readFileSync(artifact, 'utf8').replace('"put"', '"pot"'));
    const damaged = await orrery('replay', artifact);
    expect(damaged.stderr).toContain('the file was changed after it was written');
    expect(damaged.code).toBe(2);
  });

  it('tells on replay that the code has changed, and whether the failure is gone', async () => {
    const file = userScenario('mended', '', FAILS_SOMETIMES);
    await orrery('hunt', file, '--seeds', '60', '--out', 'old');
    userScenario('mended', 'if (value === 7) return;', FAILS_SOMETIMES);
    const [artifact] = readdirSync(join(folder, 'old'));
    const { code, stdout, stderr } = await orrery('replay', join('old', artifact ?? ''));
    expect(stderr).toContain('warning: the code of ../mended.ts has changed since');
    expect(stdout).toMatch(/violation\tnoSeven at step n1:2\tno violation/);
    expect(code).toBe(0);
  });

  it('without one reached `sometimes` is vacuous, from the number of seeds that the scenario declares', async () => {
    const vacuous = userScenario('vacuous', '', NEVER);
    const enough = await orrery('hunt', vacuous, '--seeds', '20');
    expect(enough.stdout).toContain('sometimes flew: never reached in 20 seeds');
    expect(enough.code).toBe(4);
    expect((await orrery('hunt', vacuous, '--seeds', '19')).code).toBe(0);
    // A failure counts more than what was never reached.
    const both = userScenario('both', '', `${FAILS_SOMETIMES}, ${NEVER}`);
    expect((await orrery('hunt', both, '--seeds', '40', '--keep-going')).code).toBe(1);
  });

  it('reports a seed whose thread dies or hangs, and goes on with the others', async () => {
    const dying = userScenario('dying', 'if (value === 7) process.exit(5);', '');
    const died = await orrery('hunt', dying, '--seeds', '12', '--keep-going', '--json', '-');
    const { runs } = huntDocument.parse(JSON.parse(died.stdout));
    expect(runs).toHaveLength(12);
    expect(new Set(runs.map(({ verdict }) => verdict))).toEqual(new Set(['passed', 'died']));
    expect(died.code).toBe(1);

    const hanging = userScenario('hanging', `if (value > 5 && context.nowMs() > 15) while (!${ENDS});`, '');
    const hung = await orrery('hunt', hanging, '--seeds', '5..8', '--keep-going', '--seed-timeout', '1', '--no-guard');
    expect(hung.stdout).toMatch(
      /run-ends at step (n1:\d), 0 ms: while it ran node n1 at step \1: did not come back within 1 s/,
    );
    expect(hung.stdout).toMatch(/replay .*hanging-\d\.json --break n1:\d/);
    expect(hung.code).toBe(1);

    const [file] = readdirSync(join(folder, 'orrery-out')).filter((name) => name.startsWith('hanging-'));
    const artifact = join('orrery-out', file!);
    for (const guard of [[], ['--no-guard']]) {
      const replayed = await orrery('replay', artifact, '--seed-timeout', '1', ...guard);
      expect(replayed.stdout).toMatch(
        /violated: run-ends at step (n1:\d): while it ran node n1 at step \1: did not come/,
      );
      expect(replayed.stdout).toContain('reproduces, as recorded');
      expect(replayed.stderr).toMatch(/--break n1:\d stops in a debugger/);
      expect(replayed.code).toBe(1);
    }

    process.env['CELL_ENDS'] = 'yes';
    const ended = await orrery('replay', artifact, '--no-guard').finally(() => delete process.env['CELL_ENDS']);
    expect(ended.stdout).toContain('no longer fails: run-ends holds');
    expect(ended.code).toBe(0);

    const small = await orrery('minimise', artifact, '--budget-s', '1');
    expect(small.stderr).toContain('this run did not come to an end');
    expect(small.code).toBe(2);
  });
});

describe('nondeterminism', () => {
  it.each([
    ['Date.now()', 'state.value = Date.now();'],
    ['Math.random()', 'if (Math.random() > 2) state.value = 1;'],
    ['setTimeout()', 'setTimeout(() => undefined, 0);'],
    ['a promise', 'void Promise.reject(new Error("lost"));'],
    ['fs.readFileSync()', 'try { fs.readFileSync("/etc/hostname"); } catch { /* swallowed */ }'],
  ])('%s in an actor is reported with file and line, and ends with 3', async (what, handler) => {
    const name = `escape-${what.replace(/\W+/g, '')}`;
    const file = userScenario(name, handler, FAILS_SOMETIMES);
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((text) => text.includes(handler)) + 1;
    const place = new RegExp(
      `${what.replace(/[().]/g, '\\$&')} in actor n1/cell at step n1:1 \\(\\S*${name}\\.ts:${line}:\\d+\\)`,
    );
    const { code, stdout } = await orrery('hunt', file, '--seeds', '40', '--keep-going');
    expect(stdout).toMatch(place);
    // Some of these seeds violate a property too: what is not repeatable comes first.
    expect(code).toBe(3);
    const threads = await orrery('hunt', file, '--seeds', '1', '--placement', 'threads');
    expect(threads.stdout).toMatch(place);
    expect(threads.code).toBe(3);
    const replay = await orrery('replay', file, '--seed', '1');
    expect(replay.stdout).toMatch(place);
    expect(replay.code).toBe(3);
  });

  it('that no trap sees is found by the second run, with the first different step', async () => {
    const leaking = userScenario('leaking', 'context.observe({ type: "called", times: ++calls });', '');
    const hunted = await orrery('hunt', leaking, '--seeds', '1..3');
    expect(hunted.stdout).toMatch(
      /run twice, the seed gave the fingerprints [0-9a-f]{16} and [0-9a-f]{16}: an earlier run in the same process left state/,
    );
    expect(hunted.code).toBe(3);
    const verified = await orrery('replay', leaking, '--seed', '1', '--verify');
    expect(verified.stdout).toContain('first difference: step n1:1');
    expect(verified.code).toBe(3);
    expect((await orrery('hunt', leaking, '--seeds', '2..2')).code).toBe(3);
    // Only every tenth seed is run twice, unless all are asked for.
    const sound = userScenario('sound', '', '');
    expect((await orrery('hunt', sound, '--seeds', '12', '--verify')).code).toBe(0);
  });
});

describe('a replay', () => {
  it('stops after the step that is named', async () => {
    const file = userScenario('until', '', '');
    const { code, stdout } = await orrery('replay', file, '--seed', '1', '--until', 'n1:3');
    expect(stdout).toContain('n1:3');
    expect(stdout).not.toContain('n1:4\t');
    expect(code).toBe(0);
    const twice = await orrery('replay', file, '--seed', '1', '--until', 'n1:2', '--verify');
    expect(twice.stdout).toContain('run twice: every step is the same');
    expect(twice.code).toBe(0);
    const past = await orrery('replay', file, '--seed', '1', '--until', 'n1:999');
    expect(past.stderr).toContain('--until n1:999: the run ended before this step');
  });

  it('stops in the debugger just before the step that is named', async () => {
    const file = userScenario('breaks', '', '');
    const replay = spawn(process.execPath, [MAIN, 'replay', file, '--seed', '1', '--break', 'n1:2', '-n', '0'], {
      cwd: folder,
    });
    const url = await new Promise<string>((resolve) => {
      let stderr = '';
      replay.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
        const found = /ws:\S+/.exec(stderr);
        if (found !== null) resolve(found[0]);
      });
    });
    let stdout = '';
    replay.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    const debuggee = await InspectorClient.connect(url);
    debuggee.send('Debugger.enable');
    // The address is printed a moment before the wait begins: a word that comes earlier is not heard.
    const asking = setInterval(() => debuggee.send('Runtime.runIfWaitingForDebugger'), 20);
    const paused = await debuggee.next('Debugger.paused').finally(() => clearInterval(asking));
    const frames = (paused['callFrames'] as { functionName: string; callFrameId: string }[]).slice(0, 6);
    expect(frames[0]?.functionName).toBe('breakpoint');
    debuggee.send('Debugger.evaluateOnCallFrame', {
      callFrameId: frames[1]?.callFrameId,
      expression: '`${node}:${step}`',
    });
    expect(await debuggee.next('result')).toMatchObject({ result: { value: 'n1:2' } });
    debuggee.send('Debugger.resume');
    const ended = new Promise((resolve) => replay.once('close', (code, signal) => resolve(code ?? signal)));
    // Node waits for it at its end. Before that, a session that closes while the process goes down can take the process with it.
    replay.stderr.on('data', (chunk: Buffer) => {
      if (chunk.includes('Waiting for the debugger to disconnect')) debuggee.close();
    });
    expect(await ended).toBe(0);
    expect(stdout).toContain('all properties held');
  });

  it('runs twice and says that every step is the same', async () => {
    const file = userScenario('repeats', '', '');
    const { code, stdout } = await orrery('replay', file, '--seed', '3', '--verify');
    expect(stdout).toMatch(/run twice: every step is the same, fingerprint [0-9a-f]{16}/);
    expect(code).toBe(0);
  });
});

it('Ctrl-C ends a hunt cleanly, with what was known by then', async () => {
  const file = userScenario('long', '', FAILS_SOMETIMES);
  const args = ['hunt', file, '--seeds', '1000000', '--keep-going', '--json', 'partial.json'];
  const hunt = spawn(process.execPath, [MAIN, ...args], { cwd: folder });
  let stdout = '';
  hunt.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    // The first failure has been told, and very many seeds are left.
    if (stdout.includes('replay    ') && !hunt.killed) hunt.kill('SIGINT');
  });
  const code = await new Promise((resolve) => hunt.once('close', resolve));
  expect(stdout).toContain('interrupted: this is what was known by then');
  expect(code).toBe(1);
  const { ending, runs } = huntDocument.parse(JSON.parse(readFileSync(join(folder, 'partial.json'), 'utf8')));
  expect(ending).toBe('interrupted');
  expect(runs.length).toBeGreaterThan(0);
  expect(runs.length).toBeLessThan(1_000_000);
});
