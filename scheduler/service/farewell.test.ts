import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { ObservedRecord } from '../../runtime/observation.js';
import { readConfig } from './config.js';
import { freePort } from './free-port.fixture.js';
import { startSchedulerNode, type SchedulerNode } from './scheduler-node.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const NODES = ['n1', 'n2', 'n3'] as const;
const WAIT_MS = 30_000;

/** n1 and n2 run here, where what they observe can be seen; n3 is a process of its own, to be told to end as an operator would. */
class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'orrery-farewell-'));
  readonly observed: ObservedRecord[] = [];
  private readonly nodes: SchedulerNode[] = [];
  private process: ChildProcess | undefined;
  private ended: Promise<number | null> = Promise.resolve(null);
  output = '';

  async start(coordinator: string, coordinatorOptions: object, stores: readonly string[] = []): Promise<void> {
    const ports = await Promise.all(NODES.map(freePort));
    const address = (node: string): string => `127.0.0.1:${ports[NODES.indexOf(node as 'n1')]}`;
    for (const node of NODES) {
      const peers = Object.fromEntries(NODES.filter((peer) => peer !== node).map((peer) => [peer, address(peer)]));
      const config = {
        ...{ node, cluster: 'farewell', listen: address(node), peers, stores, members: NODES },
        ...{ coordinator, coordinatorOptions, dataDirectory: node, limits: { minBackoffMs: 20, maxBackoffMs: 200 } },
      };
      writeFileSync(join(this.folder, `${node}.yaml`), JSON.stringify(config));
    }
    const options = {
      log: () => undefined,
      halted: (reason: string) => void this.observed.push({ observation: { type: 'halted', reason } } as never),
      observed: (record: ObservedRecord) => void this.observed.push(record),
    };
    for (const node of ['n1', 'n2']) {
      this.nodes.push(await startSchedulerNode(readConfig(join(this.folder, `${node}.yaml`)), options));
    }
    const child = spawn(process.execPath, [MAIN, 'node', '--config', join(this.folder, 'n3.yaml')]);
    child.stdout.on('data', (text: Buffer) => (this.output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (this.output += text.toString()));
    this.process = child;
    this.ended = new Promise((resolve) => child.once('exit', resolve));
  }

  terminate(): Promise<number | null> {
    this.process?.kill('SIGTERM');
    return this.ended;
  }

  saw(type: string, fields: object = {}): ObservedRecord | undefined {
    return this.observed.findLast(({ observation }) => {
      const expected: Record<string, unknown> = { type, ...fields };
      return Object.entries(expected).every(([name, value]) => observation[name] === value);
    });
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    for (let ms = 0; ms < WAIT_MS; ms += 10) {
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`never happened: ${what}; n3 said:\n${this.output}`);
  }

  async stop(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.ended;
    await Promise.all(this.nodes.map((node) => node.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const clusters: Cluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.stop();
});

async function cluster(...given: Parameters<Cluster['start']>): Promise<Cluster> {
  const made = new Cluster();
  clusters.push(made);
  await made.start(...given);
  return made;
}

describe('a node that is told to end', () => {
  it(
    'hands its leadership over before it stops, so that nobody has to miss it',
    async () => {
      // Whoever would wait for a time-out would wait for longer than the test does.
      const timing = { electionTimeoutMs: { min: 1000, max: 1500 }, heartbeatMs: 50 };
      const group = await cluster('raft', { ...timing, priorities: { n3: 1 } });
      await group.until('n3 leads, and both have what it committed', () => followersOfN3(group) === 2);
      const before = group.observed.length;
      expect(await group.terminate()).toBe(0);
      await group.until('another leads', () =>
        group.observed.slice(before).some(({ observation }) => observation.type === 'raft-became-leader'),
      );
      const after = group.observed.slice(before).map(({ observation }) => observation.type);
      // Who hears no leader asks for pre-votes first; who is told to stand does not.
      expect(after).toContain('raft-became-candidate');
      expect(after).not.toContain('raft-became-pre-candidate');
      expect(group.output).toContain('leadership-transferred');
    },
    WAIT_MS,
  );

  it(
    'leaves the group, so that nobody has to suspect it',
    async () => {
      const group = await cluster('gossip', { probeIntervalMs: 200, probeTimeoutMs: 100, gossipIntervalMs: 50 });
      await group.until('all know n3', () => group.saw('member-alive', { member: 'n3' }) !== undefined);
      expect(await group.terminate()).toBe(0);
      for (const node of ['n1', 'n2']) {
        await group.until(`${node} knows that n3 left`, () =>
          group.observed.some(
            ({ node: by, observation: { type, member } }) => by === node && type === 'member-left' && member === 'n3',
          ),
        );
      }
      expect(group.saw('member-dead', { member: 'n3' })).toBeUndefined();
      expect(group.output).toContain('has-left');
    },
    WAIT_MS,
  );

  it(
    'revokes its session, so that nobody has to wait until its lease runs out',
    async () => {
      const group = await cluster('lease', { member: { sessionTtlMs: 20_000 } }, ['n1']);
      const leaseOf = (): string | undefined => memberLease(group, 'n3');
      await group.until('n3 has a session', () => leaseOf() !== undefined);
      const leaseId = leaseOf();
      expect(await group.terminate()).toBe(0);
      await group.until('its lease was revoked', () => group.saw('lease-revoked', { leaseId }) !== undefined);
      expect(group.saw('lease-expired', { leaseId })).toBeUndefined();
    },
    WAIT_MS,
  );
});

/** How many members here have committed something in the latest term, if it is one for which they voted for n3. */
function followersOfN3({ observed }: Cluster): number {
  const vote = observed.findLast(({ observation: { type } }) => type === 'raft-voted')?.observation;
  if (vote?.['candidate'] !== 'n3') return 0;
  const committed = observed.filter(
    ({ observation: { type, term } }) => type === 'raft-committed' && term === vote['term'],
  );
  return new Set(committed.map(({ node }) => node)).size;
}

/** The lease under which a member's own key is. */
function memberLease({ observed }: Cluster, node: string): string | undefined {
  for (const { observation } of observed) {
    if (observation.type !== 'revision-made') continue;
    const events = observation['events'] as unknown as readonly { readonly key: string; readonly leaseId: string }[];
    const found = events.find(({ key }) => key === `members/${node}`);
    if (found !== undefined) return found.leaseId;
  }
  return undefined;
}
