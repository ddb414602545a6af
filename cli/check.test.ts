import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CheckDocument } from './check/check-document.js';

const CLI = resolve(import.meta.dirname, '../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'orrery-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function check(...args: readonly string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'check', ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

const legal = file('legal.log', '0 :invoke :write 1\n0 :ok :write 1\n1 :invoke :read nil\n1 :ok :read 1\n');
const illegal = file('illegal.log', '0 :invoke :write 1\n0 :ok :write 1\n1 :invoke :read nil\n1 :ok :read 2\n');
/** All of these writes are under way at once, and a value is read that nobody wrote. */
const hard = file(
  'hard.log',
  [
    ...Array.from({ length: 24 }, (_, process) => `${process} :invoke :write ${process}`),
    '100 :invoke :read nil\n100 :ok :read 100',
    ...Array.from({ length: 24 }, (_, process) => `${process} :ok :write ${process}`),
  ].join('\n'),
);

describe('orrery check', () => {
  it('ends with 0 where all are legal, and tells them in a table', () => {
    const { code, out } = check(legal, legal, '--model', 'cas-register');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('history\tverdict\toperations\topen\tparts\tsteps\ttime\tcannot be explained');
    expect(out).toContain(`${legal}\tlegal\t2\t0\t1\t`);
    expect(out).toContain('2 histories: 2 legal, 0 illegal');
  });

  it.each(['wgl', 'jit'])('ends with 1 where one is not, and says why, with %s', (algorithm) => {
    const { code, out } = check(legal, illegal, '-m', 'cas-register', '--algorithm', algorithm);
    expect(code).toBe(1);
    expect(out).toContain(`${illegal}:3: process 1: read() → 2 is explained by no order`);
    expect(out).toContain('process 1: read() → 2 cannot be next: the state is 1');
  });

  it('ends with 4 where one stayed undecided in its time, after telling how far it came, and with 1 where another is illegal', () => {
    const undecided = check(legal, hard, '-m', 'cas-register', '--budget', '1');
    expect(undecided.code).toBe(4);
    expect(undecided.out).toMatch(/hard\.log\tunknown\t.*out of time/);
    expect(undecided.out).toContain('1 legal, 0 illegal, 1 undecided');
    expect(check(hard, illegal, '-m', 'cas-register', '--budget', '1').code).toBe(1);
  });

  it('writes a document and a page', () => {
    const [document, page] = [join(folder, 'results.json'), join(folder, 'why.html')];
    check(legal, illegal, '-m', 'cas-register', '--json', document, '--picture', page);
    const { version, verdict, histories } = JSON.parse(readFileSync(document, 'utf8')) as CheckDocument;
    expect({ version, verdict }).toEqual({ version: 1, verdict: 'illegal' });
    expect(histories.map((history) => history.verdict)).toEqual(['legal', 'illegal']);
    expect(histories[1]?.counterexample).toMatchObject({
      culprit: { process: 1, line: 3, text: 'read() → 2' },
      prefix: [{ text: 'write(1)' }],
      states: ['1'],
    });
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('illegal.log is not linearizable');
    expect(html).toContain('no order explains what returned up to here');
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(check(legal, '-m', 'cas-register', '--picture', page).err).toContain('nothing to show');
  });

  it('takes model and initial value from a history that names them, and from the command line first', () => {
    const own = file(
      'own.jsonl',
      '{"history":1,"model":"cas-register","initial":7}\n{"process":0,"type":"invoke","f":"read"}\n{"process":0,"type":"ok","f":"read","value":7}\n',
    );
    expect(check(own).code).toBe(0);
    expect(check(own, '--initial', '8').code).toBe(1);
  });

  it('judges by a model of the user', () => {
    const model = file(
      'counter.ts',
      `import type { linearizability } from 'orrery/props';
       export const counter: linearizability.Model<number> = {
         name: 'counter',
         initial: () => 0,
         step: (count, { f, result }) => (f === 'add' ? count + 1 : result === undefined || result === count ? count : undefined),
         stateKey: (count) => count,
       };`,
    );
    const add = (process: number): string =>
      `{"process":${process},"type":"invoke","f":"add"}\n{"process":${process},"type":"ok","f":"add"}\n`;
    const get = (value: number): string =>
      `{"process":9,"type":"invoke","f":"get"}\n{"process":9,"type":"ok","f":"get","value":${value}}\n`;
    expect(check(file('two.jsonl', add(0) + add(1) + get(2)), '-m', model).code).toBe(0);
    const wrong = check(file('three.jsonl', add(0) + add(1) + get(3)), '-m', `${model}#counter`);
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('get() → 3 cannot be next: the state is 2');
  });

  it.each<[string, () => readonly string[], string]>([
    ['no model', () => [legal], 'does not say what it is a history of; give --model (known are cas-register, kv,'],
    [
      'an unknown model',
      () => [legal, '-m', 'stack'],
      'unknown model "stack"; known are cas-register, kv, multi-register, mutex, lease, queue',
    ],
    [
      'an operation that the model does not know',
      () => [legal, '-m', 'queue'],
      'legal.log:1: no operation "write"; known are enqueue, dequeue',
    ],
    ['a missing file', () => ['nowhere.log', '-m', 'kv'], 'nowhere.log: there is no such file'],
    ['a folder', () => ['.', '-m', 'kv'], 'this is a folder; name the histories in it'],
    [
      'a broken line',
      () => [file('bad.log', '0 :invoke :write 1\n0 :ok :write [1'), '-m', 'cas-register'],
      'bad.log:2: the file ends, but ] is expected',
    ],
    ['a broken initial value', () => [legal, '-m', 'cas-register', '--initial', 'x'], '--initial x: this is no JSON'],
    [
      'an initial value for a mutex',
      () => [legal, '-m', 'mutex', '--initial', '1'],
      '--initial: a mutex has no initial value',
    ],
    [
      'a model that is none',
      () => [legal, '-m', file('none.mjs', 'export const mine = { name: "x" };')],
      'a model needs the functions initial, step, stateKey',
    ],
    [
      'a place that cannot be written',
      () => [legal, '-m', 'kv', '--json', 'no/where.json'],
      '--json no/where.json: there is no folder',
    ],
  ])('ends with 2 for %s', (_, args, message) => {
    const { code, err, out } = check(...args());
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('judges weaker guarantees', () => {
    const late = file('late.log', '0 :invoke :write 1\n0 :ok :write 1\n1 :invoke :read nil\n1 :ok :read nil\n');
    expect(check(late, '-m', 'cas-register').code).toBe(1);
    expect(check(late, '-m', 'cas-register', '--guarantee', 'sequential').code).toBe(0);
    expect(check(late, '-m', 'cas-register', '--guarantee', 'sessions').code).toBe(0);
    const own = file('own.log', '0 :invoke :write 1\n0 :ok :write 1\n0 :invoke :read nil\n0 :ok :read nil\n');
    for (const guarantee of ['sequential', 'sessions', 'read-your-writes']) {
      const { code, out } = check(own, '-m', 'cas-register', '--guarantee', guarantee);
      expect(code).toBe(1);
      expect(out).toContain('read() → nil');
    }
    expect(check(own, '-m', 'cas-register', '--guarantee', 'monotonic-reads').code).toBe(0);
    expect(check(own, '-m', 'queue', '--guarantee', 'sessions').code).toBe(2);
  });

  it('teaches', () => {
    const help = execFileSync(process.execPath, [CLI, 'check', '--help'], { encoding: 'utf8' });
    for (const word of ['cas-register', 'multi-register', 'JSON lines', 'Jepsen EDN', 'Ends with 0'])
      expect(help).toContain(word);
  });
});
