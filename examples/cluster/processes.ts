import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { ControlClient } from '../../scheduler/service/control/control-client.js';
import type { NodeStatus } from '../../scheduler/service/control/control-protocol.js';

const here = dirname(fileURLToPath(import.meta.url));
/** Where `tsc -b` put the build, and the top of the repository. */
export const dist = resolve(here, '../..');
export const top = dirname(dist);

export const HOST = '127.0.0.1';
export const NODES = ['n1', 'n2', 'n3'];
const POLL_MS = 50;

/** A process that this demonstration started, and nothing else. */
class OwnProcess {
  readonly exited: Promise<number>;
  isRunning = true;

  constructor(readonly child: ChildProcess) {
    this.exited = new Promise((done) => {
      child.once('exit', (code) => {
        this.isRunning = false;
        done(code ?? 128);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(signal);
  }
}

/** The sink and the nodes, each a process of its own, with everything that they write under one directory. */
export class Processes {
  readonly #running = new Map<string, OwnProcess>();
  sinkUrl = '';

  constructor(readonly directory: string) {}

  dataDirectory(name: string): string {
    return join(this.directory, name);
  }

  configOf(node: string): string {
    return join(this.directory, `${node}.yaml`);
  }

  pidOf(name: string): number {
    return this.#running.get(name)?.pid ?? 0;
  }

  async startSink(): Promise<void> {
    const output = join(this.directory, 'sink.out');
    this.#start('sink', ['examples/cluster/sink.js', this.dataDirectory('sink'), '0'], output);
    this.sinkUrl = await until('the sink listens', 15_000, () => {
      this.#assertRunning('sink');
      return /^sink (\S+)$/m.exec(readFileSync(output, 'utf8'))?.[1];
    });
  }

  /** The configurations of the example, on ports that are free and with this directory. */
  async writeConfigs(): Promise<void> {
    const ports = new Map<string, number>();
    for (const node of NODES) ports.set(node, await freePort());
    for (const node of NODES) {
      const example = parse(readFileSync(join(top, `examples/cluster/${node}.yaml`), 'utf8')) as Record<
        string,
        unknown
      >;
      const address = (id: string): string => `${HOST}:${ports.get(id)}`;
      const { tasks: _, ...given } = example;
      const config = {
        ...given,
        listen: address(node),
        peers: Object.fromEntries(NODES.filter((id) => id !== node).map((id) => [id, address(id)])),
        dataDirectory: this.dataDirectory(node),
        sink: this.sinkUrl,
        executors: {
          functions: join(here, 'functions.js'),
          shell: {
            enabled: true,
            directory: this.directory,
            environment: { EFFECT: `${process.execPath} ${join(here, 'effect.js')}` },
          },
        },
      };
      writeFileSync(this.configOf(node), JSON.stringify(config, null, 2));
    }
  }

  startNode(node: string): void {
    this.#start(node, ['cli/main.js', 'node', '--config', this.configOf(node)], join(this.directory, `${node}.out`));
  }

  /** Runs `orrery` with these arguments; answers what it printed. Throws with that where it did not end with 0. */
  orrery(...args: readonly string[]): string {
    const command = [join(dist, 'cli/main.js'), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000 });
    if (status === 0) return stdout;
    throw new Error(`orrery ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  }

  async status(node: string): Promise<NodeStatus | undefined> {
    this.#assertRunning(node);
    try {
      const client = await ControlClient.open(this.dataDirectory(node));
      try {
        return (await client.ask({ verb: 'status' })) as unknown as NodeStatus;
      } finally {
        client.close();
      }
    } catch {
      return undefined;
    }
  }

  kill(name: string, signal: NodeJS.Signals): void {
    this.#running.get(name)?.kill(signal);
  }

  async stop(name: string): Promise<number> {
    this.kill(name, 'SIGTERM');
    return this.#running.get(name)?.exited ?? 0;
  }

  killAll(): void {
    for (const own of this.#running.values()) own.kill('SIGKILL');
  }

  lastWords(name: string): string {
    return readFileSync(join(this.directory, `${name}.out`), 'utf8')
      .split('\n')
      .slice(-8)
      .join('\n');
  }

  #start(name: string, args: readonly string[], output: string): void {
    mkdirSync(this.directory, { recursive: true });
    const fd = openSync(output, 'a');
    const [script = '', ...rest] = args;
    const child = spawn(process.execPath, [join(dist, script), ...rest], { cwd: top, stdio: ['ignore', fd, fd] });
    closeSync(fd);
    this.#running.set(name, new OwnProcess(child));
  }

  #assertRunning(name: string): void {
    if (this.#running.get(name)?.isRunning !== true) throw new Error(`${name} has ended:\n${this.lastWords(name)}`);
  }
}

/** Descendants of a process, by the system's table of processes. */
export function descendantsOf(pid: number): readonly number[] {
  const rows = processTable();
  const found = [pid];
  for (let i = 0; i < found.length; i++) {
    for (const { pid: child, parent } of rows) if (parent === found[i]) found.push(child);
  }
  return found.slice(1);
}

/** Those that still run. What has ended and was not yet collected by its new parent does not. */
export function stillRunning(pids: readonly number[]): readonly number[] {
  const running = new Set(processTable().flatMap(({ pid, state }) => (state.startsWith('Z') ? [] : [pid])));
  return pids.filter((pid) => running.has(pid));
}

function processTable(): readonly { readonly pid: number; readonly parent: number; readonly state: string }[] {
  const printed = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
  return printed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, state = '']) => ({ pid: Number(pid), parent: Number(parent), state }));
}

/** Waits until `look` finds something; throws, saying what did not happen, after `limitMs`. */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error(`within ${limitMs / 1000} s it did not happen that ${what}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, HOST, done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
