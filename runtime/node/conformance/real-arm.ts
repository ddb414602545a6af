import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeId } from '../../address.js';
import type { ObservedRecord } from '../../observation.js';
import { startNode, type RunningNode } from '../start-node.js';
import type { TransportLimits } from '../transport/limits.js';
import { Relay } from './relay.js';
import type { Disturbance, WorldCase } from './world-case.js';

const HOST = '127.0.0.1';
const POLL_MS = 5;
const KEEP_ALIVES = 5;

/** Runs a case on real nodes with the clocks and timers of this process, over TCP on loopback, each pair joined by a relay that can be cut. */
export async function runReal(testCase: WorldCase, giveUpMs = 60_000): Promise<readonly ObservedRecord[]> {
  const directory = await mkdtemp(join(tmpdir(), 'orrery-transport-'));
  const cluster = new TcpCluster(testCase, directory);
  try {
    await cluster.open();
    await cluster.play();
    const untilMs = performance.now() + giveUpMs;
    while (!testCase.isDone(cluster.records) && performance.now() < untilMs) await sleep(POLL_MS);
    return cluster.records;
  } finally {
    await cluster.close();
    await rm(directory, { recursive: true, force: true });
  }
}

class TcpCluster {
  readonly records: ObservedRecord[] = [];
  readonly #nodes = new Map<NodeId, RunningNode>();
  /** By dialler and dialled. */
  readonly #relays = new Map<string, Relay>();

  /** The wall clock of this process, which all nodes of it share. */
  readonly #dateNow = Date.now;
  #wallOffsetMs = 0;

  constructor(
    private readonly testCase: WorldCase,
    private readonly directory: string,
  ) {}

  async open(): Promise<void> {
    Date.now = () => this.#dateNow() + this.#wallOffsetMs;
    const { nodes } = this.testCase;
    for (const from of nodes) {
      for (const to of nodes) if (from !== to) this.#relays.set(`${from}>${to}`, await Relay.open());
    }
    for (const node of nodes) await this.#start(node);
  }

  /** Carries out the disturbances, in time. */
  async play(): Promise<void> {
    await Promise.all(
      this.testCase.disturbances.map(async (disturbance) => {
        await sleep(disturbance.atMs);
        while (this.testCase.isReadyToDisturb?.(this.records) === false) await sleep(POLL_MS);
        await this.#begin(disturbance);
        await sleep(disturbance.forMs);
        await this.#end(disturbance);
      }),
    );
  }

  async close(): Promise<void> {
    Date.now = this.#dateNow;
    for (const node of this.#nodes.values()) await node.stop();
    for (const relay of this.#relays.values()) await relay.close();
  }

  async #begin(disturbance: Disturbance): Promise<void> {
    switch (disturbance.kind) {
      case 'restart':
        return this.#nodes.get(disturbance.node)?.stop();
      case 'wall-clock':
        return void (this.#wallOffsetMs = disturbance.offsetMs);
      case 'half-open': {
        const [from, to] = disturbance.between;
        return this.#relays.get(`${from}>${to}`)?.swallow();
      }
      case 'reset':
      case 'cut':
        for (const relay of this.#between(disturbance.between)) relay.cut();
        if (disturbance.kind === 'reset') return this.#heal(disturbance.between);
    }
  }

  async #end(disturbance: Disturbance): Promise<void> {
    if (disturbance.kind === 'restart') return this.#start(disturbance.node);
    if (disturbance.kind === 'wall-clock') this.#wallOffsetMs = 0;
    if (disturbance.kind === 'cut') this.#heal(disturbance.between);
  }

  #heal(between: readonly [NodeId, NodeId]): void {
    for (const relay of this.#between(between)) relay.heal();
  }

  #between([a, b]: readonly [NodeId, NodeId]): readonly Relay[] {
    return [this.#relays.get(`${a}>${b}`), this.#relays.get(`${b}>${a}`)].filter((relay) => relay !== undefined);
  }

  #keepAlives(): Partial<TransportLimits> {
    const { silentMs } = this.testCase;
    return silentMs === undefined ? {} : { keepAliveMs: silentMs / KEEP_ALIVES, maxSilentKeepAlives: KEEP_ALIVES };
  }

  async #start(node: NodeId): Promise<void> {
    const others = this.testCase.nodes.filter((other) => other !== node);
    const peers = others.map((other) => [other, { host: HOST, port: this.#relays.get(`${node}>${other}`)?.port ?? 0 }]);
    const running = await startNode({
      node,
      cluster: 'conformance',
      actors: this.testCase.actors(node),
      listen: { host: HOST, port: 0 },
      peers: Object.fromEntries(peers),
      dataDirectory: join(this.directory, node),
      limits: { minBackoffMs: 5, maxBackoffMs: 50, ...this.#keepAlives() },
      observed: (record) => this.records.push(record),
    });
    this.#nodes.set(node, running);
    for (const other of others) {
      const relay = this.#relays.get(`${other}>${node}`);
      if (relay !== undefined) relay.targetPort = running.port;
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
