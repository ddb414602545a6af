import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCalendar, type RunningNode } from '../../runtime/node/index.js';
import type { TaskDefinition } from '../definitions/index.js';
import { readConfig } from './config.js';
import { ControlClient } from './control/control-client.js';
import { CONTROL_SOCKET, MAX_LINE_BYTES, type ControlResult } from './control/control-protocol.js';
import { readDefinitionsFile } from './files/definitions-file.js';
import { startSchedulerNode, type SchedulerNode } from './scheduler-node.js';

const TASKS = `version: 1
tasks:
  - id: hello
    schedule: now
    run: { shell: 'echo "$ORRERY_TASK $ORRERY_ATTEMPT" >> effects; echo done' }
  - id: sum
    schedule: now
    run: { function: sum, input: [1, 2, 3] }
  - id: patient
    schedule: { delay: 1h }
    run: { shell: 'true' }
  - id: stuck
    schedule: now
    timeout: 300ms
    retry: { maxAttempts: 2, initial: 50ms }
    run: { shell: 'sleep 300 & echo $! >> children; wait' }
  - id: long
    schedule: now
    run: { shell: 'sleep 300 & echo $! > longs; wait' }
`;

let directory: string;
let node: SchedulerNode;
let client: ControlClient;
let tasks: readonly TaskDefinition[];
const logged: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orrery-service-'));
  writeFileSync(
    join(directory, 'functions.mjs'),
    'export const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);\n',
  );
  writeFileSync(join(directory, 'tasks.yaml'), TASKS);
  const config = {
    node: 'n1',
    cluster: 'test',
    listen: '127.0.0.1:0',
    coordinator: 'raft',
    coordinatorOptions: { electionTimeoutMs: { min: 100, max: 200 }, heartbeatMs: 20 },
    dataDirectory: 'data',
    executors: { functions: 'functions.mjs', shell: { enabled: true, directory: '.', killGraceMs: 50 } },
  };
  writeFileSync(join(directory, 'n1.yaml'), JSON.stringify(config));
  tasks = readDefinitionsFile(join(directory, 'tasks.yaml'), createCalendar());
  node = await startSchedulerNode(readConfig(join(directory, 'n1.yaml')), {
    log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
    halted: (reason) => logged.push(`halted ${reason}`),
  });
  client = await ControlClient.open(join(directory, 'data'));
});

afterAll(async () => {
  client.close();
  await node.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Result<K extends ControlResult['type']> = Extract<ControlResult, { type: K }>;

async function submit(id: string, submissionId = 'first'): Promise<string> {
  const task = tasks.find((one) => one.id === id) as TaskDefinition;
  return ((await client.ask({ verb: 'submit', submissionId, task })) as Result<'accepted'>).executionId;
}

async function executionOf(executionId: string): Promise<Result<'shown'>['execution']> {
  return ((await client.ask({ verb: 'show', executionId })) as Result<'shown'>).execution;
}

async function ended(executionId: string): Promise<NonNullable<Result<'shown'>['execution']>> {
  for (let i = 0; i < 2000; i++) {
    const execution = await executionOf(executionId);
    if (execution !== null && !['PENDING', 'RUNNING'].includes(execution.state)) return execution;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${executionId} never ended`);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never happened: ${what}`);
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function pidsIn(name: string): number[] {
  const file = join(directory, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

/** Sends bytes as they are; answers what came back when the node closed, or after the first line. */
async function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(join(directory, 'data', CONTROL_SOCKET));
    let text = '';
    const over = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('\n')) over();
    });
    socket.on('error', over);
    socket.on('close', over);
    socket.write(bytes);
  });
}

describe('a node of the scheduler', () => {
  it('runs a shell task once, however often it is submitted', async () => {
    const executionId = await submit('hello');
    expect(await submit('hello')).toBe(executionId);
    expect(await ended(executionId)).toMatchObject({
      state: 'SUCCEEDED',
      attempt: 1,
      result: { exitCode: 0, output: 'done\n' },
    });
    expect(readFileSync(join(directory, 'effects'), 'utf8')).toBe('hello 1\n');
  });

  it('runs a function of its module', async () => {
    expect(await ended(await submit('sum'))).toMatchObject({ state: 'SUCCEEDED', result: 6 });
  });

  it('ends what takes too long, with all that it started, each attempt anew', async () => {
    const execution = await ended(await submit('stuck'));
    expect(execution).toMatchObject({ state: 'FAILED', attempt: 2 });
    expect(execution.history.map(({ outcome }) => outcome)).toEqual(['timed-out', 'timed-out']);
    expect(pidsIn('children')).toHaveLength(2);
    for (const pid of pidsIn('children')) await until(`${pid} ends`, () => !isRunning(pid));
  });

  it('cancels what waits and what runs', async () => {
    const patient = await submit('patient');
    expect(await client.ask({ verb: 'cancel', executionId: patient })).toMatchObject({ type: 'cancelled' });
    const long = await submit('long');
    await until('it runs', () => pidsIn('longs').some(isRunning));
    expect(await client.ask({ verb: 'cancel', executionId: long })).toMatchObject({ type: 'cancelled' });
    for (const pid of pidsIn('longs')) await until(`${pid} ends`, () => !isRunning(pid));
    expect(await ended(long)).toMatchObject({ state: 'CANCELLED' });
    expect(await client.ask({ verb: 'cancel', executionId: long })).toMatchObject({ type: 'not-cancelled' });
    expect(await executionOf('unheard-of')).toBeNull();
  });

  it('lists what there is, and says what it is', async () => {
    const listed = (await client.ask({ verb: 'list', limit: 1000 })) as Result<'listed'>;
    expect(listed.done.map(({ task }) => task.id)).toContain('hello');
    expect(await client.ask({ verb: 'status' })).toMatchObject({
      node: 'n1',
      incarnation: 1,
      role: 'leader',
      coordinator: 'raft',
    });
  });
});

describe('its control socket', () => {
  it('can be opened by its owner alone', () => {
    expect(statSync(join(directory, 'data', CONTROL_SOCKET)).mode & 0o077).toBe(0);
  });

  it.each([
    ['what is not JSON', 'hello\n', /not JSON/],
    ['an unknown verb', '{"id":7,"verb":"shout"}\n', /"id":7.*verb/],
    ['an unknown field', '{"id":7,"verb":"status","loud":true}\n', /"id":7.*loud/],
    ['a task that is none', '{"id":7,"verb":"submit","submissionId":"x","task":{"id":"y"}}\n', /"id":7.*task/],
    ['a bad submission id', `{"id":7,"verb":"submit","submissionId":"","task":{}}\n`, /submissionId/],
    ['a request that is too long', 'x'.repeat(MAX_LINE_BYTES + 2), /longer than/],
  ])('refuses %s', async (_, bytes, expected) => {
    expect(await raw(bytes)).toMatch(expected);
    expect(await client.ask({ verb: 'status' })).toMatchObject({ node: 'n1' });
  });

  it('rejects a task that breaks a rule, with the reason', async () => {
    const task = { ...(tasks[0] as TaskDefinition), timeoutMs: -1 };
    const rejected = (await client.ask({ verb: 'submit', submissionId: 'bad', task })) as Result<'rejected'>;
    expect(rejected).toMatchObject({ type: 'rejected', reason: expect.stringContaining('timeoutMs') });
  });

  it('is named where nobody listens', async () => {
    await expect(ControlClient.open(directory)).rejects.toThrow(
      `no node is running at ${join(directory, CONTROL_SOCKET)}`,
    );
  });
});

describe('logs', () => {
  it('tell of no failure', () => {
    expect(logged.filter((line) => !line.startsWith('info'))).toEqual([]);
    expect((node.node as RunningNode).deadLetters).toBe(0);
  });
});
