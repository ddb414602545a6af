import { beforeEach, describe, expect, it } from 'vitest';
import type { Message, Plain } from '../../../runtime/data.js';
import { READING_MAX } from '../registers/clock.js';
import { CoordinatorFixture, put, txn } from './coordinator.fixture.js';

let f: CoordinatorFixture;
beforeEach(() => {
  f = new CoordinatorFixture();
});

const get = (key: string): Plain => ({ type: 'read', operations: [{ kind: 'get', key }] });

describe('transactions on the local replica', () => {
  it('compares with local revisions, so that a write in between is noticed', () => {
    const done = f.ask(txn('r1', [put('a', 1)]));
    expect(done).toMatchObject({ type: 'txn-done', succeeded: true, revision: 1 });
    const unchanged = { key: 'a', target: 'mod', operator: '=', operand: 1 };
    f.merge('n2', { key: 'a', counter: 7, value: 'theirs' });
    expect(f.ask(txn('r2', [put('a', 2)], [unchanged]))).toMatchObject({ succeeded: false, revision: 2 });
    expect(f.ask(get('a'))).toMatchObject({ results: [{ found: { value: 'theirs', modRevision: 2 } }] });
  });

  it('answers a repeated request without doing it again', () => {
    const first = f.ask(txn('r1', [put('a', 1)]));
    expect(f.ask(txn('r1', [put('a', 1)]))).toEqual(first);
    expect(f.state.replica.held.get('a')?.register.counter).toBe(1);
  });

  it('does not answer one kind of request with what became of another', () => {
    f.ask(txn('r1', [put('a', 1)]));
    const grant = f.ask({ type: 'lease-grant', requestId: 'r1', ttlMs: 1000 });
    expect(grant).toMatchObject({ type: 'failed', requestId: 'r1', error: 'invalid' });
    expect(f.state.replica.revision).toBe(1);
  });

  it('is acknowledged only when it is durable', () => {
    f.node.tell('n1/client', { type: 'say', message: txn('r1', [put('a', 1)]) } as Message);
    // Inside the node the answer is there at once; nothing has left it.
    expect(f.node.observed.filter(({ observation }) => observation.type === 'register-written')).toEqual([]);
    f.passMs(100);
    expect(f.node.observed.filter(({ observation }) => observation.type === 'register-written')).toHaveLength(1);
  });

  it('ranges in key order and hides its own keys', () => {
    f.ask(txn('r1', [put('b', 2), put('a', 1), put('c/1', 3)]));
    f.ask({ type: 'lease-grant', requestId: 'r2', ttlMs: 5000 });
    const all = f.ask({ type: 'read', operations: [{ kind: 'range', prefix: '', limit: 2 }] });
    expect(all).toMatchObject({ results: [{ found: [{ key: 'a' }, { key: 'b' }], more: true }] });
    expect(f.ask({ type: 'read', operations: [{ kind: 'range', prefix: '!lease/', limit: 0 }] })).toMatchObject({
      results: [{ found: [{ value: { owner: 'n1', ttlMs: 5000 } }] }],
    });
  });

  it.each([
    ['a write to its own keys', txn('r', [put('!lease/x', 1)]), 'invalid', /the coordinator's own/],
    ['an empty key', txn('r', [put('', 1)]), 'invalid', /1 to 512 characters/],
    ['a value that is too large', txn('r', [put('a', 'x'.repeat(70_000))]), 'invalid', /larger than/],
    ['a lease that nobody holds', txn('r', [put('a', 1, 'no-lease')]), 'lease-not-found', /grant another/],
    ['a change in a read', { type: 'read', operations: [put('a', 1)] }, 'invalid', /changes go into a txn/],
    ['a lease without time', { type: 'lease-grant', requestId: 'r', ttlMs: 0 }, 'invalid', /not between 1 and/],
    ['to keep alive what has ended', { type: 'lease-keep-alive', leaseId: 'x' }, 'lease-not-found', /x has ended/],
    ['a key that is put twice', txn('r', [put('a', 1), put('a', 2)]), 'invalid', /then\[1\].key: "a" is put twice/],
    [
      'a key that is put and deleted',
      txn('r', [put('a', 1), { kind: 'delete-prefix', prefix: '' }]),
      'invalid',
      /then\[1\].prefix: "a" is put and deleted/,
    ],
    ['a transaction without an id', txn('', [put('a', 1)]), 'invalid', /requestId is empty/],
    ['a lease without an id', { type: 'lease-grant', requestId: '', ttlMs: 9 }, 'invalid', /requestId is empty/],
    [
      'a watch from before the beginning',
      { type: 'watch', watchId: 'w', prefix: '', fromRevision: -1 },
      'invalid',
      /fromRevision: -1 is negative/,
    ],
    ['an election without a name', { type: 'campaign', election: '', candidate: 'me' }, 'invalid', /election/],
  ])('refuses %s', (_, message, error, detail) => {
    expect(f.ask(message as Plain)).toMatchObject({ type: 'failed', error, detail: expect.stringMatching(detail) });
    expect(f.state.replica.revision).toBe(0);
  });
});

describe('registers with expected versions', () => {
  it('writes against the version expected and says what is there otherwise', () => {
    const done = f.ask({ type: 'register-put', key: 'k', value: 1, expected: null });
    expect(done).toMatchObject({ type: 'register-done', version: { counter: 1, writer: 'n1' } });
    const first = { counter: 1, writer: 'n1' };
    expect(f.ask({ type: 'register-put', key: 'k', value: 2, expected: null })).toEqual({
      type: 'register-conflict',
      key: 'k',
      expected: null,
      actual: first,
    });
    expect(f.ask({ type: 'register-put', key: 'k', value: 2, expected: first })).toMatchObject({
      version: { counter: 2 },
    });
    expect(f.ask({ type: 'register-delete', key: 'k', expected: first })).toMatchObject({ type: 'register-conflict' });
    expect(f.ask({ type: 'register-get', key: 'k' })).toMatchObject({ found: { value: 2, version: { counter: 2 } } });
    f.ask({ type: 'register-delete', key: 'k' });
    expect(f.ask({ type: 'register-get', key: 'k' })).toMatchObject({ found: null });
    expect(f.ask({ type: 'register-put', key: 'k', value: 3, expected: null })).toMatchObject({
      version: { counter: 4 },
    });
  });
});

describe('merging', () => {
  it('keeps the newer version, and of two equal counts the same one everywhere', () => {
    f.ask(txn('r1', [put('a', 'mine')]));
    f.merge('n2', { key: 'a', counter: 1 });
    expect(f.value('a')).toBe('by-n2');
    f.merge('n0', { key: 'a', counter: 1 });
    expect(f.value('a')).toBe('by-n2');
    expect(f.node.types().filter((type) => type === 'conflict-resolved')).toHaveLength(2);
  });

  it('does not let a deleted register come back', () => {
    f.merge('n2', { key: 'a', counter: 2, deleted: true, value: null });
    f.merge('n3', { key: 'a', counter: 1 });
    expect(f.value('a')).toBeUndefined();
  });

  it('refuses what is beyond its limits', () => {
    f.merge('n2', { key: 'x'.repeat(600), counter: 1 });
    f.merge('n2', { key: 'a', counter: -1 });
    f.merge('n2', { key: 'a', counter: READING_MAX + 1 });
    expect(f.state.replica.held.size).toBe(0);
    expect(f.node.types().filter((type) => type === 'register-refused')).toHaveLength(3);
  });

  it('survives a restart, revisions included', () => {
    f.ask(txn('r1', [put('a', 1), put('b', 1)]));
    f.merge('n2', { key: 'a', counter: 9 });
    const image = f.node.storage.imageOf('coordinator');
    const again = new CoordinatorFixture(new Map(image === undefined ? [] : [['coordinator', image]]), 1);
    expect(again.value('a')).toBe('by-n2');
    expect(again.state.replica.revision).toBe(f.state.replica.revision);
    expect(again.ask({ type: 'watch', watchId: 'w', prefix: '', fromRevision: 1 })).toMatchObject({
      error: 'compacted',
    });
  });
});

describe('anti-entropy', () => {
  it('tells versions since a revision, and fetches what is newer there', () => {
    f.ask(txn('r1', [put('a', 1)]));
    f.ask(txn('r2', [put('b', 1)]));
    f.hear('n2', { type: 'sync-request', sinceRevision: 1 });
    expect(f.sent('sync-digest').at(-1)?.message).toMatchObject({
      uptoRevision: 2,
      more: false,
      versions: [{ key: 'b' }],
    });
    const versions = [
      { key: 'a', counter: 5, writer: 'n2' },
      { key: 'b', counter: 0, writer: 'n2' },
    ];
    f.hear('n2', { type: 'sync-digest', sinceRevision: 0, uptoRevision: 4, more: false, versions });
    expect(f.sent('sync-fetch').at(-1)).toMatchObject({ to: 'n2/coordinator', message: { keys: ['a'] } });
    expect(f.sent('registers').at(-1)).toMatchObject({
      message: { entries: [{ register: { key: 'b', value: 1 }, deletedForMs: 0 }] },
    });
    expect(f.state.followed.get('n2')).toBeUndefined();
    const over = { overCounter: 4, overWriter: 'n2' };
    const register = { key: 'a', counter: 5, writer: 'n2', value: 2, deleted: false, leaseId: '', changes: 5, ...over };
    const entries = [{ register, deletedForMs: 0 }];
    f.hear('n2', { type: 'sync-registers', sinceRevision: 0, uptoRevision: 4, more: false, complete: true, entries });
    expect([f.value('a'), f.state.followed.get('n2')]).toEqual([2, 4]);
  });

  it('begins anew with a peer that has fewer revisions than before', () => {
    f.hear('n2', { type: 'sync-digest', sinceRevision: 0, uptoRevision: 9, more: false, versions: [] });
    f.hear('n2', { type: 'sync-digest', sinceRevision: 9, uptoRevision: 3, more: false, versions: [] });
    expect(f.state.followed.get('n2')).toBe(0);
  });
});

describe('watches', () => {
  it('stream what is written here and what is merged, by revision', () => {
    f.ask({ type: 'watch', watchId: 'w', prefix: 'k/', fromRevision: 0 });
    f.ask(txn('r1', [put('k/1', 1), put('other', 1), put('k/2', 2)]));
    f.merge('n2', { key: 'k/1', counter: 4, deleted: true, value: null });
    f.merge('n2', { key: 'k/9', counter: 4, deleted: true, value: null });
    const events = f.heard.filter(({ type }) => type === 'watch-events');
    expect(events).toMatchObject([
      {
        revision: 1,
        events: [
          { kind: 'put', entry: { key: 'k/1' } },
          { kind: 'put', entry: { key: 'k/2' } },
        ],
      },
      { revision: 2, events: [{ kind: 'delete', entry: { key: 'k/1', value: null, modRevision: 2 } }] },
    ]);
  });

  it('begin in the past where it is kept', () => {
    f.ask(txn('r1', [put('a', 1)]));
    f.ask(txn('r2', [put('a', 2)]));
    f.ask({ type: 'watch', watchId: 'w', prefix: '', fromRevision: 2 });
    expect(f.heard.slice(-2)).toMatchObject([{ type: 'watch-started', revision: 2 }, { revision: 2 }]);
    f.ask({ type: 'unwatch', watchId: 'w' });
    f.ask(txn('r3', [put('a', 3)]));
    expect(f.heard.at(-1)).toMatchObject({ type: 'txn-done' });
  });

  it('say which revision is the first that they see, and see none before it', () => {
    f.ask({ type: 'watch', watchId: 'now', prefix: '', fromRevision: 0 });
    f.ask({ type: 'watch', watchId: 'later', prefix: '', fromRevision: 3 });
    for (const value of [1, 2, 3]) f.ask(txn(`r${value}`, [put('a', value)]));
    const started = f.heard.filter(({ type }) => type === 'watch-started');
    expect(started.map(({ watchId, revision }) => [watchId, revision])).toEqual([
      ['now', 1],
      ['later', 3],
    ]);
    const later = f.heard.filter(({ type, watchId }) => type === 'watch-events' && watchId === 'later');
    expect(later.map(({ revision }) => revision)).toEqual([3]);
  });
});

describe('leases', () => {
  const grant = (ttlMs = 1000): string =>
    String(f.ask({ type: 'lease-grant', requestId: `g${f.heard.length}`, ttlMs })?.['leaseId']);

  it('end with their keys when they are not renewed', () => {
    const leaseId = grant();
    f.ask(txn('r1', [put('a', 1, leaseId)]));
    f.passMs(800);
    expect(f.ask({ type: 'lease-keep-alive', leaseId })).toMatchObject({ type: 'lease-kept', ttlMs: 1000 });
    f.passMs(800);
    expect(f.value('a')).toBe(1);
    f.passMs(400);
    expect(f.value('a')).toBeUndefined();
    expect(f.ask({ type: 'lease-keep-alive', leaseId })).toMatchObject({ error: 'lease-not-found' });
  });

  it('of a dead owner are ended by the lowest-ranked member left, after their time', () => {
    f.merge('n3', { key: '!lease/x', counter: 1, value: { owner: 'n3', ttlMs: 1000 } });
    f.merge('n3', { key: 'a', counter: 1, leaseId: 'x' });
    f.passMs(3000);
    expect(f.value('a')).toBe('by-n3');
    f.see({ n2: 'alive', n3: 'dead' });
    f.passMs(900);
    f.see({ n2: 'alive', n3: 'alive' });
    f.passMs(3000);
    expect(f.value('a')).toBe('by-n3');
    f.see({ n2: 'alive', n3: 'dead' });
    f.passMs(1100);
    expect(f.value('a')).toBeUndefined();
  });

  it('take along keys that reach a replica after they ended', () => {
    f.merge('n2', { key: '!lease/x', counter: 2, value: null, deleted: true });
    f.merge('n3', { key: 'a', counter: 1, leaseId: 'x' });
    expect(f.value('a')).toBeUndefined();
    expect(f.state.replica.held.get('a')?.register).toMatchObject({ deleted: true, counter: 2, writer: 'n1' });
  });
});
