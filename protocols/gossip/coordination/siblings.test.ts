import { beforeEach, describe, expect, it } from 'vitest';
import { CoordinatorFixture, put, txn } from './coordinator.fixture.js';

let f: CoordinatorFixture;
beforeEach(() => {
  f = new CoordinatorFixture(undefined, 0, { siblingPrefixes: ['cart/'], registerTombstoneMs: 8000 });
});

const get = { type: 'siblings-get', key: 'cart/1' };
const write = (value: string, seen: { node: string; count: number }[] = []) => ({
  ...{ type: 'siblings-put', key: 'cart/1', value, seen },
});

describe('registers that keep siblings', () => {
  it('keep what a writer had not seen, and replace what it had', () => {
    f.ask(write('a'));
    f.ask(write('b'));
    expect(f.ask(get)).toMatchObject({ values: ['a', 'b'], seen: [{ node: 'n1', count: 2 }] });
    expect(f.ask(write('ab', [{ node: 'n1', count: 2 }]))).toMatchObject({ seen: [{ node: 'n1', count: 3 }] });
    expect(f.ask(get)).toMatchObject({ values: ['ab'] });
    expect(f.value('cart/1')).toEqual(['ab']);
  });

  it('take in what another replica wrote beside it, and are deleted by who has seen all', () => {
    f.ask(write('mine'));
    const siblings = {
      vector: [{ node: 'n2', count: 1 }],
      siblings: [{ node: 'n2', count: 1, value: 'theirs', deleted: false }],
    };
    f.merge('n2', { key: 'cart/1', counter: 77, siblings });
    expect(f.ask(get)).toMatchObject({ values: ['mine', 'theirs'], seen: [{ count: 1 }, { count: 1 }] });
    expect(f.state.replica.held.get('cart/1')?.register).toMatchObject({ counter: 2, writer: 'n1:1,n2:1' });
    const seen = [
      { node: 'n1', count: 1 },
      { node: 'n2', count: 1 },
    ];
    f.ask({ type: 'siblings-delete', key: 'cart/1', seen });
    expect(f.ask(get)).toMatchObject({ values: [] });
    f.merge('n2', { key: 'cart/1', counter: 77, siblings });
    expect(f.ask(get)).toMatchObject({ values: [] });
  });

  it.each([
    [{ type: 'register-put', key: 'cart/1', value: 1 }, /keep concurrent writes as siblings/],
    [{ type: 'register-delete', key: 'cart/1' }, /use siblings-put and siblings-delete/],
    [{ type: 'siblings-put', key: 'k', value: 1, seen: [] }, /those that keep them begin with cart\//],
    [{ type: 'siblings-put', key: 'cart/1', value: 1, seen: [{ node: 'n1', count: -4 }] }, /seen: the vector/],
  ])('refuse %j', (request, detail) => {
    expect(f.ask(request)).toMatchObject({ type: 'register-failed', detail: expect.stringMatching(detail) });
  });

  it('refuse transactions that would write over them', () => {
    const remove = { kind: 'delete-prefix', prefix: 'ca' };
    for (const operation of [put('cart/1', 1), remove]) {
      expect(f.ask(txn('r', [operation]))).toMatchObject({ type: 'failed', error: 'invalid' });
    }
  });

  it('refuse a 65th write that has seen none of the others, and say what to do', () => {
    for (let n = 0; n < 64; n++) expect(f.ask(write(`v${n}`))).toMatchObject({ type: 'siblings-done' });
    expect(f.ask(write('more'))).toMatchObject({ detail: expect.stringMatching(/read them with siblings-get/) });
    expect(f.ask(write('all', [{ node: 'n1', count: 64 }]))).toMatchObject({ type: 'siblings-done' });
  });
});

describe('tombstones of registers', () => {
  const remove = (key: string) => txn(`d-${key}`, [{ kind: 'delete', key }]);

  it('are kept for their time and then collected, and neither revision nor clock goes back', () => {
    f.ask(txn('r1', [put('a', 1)]));
    f.ask(remove('a'));
    const { revision, clock } = f.state.replica;
    f.passMs(7900);
    expect(f.state.replica.held.has('a')).toBe(true);
    f.passMs(1200);
    expect(f.state.replica.held.has('a')).toBe(false);
    expect(
      f.node.observed.map(({ observation }) => observation).filter(({ type }) => type === 'register-collected'),
    ).toMatchObject([{ key: 'a', tombstoneMs: 8000 }]);
    const image = f.node.storage.imageOf('coordinator');
    expect(image?.cells.get('position')).toEqual({ revision, clock, forgottenCount: 0 });
    expect(f.state.replica).toMatchObject({ revision, clock });
  });

  it('come with their age, and are not taken back by whoever has forgotten them', () => {
    const register = {
      ...{ key: 'a', counter: 5, writer: 'n2', value: null, deleted: true, leaseId: '', changes: 2 },
      ...{ overCounter: 4, overWriter: 'n2' },
    };
    f.hear('n2', { type: 'registers', entries: [{ register, deletedForMs: 8000 }] });
    expect(f.state.replica.held.has('a')).toBe(false);
    f.hear('n2', { type: 'registers', entries: [{ register, deletedForMs: 6000 }] });
    f.passMs(1900);
    expect(f.state.replica.held.has('a')).toBe(true);
    f.hear('n3', { type: 'sync-fetch', sinceRevision: 0, uptoRevision: 1, more: false, keys: ['a'] });
    const [entry] = f.sent('sync-registers').at(-1)?.message['entries'] as { deletedForMs: number }[];
    expect(entry?.deletedForMs).toBeGreaterThanOrEqual(7900);
  });

  it('of candidacies, leases and siblings have the same life as any; an office is counted and is kept', () => {
    f.merge('n2', { key: '!candidacy/e/n2', counter: 2, value: null, deleted: true });
    f.merge('n2', { key: '!lease/x', counter: 2, value: null, deleted: true });
    f.merge('n2', { key: '!election/e', counter: 2, value: null, deleted: true });
    f.ask({ type: 'siblings-put', key: 'cart/a', value: 1, seen: [] });
    f.ask({ type: 'siblings-delete', key: 'cart/a', seen: [{ node: 'n1', count: 1 }] });
    f.passMs(7900);
    expect(f.state.replica.held.size).toBe(4);
    f.passMs(10_000);
    expect([...f.state.replica.held.keys()]).toEqual(['!election/e']);
  });

  it('of siblings do not hide what is written after they were forgotten, also by a later life', () => {
    const key = 'cart/a';
    f.ask({ type: 'siblings-put', key, value: 1, seen: [] });
    f.ask({ type: 'siblings-delete', key, seen: [{ node: 'n1', count: 1 }] });
    const tombstone = f.state.replica.held.get(key)?.register;
    f.passMs(10_000);
    expect(f.state.replica.held.has(key)).toBe(false);
    expect(f.node.storage.imageOf('coordinator')?.cells.get('position')).toMatchObject({ forgottenCount: 2 });
    f.ask({ type: 'siblings-put', key, value: 2, seen: [] });
    // Somebody else still remembers.
    f.hear('n2', { type: 'registers', entries: [{ register: tombstone as never, deletedForMs: 7999 }] });
    expect(f.ask({ type: 'siblings-get', key })).toMatchObject({ values: [2], seen: [{ node: 'n1', count: 3 }] });
  });

  it('of a candidacy are forgotten, and who stands anew stands above whatever others remember', () => {
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    f.ask({ type: 'resign', election: 'e', token: 0 });
    const { counter = 0 } = f.state.replica.held.get('!candidacy/e/n1')?.register ?? {};
    f.passMs(10_000);
    expect(f.state.replica.held.has('!candidacy/e/n1')).toBe(false);
    f.ask({ type: 'campaign', election: 'e', candidate: 'me' });
    expect(f.state.replica.held.get('!candidacy/e/n1')?.register.counter).toBeGreaterThan(counter);
  });

  it('of a candidacy that somebody brings back, out of reach for longer: whose it is ends it again', () => {
    const value = { candidate: 'me', incarnation: 1 };
    f.merge('n2', { key: '!candidacy/e/n1', counter: 5, writer: 'n1', value });
    expect(f.value('!candidacy/e/n1')).toBeUndefined();
    f.ask({ type: 'campaign', election: 'f', candidate: 'me' });
    const now = f.value('!candidacy/f/n1');
    f.merge('n2', {
      key: '!candidacy/f/n1',
      counter: 2_000_000_000_000,
      writer: 'n1',
      value: { ...value, incarnation: 99 },
    });
    expect(f.value('!candidacy/f/n1')).toEqual(now);
  });

  it('let the key be written anew, over whatever others still remember', () => {
    f.ask(txn('r1', [put('a', 1)]));
    f.ask(remove('a'));
    const before = f.state.replica.held.get('a')?.register.counter ?? 0;
    f.passMs(10_000);
    f.ask(txn('r3', [put('a', 2)]));
    expect(f.state.replica.held.get('a')?.register.counter).toBeGreaterThan(before);
  });
});
