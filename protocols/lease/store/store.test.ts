import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../runtime/data.js';
import type { KeyValue, Operation } from '../../coordinator/index.js';
import { applyCommand, emptyStore, readStore, stateHash, type Store, type StoreCommand } from './index.js';

function put(requestId: string, key: string, value: Plain, leaseId = ''): StoreCommand {
  return { kind: 'txn', requestId, compare: [], then: [{ kind: 'put', key, value, leaseId }], else: [] };
}

function entriesOf(store: Store): readonly KeyValue[] {
  const [result] = readStore(store, [{ kind: 'range', prefix: '', limit: 0 }]);
  return result?.kind === 'range' ? result.found : [];
}

describe('store', () => {
  it('has a hash that tells states apart', () => {
    const one = emptyStore();
    const other = emptyStore();
    expect(stateHash(one)).toBe(stateHash(other));
    applyCommand(one, put('', 'k', 1));
    expect(stateHash(one)).not.toBe(stateHash(other));
    applyCommand(other, put('', 'k', 2));
    expect(stateHash(one)).not.toBe(stateHash(other));
  });

  it('refuses a put with a lease that does not live, whole transaction and all', () => {
    const store = emptyStore();
    const command: StoreCommand = {
      kind: 'txn',
      requestId: 'c#1',
      compare: [],
      then: [
        { kind: 'put', key: 'a', value: 1, leaseId: '' },
        { kind: 'put', key: 'b', value: 1, leaseId: 'lease-9' },
      ],
      else: [],
    };
    expect(applyCommand(store, command).outcome).toMatchObject({ kind: 'failed', error: 'lease-not-found' });
    expect(entriesOf(store)).toEqual([]);
    expect(store.revision).toBe(0);
  });

  it('answers a repetition with the first result even when the world has moved on', () => {
    const store = emptyStore();
    const first = applyCommand(store, put('c#1', 'k', 1));
    applyCommand(store, put('c#2', 'k', 2));
    const again = applyCommand(store, put('c#1', 'k', 1));
    expect(again).toEqual({ outcome: first.outcome, repeated: true, revision: 2, events: [] });
    expect(entriesOf(store)[0]?.value).toBe(2);
  });

  it('refuses a repetition that it cannot judge any more, rather than apply it twice', () => {
    const store = emptyStore({ resultsPerClient: 2 });
    for (const n of [1, 2, 3, 4]) applyCommand(store, put(`c#${n}`, 'k', n));
    expect(applyCommand(store, put('c#1', 'k', 1)).outcome).toMatchObject({ kind: 'failed', error: 'unknown' });
    expect(applyCommand(store, put('c#4', 'k', 4)).repeated).toBe(true);
    expect(applyCommand(store, put('d#1', 'k', 1)).repeated).toBe(false);
    expect(store.revision).toBe(5);
  });

  it('keeps the memory of requests bounded', () => {
    const store = emptyStore({ resultsPerClient: 3, unnumberedResults: 5, maxClients: 4 });
    for (let n = 0; n < 100; n++) {
      applyCommand(store, put(`client-${n % 9}#${n}`, 'k', n));
      applyCommand(store, put(`free-${n}-x`, 'k', n));
    }
    expect(store.requests.clients.size).toBeLessThanOrEqual(4);
    expect(store.requests.clients.get('')?.results.size).toBe(5);
    for (const known of store.requests.clients.values()) expect(known.results.size).toBeLessThanOrEqual(5);
  });

  it('compacts its history by itself and on demand', () => {
    const store = emptyStore({ historyEvents: 8 });
    for (let n = 0; n < 20; n++) applyCommand(store, put('', 'k', n));
    expect(store.historyEvents).toBeLessThanOrEqual(8);
    expect(store.history[0]?.revision).toBe(store.compactedRevision);
    expect(applyCommand(store, { kind: 'compact', requestId: '', revision: 18 }).outcome).toEqual({
      kind: 'compacted',
      revision: 18,
    });
    expect(store.history.map((change) => change.revision)).toEqual([18, 19, 20]);
    expect(applyCommand(store, { kind: 'compact', requestId: '', revision: 18 }).outcome).toMatchObject({
      error: 'compacted',
    });
    expect(applyCommand(store, { kind: 'compact', requestId: '', revision: 21 }).outcome).toMatchObject({
      error: 'future-revision',
    });
  });

  it('names place and remedy of a command that can never be applied', () => {
    const store = emptyStore({ maxValueBytes: 100, maxOperations: 2, maxLeases: 1 });
    const twice: Operation[] = [
      { kind: 'put', key: 'a/1', value: 1, leaseId: '' },
      { kind: 'delete-prefix', prefix: 'a/' },
    ];
    const cases: [StoreCommand, RegExp][] = [
      [
        { kind: 'txn', requestId: '', compare: [], then: twice, else: [] },
        /then\[1\]\.prefix: "a\/1" is put and deleted/,
      ],
      [{ kind: 'txn', requestId: '', compare: [], then: [], else: [...twice, ...twice] }, /split the transaction/],
      [put('', '', 1), /then\[0\]\.key: is empty/],
      [put('', 'k', 'x'.repeat(100)), /then\[0\]\.value: about 201 bytes, more than 100/],
      [put('', 'k'.repeat(2000), 1), /then\[0\]\.key: longer than 1024/],
      [{ kind: 'lease-grant', requestId: '', ttlMs: 1 }, /ttlMs: 1 is not in 10\.\./],
      [
        {
          kind: 'txn',
          requestId: '',
          compare: [{ key: 'k', target: 'mod', operator: '=', operand: 'x' }],
          then: [],
          else: [],
        },
        /compare\[0\]\.operand: mod is compared with an integer/,
      ],
    ];
    for (const [bad, message] of cases) {
      const { outcome } = applyCommand(store, bad);
      expect(outcome).toMatchObject({ kind: 'failed', error: 'invalid' });
      expect(outcome.kind === 'failed' ? outcome.detail : '').toMatch(message);
    }
    applyCommand(store, { kind: 'lease-grant', requestId: '', ttlMs: 1000 });
    expect(applyCommand(store, { kind: 'lease-grant', requestId: '', ttlMs: 1000 }).outcome).toMatchObject({
      error: 'invalid',
    });
  });
});
