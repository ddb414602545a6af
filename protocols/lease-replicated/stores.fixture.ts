import { HandDrivenNode } from '../../runtime/hand-driven-node.fixture.js';
import { assert } from '../../runtime/assert.js';
import type { Durable } from '../../runtime/actor.js';
import type { Operation } from '../coordinator/index.js';
import {
  leaseStore,
  type LeaseServer,
  type LeaseServerOptions,
  type Store,
  type StoreAnswer,
  type StoreCommand,
  type StoreRequest,
  type WatchServer,
} from '../lease/index.js';
import type { RaftState } from '../raft/index.js';
import { replicatedLeaseCoordinator } from './coordinator.js';
import type { ReplicaServer } from './state.js';

/** What a store is made of in a test: a node on which it is ready to answer, and how to look into it. */
export interface StoreKind {
  readonly name: string;
  /** Ready, after a first start or with what the disk held after so many lives. Set up with a single store's options. */
  make(options: Partial<LeaseServerOptions>, found?: ReadonlyMap<string, Durable>, lives?: number): HandDrivenNode;
  storeOf(node: HandDrivenNode): Store;
  serverOf(node: HandDrivenNode): WatchServer;
}

/** Lets the disk work until nothing waits for it. */
export function settle(node: HandDrivenNode): void {
  for (let n = 0; n < 100 && node.storage.durableLsn < node.storage.lastLsn; n++) node.storage.sync();
  assert(node.storage.durableLsn === node.storage.lastLsn, 'the disk comes to rest');
}

/** Sends a request, lets the disk work, and gives back what was answered to it. */
export function ask(node: HandDrivenNode, request: StoreRequest): StoreAnswer[] {
  const before = node.sent.length;
  node.tell('n1/lease-store', request);
  settle(node);
  const answers = node.sent.slice(before).map((envelope) => envelope.message as StoreAnswer);
  return answers.filter(({ type }) => type !== 'store-watching');
}

export function execute(node: HandDrivenNode, command: StoreCommand): StoreAnswer | undefined {
  return ask(node, { type: 'store-execute', command }).find((answer) => answer.type === 'store-executed');
}

export function put(requestId: string, key: string, leaseId = ''): StoreCommand {
  return { kind: 'txn', requestId, compare: [], then: [{ kind: 'put', key, value: 1, leaseId }], else: [] };
}

export function grant(requestId: string, ttlMs: number): StoreCommand {
  return { kind: 'lease-grant', requestId, ttlMs };
}

export function read(node: HandDrivenNode, operations: Operation[]): StoreAnswer | undefined {
  return ask(node, { type: 'store-read', readId: 'r', operations })[0];
}

export function round(watches: { watchId: string; prefix: string; nextRevision: number }[], number = 1): StoreRequest {
  return { type: 'store-watch', session: 's', round: number, watches };
}

export function advance(node: HandDrivenNode, us: number): void {
  node.advance(us);
  settle(node);
}

/** In steps, so that timers come at their time. */
export function advanceSlowly(node: HandDrivenNode, forMs: number): void {
  for (let ms = 0; ms < forMs; ms += 10) advance(node, 10_000);
}

/** What the disk would give back after everything written so far was synced, on top of what this life found there. */
export function durableOf(
  node: HandDrivenNode,
  found: ReadonlyMap<string, Durable> = new Map(),
): ReadonlyMap<string, Durable> {
  const actors = new Set([...found.keys(), ...node.storage.records.flat().map(({ actor }) => actor)]);
  return new Map([...actors].map((actor) => [actor, durableOfActor(node, actor, found.get(actor))]));
}

function durableOfActor(node: HandDrivenNode, actor: string, found: Durable | undefined): Durable {
  const firstFound = found?.log.firstIndex ?? 1;
  let entries = (found?.log.entries ?? []).map((entry, offset) => ({ index: firstFound + offset, entry }));
  let { snapshot } = found ?? { snapshot: undefined };
  let firstIndex = firstFound;
  const cells = new Map(found?.cells ?? []);
  for (const write of node.storage.records.flat()) {
    if (write.actor !== actor) continue;
    if (write.kind === 'append') entries.push(write);
    else if (write.kind === 'put') cells.set(write.cell, write.value);
    else if (write.kind === 'snapshot') snapshot = write.value;
    else if (write.kind === 'compact') {
      entries = entries.filter(({ index }) => index > write.uptoIndex);
      firstIndex = Math.max(firstIndex, write.uptoIndex + 1);
    }
  }
  return { cells, log: { firstIndex, entries: entries.map(({ entry }) => entry) }, snapshot };
}

export const single: StoreKind = {
  name: 'store on one node',
  make(options, found, lives = 1) {
    const actors = [{ name: 'lease-store', definition: leaseStore, params: options as never }];
    return new HandDrivenNode(actors, found === undefined ? {} : { found, lives });
  },
  storeOf: (node) => (single.serverOf(node) as LeaseServer).store,
  serverOf: (node) => node.node.stateOf('lease-store') as LeaseServer,
};

/** Node `n1` of a replicated store, with short elections. */
export function replicaNode(
  stores: readonly string[],
  { raft = {}, ...store }: { readonly raft?: object; readonly [option: string]: unknown },
  found?: { readonly found: ReadonlyMap<string, Durable>; readonly lives: number },
): HandDrivenNode {
  const options = { ...store, raft: { electionTimeoutMs: { min: 50, max: 60 }, heartbeatMs: 10, ...raft } };
  const cluster = { members: ['m1'], stores };
  return new HandDrivenNode(replicatedLeaseCoordinator.storeActors('n1', cluster, { store: options as never }), found);
}

export function replicaServerOf(node: HandDrivenNode): ReplicaServer {
  return node.node.stateOf('lease-store') as ReplicaServer;
}

export function raftOf(node: HandDrivenNode): RaftState {
  return node.node.stateOf('raft') as RaftState;
}

/** A group of one: all of the replicated store but the others. */
export const replicated: StoreKind = {
  name: 'replicated store',
  make({ snapshotEvery = 1000, ...given }, found, lives = 1) {
    const store = { ...given, extendMs: 0, raft: { compactAfterEntries: snapshotEvery, keepEntries: 0 } };
    const node = replicaNode(['n1'], store, found === undefined ? undefined : { found, lives });
    for (let ms = 0; ms < 200 && replicaServerOf(node).office !== 'primary'; ms++) advance(node, 1000);
    assert(replicaServerOf(node).office === 'primary', 'a group of one elects it');
    return node;
  },
  storeOf: (node) => raftOf(node).replica.machine as Store,
  serverOf: replicaServerOf,
};
