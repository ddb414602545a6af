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
    expect(image?.cells.get('position')).toEqual({ revision, clock });
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

  it('of keys that are counted are kept, and of leases not', () => {
    f.merge('n2', { key: '!candidacy/e/n2', counter: 2, value: null, deleted: true });
    f.merge('n2', { key: '!lease/x', counter: 2, value: null, deleted: true });
    f.passMs(18_000);
    expect([...f.state.replica.held.keys()]).toEqual(['!candidacy/e/n2']);
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
