import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { createCalendar } from '../../runtime/node/index.js';
import type { TaskDefinition } from '../definitions/index.js';
import { ControlClient } from './control/control-client.js';
import { readDefinitionsFile } from './files/definitions-file.js';
import { freePort } from './free-port.fixture.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const NODES = ['n1', 'n2', 'n3'] as const;
const WAIT_MS = 60_000;
const TASKS = `version: 1
tasks:
  - id: note
    schedule: now
    run: { shell: 'echo "$ORRERY_EXECUTION_ID" >> ../effects' }
`;

/** Three processes, each of which plans, works and holds a replica of the store. */
class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'orrery-replicated-store-'));
  private readonly running = new Map<string, { readonly child: ChildProcess; readonly ended: Promise<void> }>();
  private readonly output = new Map<string, string>();
  readonly task: TaskDefinition;

  constructor() {
    writeFileSync(join(this.folder, 'tasks.yaml'), TASKS);
    this.task = readDefinitionsFile(join(this.folder, 'tasks.yaml'), createCalendar())[0] as TaskDefinition;
  }

  async configure(): Promise<void> {
    const ports = await Promise.all(NODES.map(freePort));
    const address = (node: string): string => `127.0.0.1:${ports[NODES.indexOf(node as 'n1')]}`;
    for (const node of NODES) {
      const peers = Object.fromEntries(NODES.filter((peer) => peer !== node).map((peer) => [peer, address(peer)]));
      const config = {
        ...{ node, cluster: 'replicated', listen: address(node), peers, members: NODES, stores: NODES },
        ...{ coordinator: 'lease', coordinatorOptions: { member: { sessionTtlMs: 2_000, keepAliveEveryMs: 300 } } },
        ...{ dataDirectory: node, limits: { minBackoffMs: 20, maxBackoffMs: 200 } },
        executors: { shell: { enabled: true, directory: node } },
      };
      writeFileSync(join(this.folder, `${node}.yaml`), JSON.stringify(config));
    }
  }

  start(node: string): void {
    const child = spawn(process.execPath, [MAIN, 'node', '--config', join(this.folder, `${node}.yaml`)]);
    const keep = (text: Buffer): void =>
      void this.output.set(node, `${this.output.get(node) ?? ''}${text.toString()}`.slice(-4_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.running.set(node, { child, ended: new Promise((resolve) => void child.once('exit', () => resolve())) });
  }

  async kill(node: string): Promise<void> {
    this.running.get(node)?.child.kill('SIGKILL');
    await this.running.get(node)?.ended;
  }

  /** Asks that node until it has run the task; answers the execution. A submission that is repeated is the same. */
  async runAt(node: string, submissionId: string): Promise<string> {
    let said = 'nothing';
    for (const untilMs = performance.now() + WAIT_MS; performance.now() < untilMs;) {
      try {
        const client = await ControlClient.open(join(this.folder, node));
        try {
          const accepted = await client.ask({ verb: 'submit', submissionId, task: this.task });
          if (accepted.type !== 'accepted') throw new Error(JSON.stringify(accepted));
          const { executionId } = accepted;
          const shown = await client.ask({ verb: 'show', executionId });
          if (shown.type === 'shown' && shown.execution?.state === 'SUCCEEDED') return executionId;
          said = JSON.stringify(shown);
        } finally {
          client.close();
        }
      } catch (error) {
        said = String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${submissionId} never ran at ${node}, which said ${said}\n${this.output.get(node)}`);
  }

  effects(): readonly string[] {
    return readFileSync(join(this.folder, 'effects'), 'utf8').trim().split('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(NODES.map((node) => this.kill(node)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let cluster: Cluster | undefined;
afterEach(() => cluster?.stop());

it(
  'keeps what it was told and goes on whichever of three replicas of the store is killed, its primary among them',
  async () => {
    cluster = new Cluster();
    await cluster.configure();
    NODES.forEach((node) => cluster!.start(node));
    const first = await cluster.runAt('n1', 'before');
    const executions = [first];
    for (const [at, node] of NODES.entries()) {
      await cluster.kill(node);
      const other = NODES[(at + 1) % NODES.length]!;
      expect(await cluster.runAt(other, 'before')).toBe(first);
      executions.push(await cluster.runAt(other, `without-${node}`));
      cluster.start(node);
      expect(await cluster.runAt(node, 'before')).toBe(first);
    }
    // A shell checks no fencing token: what a worker began and was not heard of may be begun again.
    expect(new Set(cluster.effects())).toEqual(new Set(executions));
  },
  6 * WAIT_MS,
);
