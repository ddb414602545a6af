import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'orrery-task-'));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function orrery(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, encoding: 'utf8' as const, timeout: 60_000 };
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const CONFIG = `node: n1
cluster: test
listen: 127.0.0.1:0
coordinator: raft
coordinatorOptions: { electionTimeoutMs: { min: 200, max: 400 }, heartbeatMs: 50 }
dataDirectory: n1
executors: { shell: { enabled: true } }
`;

let node: ChildProcess;
let nodeEnded: Promise<number | null>;

beforeAll(async () => {
  write('n1.yaml', CONFIG);
  write(
    'tasks.yaml',
    `version: 1
tasks:
  - { id: hello, schedule: now, run: { shell: echo hello }, description: says hello }
  - { id: later, schedule: { delay: 1h }, run: { shell: 'true' } }
  - { id: daily, schedule: { cron: '0 0 3 * * *', timeZone: Europe/Berlin }, run: { shell: 'true' } }
`,
  );
  node = spawn(process.execPath, [MAIN, 'node', '--config', 'n1.yaml'], { cwd: folder, stdio: 'ignore' });
  nodeEnded = new Promise((resolve) => node.once('exit', resolve));
  for (let tries = 0; tries < 200; tries++)
    if ((await orrery('task', 'list', '--config', 'n1.yaml')).code === 0) return;
  throw new Error('the node never answered');
});

afterAll(async () => {
  node.kill('SIGKILL');
  await nodeEnded;
  rmSync(folder, { recursive: true, force: true });
});

describe('orrery task', () => {
  it('submits what a file defines, and shows what became of it', async () => {
    const submitted = await orrery('task', 'submit', 'tasks.yaml', '--submission-id', 'first', '--config', 'n1.yaml');
    expect(submitted).toEqual({
      code: 0,
      stdout: [
        'TASK\tRESULT\tEXECUTION',
        'hello\taccepted\thello=first',
        'later\taccepted\tlater=first',
        'daily\taccepted\tschedule, generation 1\n',
      ].join('\n'),
      stderr: '',
    });
    const again = await orrery(
      'task',
      'submit',
      'tasks.yaml',
      '--submission-id',
      'first',
      '--json',
      '--config',
      'n1.yaml',
    );
    expect(JSON.parse(again.stdout)).toMatchObject([
      { isDuplicate: true },
      { isDuplicate: true },
      { isDuplicate: true },
    ]);
    let shown = await orrery('task', 'show', 'hello=first', '--config', 'n1.yaml');
    for (let tries = 0; tries < 200 && !shown.stdout.includes('SUCCEEDED'); tries++) {
      shown = await orrery('task', 'show', 'hello=first', '--config', 'n1.yaml');
    }
    expect(shown.stdout).toMatch(/^hello=first {2}SUCCEEDED\n {2}task hello: shell echo hello\nATTEMPT\t.*\n1\tn1\t/);
    expect(shown.stdout).toContain('"output":"hello\\n"');
  });

  it('lists, whole and in part', async () => {
    const listed = await orrery('task', 'list', '--config', 'n1.yaml');
    expect(listed.stdout).toMatch(/^EXECUTION\tSTATE\tATTEMPT\tWORKER\tCREATED\nlater=first\tPENDING\t0\t\t\d{4}-/);
    expect(listed.stdout).toContain('daily\t0 0 3 * * * (Europe/Berlin)\t1\t');
    const pending = await orrery('task', 'list', '--state', 'pending', '--json', '--config', 'n1.yaml');
    expect(JSON.parse(pending.stdout)).toMatchObject({ open: [{ executionId: 'later=first' }], done: [] });
  });

  it('cancels once, and says why it cannot again', async () => {
    expect(await orrery('task', 'cancel', 'later=first', '--config', 'n1.yaml')).toMatchObject({
      code: 0,
      stdout: 'cancelled later=first\n',
    });
    expect(await orrery('task', 'cancel', 'later=first', '--config', 'n1.yaml')).toMatchObject({
      code: 1,
      stderr: 'later=first was not cancelled: it has ended already: CANCELLED\n',
    });
    expect(await orrery('task', 'show', 'nothing', '--config', 'n1.yaml')).toMatchObject({ code: 1, stdout: '' });
  });

  it.each([
    ['no configuration', ['list'], /required option '-c, --config <file>'.*\n.*orrery task list --help/],
    ['a missing configuration', ['list', '--config', 'no.yaml'], /no.yaml: there is no such file/],
    ['a state there is not', ['list', '--state', 'asleep', '--config', 'n1.yaml'], /pending, running/],
    ['an unknown option', ['list', '--loud', '--config', 'n1.yaml'], /unknown option '--loud'/],
    ['missing definitions', ['submit', 'no.yaml', '--config', 'n1.yaml'], /no.yaml: there is no such file/],
    [
      'an unknown task',
      ['submit', 'tasks.yaml', '--only', 'goodbye', '--config', 'n1.yaml'],
      /no task "goodbye"; it has hello, later, daily/,
    ],
    [
      'two ways to name a submission',
      ['submit', 'tasks.yaml', '--once', '--submission-id', 'x', '--config', 'n1.yaml'],
      /exclude each other/,
    ],
    [
      'a bad submission id',
      ['submit', 'tasks.yaml', '--submission-id', 'a/b', '--config', 'n1.yaml'],
      /--submission-id: use/,
    ],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, stderr, stdout } = await orrery('task', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('ends with 2 for definitions that cannot be used, each fault with its place', async () => {
    write('bad.yaml', 'version: 1\ntasks:\n  - id: a\n    schedule: { cron: "0 0 31 2 *" }\n    run: { shel: x }\n');
    const { code, stderr } = await orrery('task', 'submit', 'bad.yaml', '--config', 'n1.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:4:\d+: tasks\[0\]\.schedule\.cron: .*never occurs/);
    expect(stderr).toMatch(/bad\.yaml:5:\d+: tasks\[0\]\.run/);
  });

  it('ends with 2 where no node runs', async () => {
    write('n2.yaml', CONFIG.replaceAll('n1', 'n2'));
    expect(await orrery('task', 'list', '--config', 'n2.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no node is running'),
    });
  });
});

describe('orrery node', () => {
  it('ends with 2 for what a user can mend', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    write('taken.yaml', CONFIG.replaceAll('n1', 'n3').replace('127.0.0.1:0', `127.0.0.1:${port}`));
    write('exposed.yaml', CONFIG.replaceAll('n1', 'n4').replace('127.0.0.1:0', '0.0.0.0:0'));
    write('broken.yaml', 'node: [n1\n');
    write('odd.yaml', CONFIG.replaceAll('n1', 'n5').replace('min: 200', 'min: 20'));
    const messages: Record<string, RegExp> = {
      'taken.yaml': /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*another port/,
      'exposed.yaml': /0\.0\.0\.0 is not a loopback address.*allowPlaintext/,
      'broken.yaml': /broken\.yaml:\d+:\d+: /,
      'odd.yaml': /coordinatorOptions: .*electionTimeoutMs\.min/,
      'n1.yaml': /is in use by process \d+/,
    };
    for (const [file, message] of Object.entries(messages)) {
      const { code, stderr } = await orrery('node', '--config', file);
      expect({ file, code }).toEqual({ file, code: 2 });
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
    taken.close();
  });

  it('ends with 0 when it is told to', async () => {
    node.kill('SIGTERM');
    expect(await nodeEnded).toBe(0);
  });
});
