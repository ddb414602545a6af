import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ShellProcess, type ShellCommand, type ShellOutcome } from './shell-process.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'orrery-shell-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function commandOf(command: string, options: Partial<ShellCommand> = {}): ShellCommand {
  const environment = { PATH: process.env['PATH'] ?? '', GREETING: 'hello' };
  return { command, directory, environment, maxOutputBytes: 1000, killGraceMs: 100, ...options };
}

async function run(command: ShellCommand, meanwhile?: (running: ShellProcess) => void): Promise<ShellOutcome> {
  return new Promise((resolve) => {
    const running = new ShellProcess(command, resolve);
    meanwhile?.(running);
  });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never happened: ${what}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Killed but not yet reaped by its new parent counts as dead.
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return stat === '' || !/\) Z /.test(stat);
}

/** A command with a grandchild in the background; it writes the ids of both into files. */
const FAMILY = 'echo $$ > parent.tmp; (echo started; exec sleep 300) & echo $! > child; mv parent.tmp parent; wait';

function family(): number[] {
  return ['parent', 'child'].map((name) => Number(readFileSync(join(directory, name), 'utf8')));
}

/** Puts a module where a process without vitest can load it. */
function transpile(name: string): void {
  const source = readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory, `${name}.js`), outputText);
}

describe('a shell process', () => {
  it('ends with its code, its output and nothing of our environment', async () => {
    process.env['SECRET_OF_THE_NODE'] = 'x';
    const outcome = await run(commandOf('echo "$GREETING $SECRET_OF_THE_NODE"; echo oops >&2; pwd; exit 3'));
    expect(outcome).toMatchObject({ exitCode: 3, signal: null, startError: undefined });
    expect(outcome.output.split('\n')).toEqual(expect.arrayContaining(['hello ', 'oops']));
    expect(outcome.output).toContain(directory.split('/').at(-1));
  });

  it('keeps the end of a long output', async () => {
    const { output } = await run(commandOf('i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done'));
    expect(output).toMatch(/^\[\d+ bytes left out\]\n/);
    expect(output.trimEnd().endsWith('line 1999')).toBe(true);
    expect(output.length).toBeLessThan(1100);
  });

  it('says that it did not begin where it could not', async () => {
    const outcome = await run(commandOf('true', { directory: join(directory, 'missing') }));
    expect(outcome.startError).toContain('ENOENT');
  });

  it('takes its whole family with it when it is killed', async () => {
    const ended = run(commandOf(FAMILY), (running) => {
      void until('family', () => existsSync(join(directory, 'parent'))).then(() => running.kill());
    });
    expect(await ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    for (const pid of family()) await until(`${pid} ends`, () => !isAlive(pid));
  });

  it('is asked first, and killed where it does not listen', async () => {
    const polite = await run(
      commandOf('trap "echo bye; exit 0" TERM; echo > up; while :; do sleep 0.01; done'),
      (running) => {
        void until('up', () => existsSync(join(directory, 'up'))).then(() => running.terminate());
      },
    );
    expect(polite).toMatchObject({ exitCode: 0 });
    expect(polite.output).toContain('bye');
    const stubborn = await run(commandOf('trap "" TERM; echo > up2; while :; do sleep 0.01; done'), (running) => {
      void until('up', () => existsSync(join(directory, 'up2'))).then(() => running.terminate());
    });
    expect(stubborn).toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends what it left running in the background', async () => {
    expect(await run(commandOf('sleep 300 & echo $! > child; echo $$ > parent'))).toMatchObject({ exitCode: 0 });
    for (const pid of family()) await until(`${pid} ends`, () => !isAlive(pid));
  });

  it('dies with the process that started it, even when that is killed', async () => {
    for (const name of ['shell-process', 'output-tail']) transpile(name);
    const script = join(directory, 'host.mjs');
    writeFileSync(
      script,
      `import { ShellProcess } from './shell-process.js';
       new ShellProcess(${JSON.stringify(commandOf(FAMILY))}, () => undefined);
       setInterval(() => undefined, 1000);`,
    );
    const host = spawn(process.execPath, [script], { stdio: 'inherit' });
    await until('family', () => existsSync(join(directory, 'parent')));
    const pids = family();
    expect(pids.every(isAlive)).toBe(true);
    host.kill('SIGKILL');
    for (const pid of pids) await until(`${pid} ends`, () => !isAlive(pid));
  });
});
