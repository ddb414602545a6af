import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Durable } from '../../runtime/actor.js';
import type { HandDrivenNode } from '../../runtime/hand-driven-node.fixture.js';
import { stateHash, type LeaseServerOptions, type StoreCommand, type StoreRequest } from '../lease/index.js';
import {
  advance,
  advanceSlowly,
  ask,
  durableOf,
  execute,
  grant,
  put,
  read,
  replicated,
  round,
  settle,
  single,
} from './stores.fixture.js';

// What a lease store promises whatever it stands on: one suite for the store on one node and the replicated one.

const kinds = [single, replicated].map((kind) => ({
  ...kind,
  storeNode: (
    options: Partial<LeaseServerOptions> = {},
    found?: ReadonlyMap<string, Durable>,
    lives?: number,
  ): HandDrivenNode => kind.make(options, found, lives),
}));

describe.each(kinds)('$name: requests', ({ storeNode, storeOf }) => {
  it('answers, and sends events, only when the change is durable', () => {
    const node = storeNode();
    ask(node, round([{ watchId: 'w', prefix: 'k', nextRevision: 1 }]));
    const before = node.sent.length;
    const request: StoreRequest = { type: 'store-execute', command: put('c#1', 'k') };
    node.tell('n1/lease-store', request);
    expect(node.sent.length).toBe(before);
    expect(node.types()).not.toContain('revision-made');
    settle(node);
    expect(node.sent.slice(before).map((envelope) => envelope.message.type)).toEqual([
      'store-watch-batch',
      'store-executed',
    ]);
  });

  it('gives a repeated request its first answer', () => {
    const node = storeNode();
    const first = execute(node, put('c#1', 'k'));
    execute(node, put('c#2', 'k'));
    expect(execute(node, put('c#1', 'k'))).toEqual(first);
    expect(storeOf(node).revision).toBe(2);
    expect(node.types()).toContain('request-repeated');
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
        expect(stateHash(storeOf(second))).toBe(stateHash(storeOf(first)));
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
});

describe.each(kinds)('$name: leases', ({ storeNode, storeOf }) => {
  const lives = (node: HandDrivenNode, leaseId = 'lease-1'): boolean => storeOf(node).leases.has(leaseId);

  it('ends a lease when its time is over, never before, and takes its keys along', () => {
    const node = storeNode();
    execute(node, grant('c#1', 1000));
    execute(node, put('c#2', 'a', 'lease-1'));
    advance(node, 600_000);
    expect(ask(node, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 7 })).toEqual([
      { type: 'store-kept', leaseId: 'lease-1', attempt: 7, ttlMs: 1000 },
    ]);
    advance(node, 999_999);
    expect(lives(node)).toBe(true);
    advance(node, 1);
    expect(lives(node)).toBe(false);
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
    const second = storeNode(params, durableOf(first));
    // Noted every 200 ms: 600 ms were left at the last of them.
    expect(ask(second, { type: 'store-time-to-live', readId: 'r', leaseId: 'lease-1', keys: true })).toMatchObject([
      { type: 'store-lease-time-left', ttlMs: 1000, remainingMs: 600, keys: [] },
    ]);
    advance(second, 599_999);
    expect(lives(second)).toBe(true);
    advance(second, 1);
    expect(lives(second)).toBe(false);
  });

  it('forgets no more of a lease over many short lives than it was told to', () => {
    const params = { checkpointEveryMs: 100 };
    let node = storeNode(params);
    let found: ReadonlyMap<string, Durable> | undefined;
    execute(node, grant('c#1', 1000));
    for (let life = 0; life < 6; life++) {
      advanceSlowly(node, 180);
      found = durableOf(node, found);
      node = storeNode(params, found, life + 1);
    }
    const { remainingMs } = storeOf(node).leases.get('lease-1') ?? { remainingMs: 0 };
    expect(remainingMs).toBe(1000 - 6 * 150);
  });

  it('does not fall back on a note that is older than the last keep-alive', () => {
    const params = { checkpointEveryMs: 400 };
    const first = storeNode(params);
    execute(first, grant('c#1', 1000));
    advanceSlowly(first, 500);
    ask(first, { type: 'store-keep-alive', leaseId: 'lease-1', attempt: 1 });
    const second = storeNode(params, durableOf(first));
    advance(second, 999_000);
    expect(lives(second)).toBe(true);
  });

  it('tells what a lease has left, its keys in order, and which leases there are', () => {
    const node = storeNode();
    execute(node, { kind: 'lease-grant', requestId: 'c#1', ttlMs: 1000, leaseId: 'mine' });
    execute(node, grant('c#2', 2000));
    for (const [n, key] of ['b', 'a'].entries()) execute(node, put(`c#${n + 3}`, key, 'mine'));
    advance(node, 250_000);
    const question: StoreRequest = { type: 'store-time-to-live', readId: 'r', leaseId: 'mine', keys: true };
    const times = { ttlMs: 1000, remainingMs: 750 };
    expect(ask(node, question)).toEqual([
      { type: 'store-lease-time-left', readId: 'r', leaseId: 'mine', ...times, keys: ['a', 'b'], more: false },
    ]);
    expect(ask(node, { type: 'store-leases', readId: 'l' })).toEqual([
      { type: 'store-leases-listed', readId: 'l', leases: ['mine', 'lease-1'], more: false },
    ]);
    expect(ask(node, { ...question, leaseId: 'no' })).toMatchObject([{ type: 'store-lease-unknown', leaseId: 'no' }]);
    const again = execute(node, { kind: 'lease-grant', requestId: 'c#9', ttlMs: 1000, leaseId: 'mine' });
    expect(again).toMatchObject({ outcome: { kind: 'failed', error: 'lease-exists' } });
  });
});

describe.each(kinds)('$name: watches', ({ storeNode, serverOf }) => {
  it('tells of every revision from the one that was asked for, with what was there before', () => {
    const node = storeNode();
    for (const n of [1, 2]) execute(node, put(`c#${n}`, 'k'));
    const watches = [{ watchId: 'w', prefix: 'k', nextRevision: 2, previous: true }];
    const [batch] = ask(node, { type: 'store-watch', session: 's', round: 1, watches });
    expect(batch).toMatchObject({ fromRevision: 2, nextRevision: 3, changes: [{ revision: 2 }] });
    expect(batch).toMatchObject({ changes: [{ events: [{ previous: { modRevision: 1, version: 1 } }] }] });
    const plain = ask(node, round([{ watchId: 'x', prefix: 'k', nextRevision: 1 }], 2))[0];
    expect(JSON.stringify(plain)).not.toContain('previous');
  });

  it('begins "from now on" after what is there', () => {
    const node = storeNode();
    execute(node, put('c#1', 'k'));
    expect(ask(node, round([{ watchId: 'w', prefix: 'k', nextRevision: 0 }]))).toMatchObject([
      { type: 'store-watch-batch', fromRevision: 2, nextRevision: 2, changes: [] },
    ]);
  });

  it('ends a watch whose revision is compacted', () => {
    const node = storeNode();
    for (const n of [1, 2, 3]) execute(node, put(`c#${n}`, 'k'));
    execute(node, { kind: 'compact', requestId: 'c#4', revision: 2 });
    const watches = [{ watchId: 'w', prefix: '', nextRevision: 1 }];
    expect(ask(node, round(watches))).toMatchObject([{ type: 'store-watch-failed', error: 'compacted' }]);
  });

  it('ends no watch by a compaction that took nothing from it', () => {
    const node = storeNode();
    ask(node, round([{ watchId: 'w', prefix: 'w/', nextRevision: 0 }]));
    for (const n of [1, 2, 3, 4]) execute(node, put(`c#${n}`, `k${n}`));
    execute(node, { kind: 'compact', requestId: 'c#5', revision: 4 });
    const before = node.sent.length;
    execute(node, put('c#6', 'w/1'));
    const told = node.sent.slice(before).filter(({ to }) => to === 'n2/peer');
    expect(told.map(({ message }) => message).filter(({ type }) => type !== 'store-executed')).toMatchObject([
      { type: 'store-watch-batch', changes: [{ revision: 5, events: [{ entry: { key: 'w/1' } }] }] },
    ]);
  });

  it('forgets a silent session and its watches', () => {
    const node = storeNode({ sessionIdleMs: 1000 });
    ask(node, round([{ watchId: 'w', prefix: '', nextRevision: 0 }]));
    advance(node, 1_000_000);
    advance(node, 1_000_000);
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
