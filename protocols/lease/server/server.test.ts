import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Durable } from '../../../runtime/actor.js';
import type { Plain } from '../../../runtime/data.js';
import { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
import type { Operation } from '../../coordinator/index.js';
import type { StoreAnswer, StoreRequest } from '../messages.js';
import { stateHash, type StoreCommand } from '../store/index.js';
import { leaseStore } from './server.js';
import type { LeaseServer } from './state.js';

function storeNode(params: Plain = null, found?: Durable): HandDrivenNode {
  const actors = [{ name: 'lease-store', definition: leaseStore, params }];
  const recovered = found === undefined ? {} : { found: new Map([['lease-store', found]]), lives: 1 };
  return new HandDrivenNode(actors, recovered);
}

function serverOf(node: HandDrivenNode): LeaseServer {
  return node.node.stateOf('lease-store') as LeaseServer;
}

/** Sends a request, lets the disk work, and gives back what was answered. */
function ask(node: HandDrivenNode, request: StoreRequest): StoreAnswer[] {
  const before = node.sent.length;
  node.tell('n1/lease-store', request);
  node.storage.sync();
  return node.sent.slice(before).map((envelope) => envelope.message as StoreAnswer);
}

function execute(node: HandDrivenNode, command: StoreCommand): StoreAnswer | undefined {
  return ask(node, { type: 'store-execute', command }).find((answer) => answer.type === 'store-executed');
}

function put(requestId: string, key: string, leaseId = ''): StoreCommand {
  return { kind: 'txn', requestId, compare: [], then: [{ kind: 'put', key, value: 1, leaseId }], else: [] };
}

function grant(requestId: string, ttlMs: number): StoreCommand {
  return { kind: 'lease-grant', requestId, ttlMs };
}

function read(node: HandDrivenNode, operations: Operation[]): StoreAnswer | undefined {
  return ask(node, { type: 'store-read', readId: 'r', operations })[0];
}

function round(watches: { watchId: string; prefix: string; nextRevision: number }[], number = 1): StoreRequest {
  return { type: 'store-watch', session: 's', round: number, watches };
}

/** In steps, so that timers come at their time. */
function advanceSlowly(node: HandDrivenNode, forMs: number): void {
  for (let ms = 0; ms < forMs; ms += 10) node.advance(10_000);
}

/** What the disk would give back after everything written so far was synced, on top of what this life found there. */
function durableOf(node: HandDrivenNode, found?: Durable): Durable {
  const firstIndex = found?.log.firstIndex ?? 1;
  let entries = (found?.log.entries ?? []).map((entry, offset) => ({ index: firstIndex + offset, entry }));
  let snapshot = found?.snapshot;
  for (const write of node.storage.records.flat()) {
    if (write.kind === 'append') entries.push(write);
    else if (write.kind === 'snapshot') snapshot = write.value;
    else if (write.kind === 'compact') entries = entries.filter(({ index }) => index > write.uptoIndex);
  }
  const log = { firstIndex: entries[0]?.index ?? 1, entries: entries.map(({ entry }) => entry) };
  return { cells: new Map(), log, snapshot };
}

describe('lease store', () => {
  it('answers, and sends events, only when the change is durable', () => {
    const node = storeNode();
    ask(node, round([{ watchId: 'w', prefix: 'k', nextRevision: 1 }]));
    const before = node.sent.length;
    const request: StoreRequest = { type: 'store-execute', command: put('c#1', 'k') };
    node.tell('n1/lease-store', request);
    expect(node.sent.length).toBe(before);
    expect(node.types()).not.toContain('revision-made');
    node.storage.sync();
    expect(node.sent.slice(before).map((envelope) => envelope.message.type)).toEqual([
      'store-watch-batch',
      'store-executed',
    ]);
  });

  it('ends a lease when its time is over, never before, and takes its keys along', () => {
    const node = storeNode();
    execute(node, grant('c#1', 1000));
    execute(node, put('c#2', 'a', 'lease-1'));
    node.advance(600_000);
    expect(ask(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 7 })).toEqual([
      { type: 'store-kept', leaseId: 'lease-1', attempt: 7, ttlMs: 1000 },
    ]);
    node.advance(999_999);
    expect(serverOf(node).store.leases.has('lease-1')).toBe(true);
    node.advance(1);
    node.storage.sync();
    expect(serverOf(node).store.leases.has('lease-1')).toBe(false);
    expect(read(node, [{ kind: 'get', key: 'a' }])).toMatchObject({ results: [{ kind: 'get', found: null }] });
    expect(ask(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 8 })).toEqual([
      { type: 'store-lease-gone', leaseId: 'lease-1', attempt: 8 },
    ]);
  });

  it('ends a lease before it answers, when the timer is late', () => {
    const node = storeNode();
    execute(node, grant('c#1', 1000));
    node.nowUs += 1_000_000;
    const [answer] = ask(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 });
    expect(answer?.type).toBe('store-lease-gone');
  });

  it('goes on after a start with what a lease had left when that was last noted', () => {
    const params = { checkpointEveryMs: 400 };
    const first = storeNode(params);
    execute(first, grant('c#1', 1000));
    advanceSlowly(first, 500);
    first.storage.sync();
    const second = storeNode(params, durableOf(first));
    // Noted every 200 ms: 600 ms were left at the last of them.
    expect(ask(second, { type: 'store-time-to-live', readId: 'r', leaseId: 'lease-1', keys: true })).toMatchObject([
      { type: 'store-lease-time-left', ttlMs: 1000, remainingMs: 600, keys: [] },
    ]);
    second.advance(599_999);
    expect(serverOf(second).store.leases.has('lease-1')).toBe(true);
    second.advance(1);
    expect(serverOf(second).store.leases.has('lease-1')).toBe(false);
  });

  it('forgets no more of a lease over many short lives than it was told to', () => {
    const params = { checkpointEveryMs: 100 };
    let node = storeNode(params);
    let found: Durable | undefined;
    execute(node, grant('c#1', 1000));
    for (let life = 0; life < 6; life++) {
      advanceSlowly(node, 180);
      node.storage.sync();
      found = durableOf(node, found);
      node = storeNode(params, found);
    }
    const { remainingMs } = serverOf(node).store.leases.get('lease-1') ?? { remainingMs: 0 };
    expect(remainingMs).toBe(1000 - 6 * 150);
  });

  it('does not fall back on a note that is older than the last keep-alive', () => {
    const params = { checkpointEveryMs: 400 };
    const first = storeNode(params);
    execute(first, grant('c#1', 1000));
    advanceSlowly(first, 500);
    ask(first, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 });
    const second = storeNode(params, durableOf(first));
    second.advance(999_000);
    expect(serverOf(second).store.leases.has('lease-1')).toBe(true);
  });

  it('notes what is left when it is stopped, however little has passed', () => {
    const first = storeNode();
    execute(first, grant('c#1', 1000));
    first.advance(300_000);
    first.node.stop();
    first.storage.sync();
    const second = storeNode(null, durableOf(first));
    expect(serverOf(second).store.leases.get('lease-1')?.remainingMs).toBe(700);
  });

  it('tells what a lease has left, its keys in order, and which leases there are', () => {
    const node = storeNode();
    execute(node, { kind: 'lease-grant', requestId: 'c#1', ttlMs: 1000, leaseId: 'mine' });
    execute(node, grant('c#2', 2000));
    for (const [n, key] of ['b', 'a'].entries()) execute(node, put(`c#${n + 3}`, key, 'mine'));
    node.advance(250_000);
    expect(ask(node, { type: 'store-time-to-live', readId: 'r', leaseId: 'mine', keys: true })).toEqual([
      {
        type: 'store-lease-time-left',
        readId: 'r',
        leaseId: 'mine',
        ttlMs: 1000,
        remainingMs: 750,
        keys: ['a', 'b'],
        more: false,
      },
    ]);
    expect(ask(node, { type: 'store-leases', readId: 'l' })).toEqual([
      { type: 'store-leases-listed', readId: 'l', leases: ['mine', 'lease-1'], more: false },
    ]);
    expect(ask(node, { type: 'store-time-to-live', readId: 'r', leaseId: 'no', keys: false })).toMatchObject([
      { type: 'store-lease-unknown', leaseId: 'no' },
    ]);
    const again = execute(node, { kind: 'lease-grant', requestId: 'c#9', ttlMs: 1000, leaseId: 'mine' });
    expect(again).toMatchObject({ outcome: { kind: 'failed', error: 'lease-exists' } });
  });

  it('comes back from snapshot and log as it was', () => {
    const command = fc.oneof(
      fc
        .record({ n: fc.nat(20), key: fc.constantFrom('a', 'b', 'c'), lease: fc.constantFrom('', 'lease-1') })
        .map(({ n, key, lease }) => put(`c#${n}`, key, lease)),
      fc.nat(20).map((n) => grant(`g#${n}`, 5000)),
      fc.nat(20).map((n): StoreCommand => ({ kind: 'lease-revoke', requestId: `v#${n}`, leaseId: 'lease-1' })),
      fc.nat(9).map((n): StoreCommand => ({ kind: 'compact', requestId: `k#${n}`, revision: n })),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (commands, snapshotEvery) => {
        const first = storeNode({ snapshotEvery });
        for (const next of commands) execute(first, next);
        const second = storeNode({ snapshotEvery }, durableOf(first));
        expect(stateHash(serverOf(second).store)).toBe(stateHash(serverOf(first).store));
        expect(serverOf(second).logged).toBeLessThan(snapshotEvery);
      }),
      { numRuns: 60 },
    );
  });

  it('names what is wrong with a request, and goes on', () => {
    const node = storeNode({ maxWatchesPerSession: 1, maxSessions: 1 });
    expect(execute(node, put('', 'k'))).toMatchObject({ outcome: { error: 'invalid' } });
    expect(execute(node, { kind: 'lease-expire', leaseId: 'lease-1' })).toMatchObject({
      outcome: { error: 'invalid' },
    });
    expect(execute(node, put('c#1', ''))).toMatchObject({
      outcome: { error: 'invalid', detail: 'then[0].key: is empty' },
    });
    expect(read(node, [{ kind: 'delete', key: 'k' }])).toMatchObject({
      type: 'store-read-failed',
      detail: expect.stringMatching(/use a transaction/),
    });
    expect(read(node, [{ kind: 'range', prefix: '', limit: -1 }])).toMatchObject({
      detail: expect.stringMatching(/limit: -1 is negative/),
    });
    const two = [
      { watchId: 'one', prefix: '', nextRevision: 0 },
      { watchId: 'two', prefix: '', nextRevision: 0 },
    ];
    expect(ask(node, round(two))).toMatchObject([
      { type: 'store-watch-batch', watchId: 'one' },
      {
        type: 'store-watch-failed',
        watchId: 'two',
        error: 'invalid',
        detail: expect.stringMatching(/may have 1 watches/),
      },
    ]);
    const other: StoreRequest = { ...round(two.slice(0, 1)), session: 'other' } as StoreRequest;
    expect(ask(node, other)).toMatchObject([{ type: 'store-watch-failed', error: 'unavailable' }]);
    expect(execute(node, put('c#2', 'k'))).toMatchObject({ outcome: { kind: 'txn-done', revision: 1 } });
  });

  it('ends a watch whose revision is compacted', () => {
    const node = storeNode();
    for (const n of [1, 2, 3]) execute(node, put(`c#${n}`, 'k'));
    execute(node, { kind: 'compact', requestId: 'c#4', revision: 2 });
    const watches = [{ watchId: 'w', prefix: '', nextRevision: 1 }];
    expect(ask(node, round(watches))).toMatchObject([{ type: 'store-watch-failed', error: 'compacted' }]);
  });

  it('forgets a silent session and its watches', () => {
    const node = storeNode({ sessionIdleMs: 1000 });
    ask(node, round([{ watchId: 'w', prefix: '', nextRevision: 0 }]));
    node.advance(1_000_000);
    node.advance(1_000_000);
    expect(serverOf(node).sessions.size).toBe(0);
    expect(serverOf(node).hub.watches.size).toBe(0);
  });

  it('ignores a round that comes late', () => {
    const node = storeNode();
    ask(node, round([{ watchId: 'w', prefix: '', nextRevision: 0 }], 2));
    ask(node, round([], 1));
    expect(serverOf(node).hub.watches.size).toBe(1);
  });
});
