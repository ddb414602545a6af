import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plain } from '../../../runtime/data.js';
import type { WorkResult } from '../../../runtime/ports.js';
import { WorkRouter } from './executor.js';
import { FunctionExecutor, loadFunctions, type TaskFunction } from './function-executor.js';
import { ShellExecutor } from './shell-executor.js';

let directory: string;
let router: WorkRouter;
let results: Map<number, WorkResult>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orrery-executors-'));
  results = new Map();
  router = new WorkRouter((workId, result) => results.set(workId, result));
});
afterEach(() => {
  router.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('never happened');
}

async function resultOf(workId: number): Promise<WorkResult | undefined> {
  await until(() => results.has(workId));
  return results.get(workId);
}

function inputOf(executor: Plain): Plain {
  const simulate = { minDurationMs: 0, maxDurationMs: 0, exitCode: 0, failFirst: 0, effect: true };
  const ids = {
    executionId: 'report@5.1',
    taskId: 'report',
    attempt: 2,
    fencingToken: 77,
    nominalMs: 5,
    timeoutMs: 1000,
  };
  return { ...ids, executor, simulate };
}

function useShell(): void {
  const environment = { PATH: process.env['PATH'] ?? '' };
  const sinkUrl = 'http://127.0.0.1:9/';
  router.register(
    'shell',
    new ShellExecutor({ directory, environment, maxOutputBytes: 500, killGraceMs: 50, sinkUrl, lamport: () => 12 }),
  );
}

const shell = (command: string): Plain => inputOf({ kind: 'shell', command });

describe('the router', () => {
  it('refuses work of a kind that no executor was registered for, and takes it once one is', async () => {
    router.start(1, 'shell', shell('true'));
    expect(await resultOf(1)).toMatchObject({
      ok: false,
      mayHaveHappened: false,
      error: expect.stringContaining('it has: none'),
    });
    useShell();
    router.start(2, 'shell', shell('true'));
    expect(await resultOf(2)).toMatchObject({ ok: true });
  });

  it('refuses what is no work', async () => {
    useShell();
    router.start(1, 'shell', { command: 'true' });
    expect(await resultOf(1)).toMatchObject({ ok: false, mayHaveHappened: false });
  });

  it('reports nothing of work that was cancelled or stopped, and ends it', async () => {
    useShell();
    router.start(1, 'shell', shell('sleep 300 & echo $! > one; wait'));
    router.start(2, 'shell', shell('sleep 300 & echo $! > two; wait'));
    const pidIn = (name: string): number => {
      try {
        return Number(readFileSync(join(directory, name), 'utf8'));
      } catch {
        return 0;
      }
    };
    await until(() => pidIn('one') > 0 && pidIn('two') > 0);
    const pids = [pidIn('one'), pidIn('two')];
    router.cancel(1);
    router.stop();
    for (const pid of pids) await until(() => !isRunning(pid));
    expect(results.size).toBe(0);
    expect(router.runningCount).toBe(0);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('shell work', () => {
  beforeEach(useShell);

  it('knows its task, execution, attempt and fencing token', async () => {
    router.start(
      1,
      'shell',
      shell('echo $ORRERY_TASK $ORRERY_EXECUTION_ID $ORRERY_ATTEMPT $ORRERY_FENCING_TOKEN $ORRERY_SINK_URL'),
    );
    const output = 'report report@5.1 2 77 http://127.0.0.1:9/\n';
    expect(await resultOf(1)).toEqual({ ok: true, value: { exitCode: 0, output } });
  });

  it('fails with its code and its last words', async () => {
    router.start(1, 'shell', shell('echo first; echo no such table >&2; exit 4'));
    expect(await resultOf(1)).toEqual({ ok: false, error: 'exit code 4: no such table', mayHaveHappened: true });
  });

  it('certainly did nothing where it could not be started', async () => {
    rmSync(directory, { recursive: true });
    router.start(1, 'shell', shell('true'));
    expect(await resultOf(1)).toMatchObject({ ok: false, mayHaveHappened: false });
  });
});

describe('function work', () => {
  const call = (name: string, input: Plain = null): Plain => inputOf({ kind: 'function', name, input });
  const functions: Record<string, TaskFunction> = {
    double: (input) => ({ twice: (input as number) * 2 }),
    nothing: () => undefined,
    describe: async (_, { taskId, attempt, fencingToken }) => `${taskId} ${attempt} ${fencingToken}`,
    broken: () => {
      throw new Error('out of paper');
    },
    odd: () => new Date(),
    huge: () => 'x'.repeat(100_000),
  };

  beforeEach(() => router.register('function', new FunctionExecutor(new Map(Object.entries(functions)), '', () => 7)));

  it.each([
    ['double', 21, { ok: true, value: { twice: 42 } }],
    ['nothing', null, { ok: true, value: null }],
    ['describe', null, { ok: true, value: 'report 2 77' }],
    ['broken', null, { ok: false, error: 'out of paper', mayHaveHappened: true }],
    ['odd', null, { ok: false, error: expect.stringContaining('cannot be kept'), mayHaveHappened: true }],
    ['huge', null, { ok: false, error: expect.stringContaining('at most 65536'), mayHaveHappened: true }],
    ['unheard-of', null, { ok: false, error: expect.stringContaining('broken, describe'), mayHaveHappened: false }],
  ])('%s', async (name, input, expected) => {
    router.start(1, 'function', call(name, input));
    expect(await resultOf(1)).toEqual(expected);
  });

  it('is told when it is given up', async () => {
    let aborted = '';
    const waits: TaskFunction = (_, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve((aborted = String(signal.reason)))));
    router.register('function', new FunctionExecutor(new Map([['waits', waits]]), '', () => 7));
    router.start(1, 'function', call('waits'));
    router.cancel(1);
    await until(() => aborted !== '');
    expect(aborted).toContain('given up');
    expect(results.size).toBe(0);
  });

  it('comes from a module', async () => {
    const file = join(directory, 'functions.mjs');
    writeFileSync(file, 'export function greet(name) { return `hello ${name}`; }\nexport const colour = "red";\n');
    expect([...(await loadFunctions(file)).keys()]).toEqual(['greet']);
    writeFileSync(join(directory, 'empty.mjs'), 'export const colour = "red";\n');
    await expect(loadFunctions(join(directory, 'empty.mjs'))).rejects.toThrow('exports no functions');
    await expect(loadFunctions(join(directory, 'missing.mjs'))).rejects.toThrow('cannot load functions');
  });
});
