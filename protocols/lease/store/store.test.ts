import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../runtime/data.js';
import type { Compare, KeyValue, Operation, WatchEvent } from '../../coordinator/index.js';
import {
  applyCommand,
  emptyStore,
  imageOfStore,
  readStore,
  stateHash,
  storeOfImage,
  type Outcome,
  type Store,
  type StoreCommand,
} from './index.js';

/** The store's meaning, told naively: arrays, scans, and everything kept for ever. */
class NaiveStore {
  revision = 0;
  entries: KeyValue[] = [];
  leases: { leaseId: string; ttlMs: number }[] = [];
  granted = 0;
  all: { revision: number; events: WatchEvent[] }[] = [];
  results: { requestId: string; outcome: Outcome }[] = [];

  apply(command: StoreCommand): { outcome: Outcome; events: WatchEvent[] } {
    const requestId = 'requestId' in command ? command.requestId : '';
    const first = this.results.find((result) => requestId !== '' && result.requestId === requestId);
    if (first !== undefined) return { outcome: first.outcome, events: [] };
    const events: WatchEvent[] = [];
    const outcome = this.carryOut(command, events);
    if (events.length > 0) {
      this.revision += 1;
      this.all.push({ revision: this.revision, events });
    }
    if (outcome.kind === 'txn-done') Object.assign(outcome, { revision: this.revision });
    this.results.push({ requestId, outcome });
    return { outcome, events };
  }

  private carryOut(command: StoreCommand, events: WatchEvent[]): Outcome {
    if (command.kind === 'lease-grant') {
      this.granted += 1;
      this.leases.push({ leaseId: `lease-${this.granted}`, ttlMs: command.ttlMs });
      return { kind: 'lease-granted', leaseId: `lease-${this.granted}`, ttlMs: command.ttlMs };
    }
    if (command.kind === 'lease-revoke' || command.kind === 'lease-expire') {
      if (!this.leases.some((lease) => lease.leaseId === command.leaseId)) return failure('lease-not-found');
      this.leases = this.leases.filter((lease) => lease.leaseId !== command.leaseId);
      for (const entry of this.sorted()) if (entry.leaseId === command.leaseId) this.drop(entry, events);
      return { kind: 'lease-ended', leaseId: command.leaseId };
    }
    if (command.kind === 'compact') return failure('invalid');
    const succeeded = command.compare.every((compare) => this.holds(compare));
    const operations = succeeded ? command.then : command.else;
    for (const operation of operations) {
      if (operation.kind !== 'put' || operation.leaseId === '') continue;
      if (!this.leases.some((lease) => lease.leaseId === operation.leaseId)) return failure('lease-not-found');
    }
    const results = operations.map((operation) => this.operate(operation, events));
    return { kind: 'txn-done', succeeded, revision: 0, results } as Outcome;
  }

  private operate(operation: Operation, events: WatchEvent[]): object {
    if (operation.kind === 'get') return { kind: 'get', found: this.find(operation.key) ?? null };
    if (operation.kind === 'range') {
      const found = this.sorted().filter((entry) => entry.key.startsWith(operation.prefix));
      const limit = operation.limit === 0 ? found.length : operation.limit;
      return { kind: 'range', found: found.slice(0, limit), more: found.length > limit };
    }
    if (operation.kind === 'put') {
      const before = this.find(operation.key);
      const entry = {
        key: operation.key,
        value: operation.value,
        createRevision: before?.createRevision ?? this.revision + 1,
        modRevision: this.revision + 1,
        version: (before?.version ?? 0) + 1,
        leaseId: operation.leaseId,
      };
      this.entries = [...this.entries.filter((other) => other.key !== operation.key), entry];
      events.push({ kind: 'put', entry });
      return { kind: 'put' };
    }
    const doomed = this.sorted().filter((entry) =>
      operation.kind === 'delete' ? entry.key === operation.key : entry.key.startsWith(operation.prefix),
    );
    for (const entry of doomed) this.drop(entry, events);
    return { kind: 'delete', deleted: doomed.length };
  }

  private drop(entry: KeyValue, events: WatchEvent[]): void {
    this.entries = this.entries.filter((other) => other.key !== entry.key);
    events.push({ kind: 'delete', entry: { ...entry, value: null, modRevision: this.revision + 1 } });
  }

  private holds({ key, target, operator, operand }: Compare): boolean {
    const entry = this.find(key);
    if (target === 'value' && entry === undefined) return false;
    const actual = {
      create: entry?.createRevision ?? 0,
      mod: entry?.modRevision ?? 0,
      version: entry?.version ?? 0,
      lease: entry?.leaseId ?? '',
      value: entry?.value ?? 0,
    }[target];
    if (operator === '=') return actual === operand;
    if (operator === '!=') return actual !== operand;
    if (typeof actual !== typeof operand || actual === null) return false;
    return operator === '<' ? (actual as number) < (operand as number) : (actual as number) > (operand as number);
  }

  find(key: string): KeyValue | undefined {
    return this.entries.find((entry) => entry.key === key);
  }

  sorted(): KeyValue[] {
    return [...this.entries].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function failure(error: 'lease-not-found' | 'invalid'): Outcome {
  return { kind: 'failed', error, detail: '' };
}

function withoutDetail(outcome: Outcome): Outcome {
  return outcome.kind === 'failed' ? { ...outcome, detail: '' } : outcome;
}

const key = fc.constantFrom('a', 'a/1', 'a/2', 'a/2/x', 'b', 'b/1', 'c', 'é');
const prefix = fc.constantFrom('', 'a', 'a/', 'a/2', 'b', 'z');
const leaseId = fc.constantFrom('', 'lease-1', 'lease-2', 'lease-3');
const value: fc.Arbitrary<Plain> = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', 'y'));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), key, value, leaseId }) },
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constant('delete-prefix' as const), prefix }),
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({ kind: fc.constant('range' as const), prefix, limit: fc.nat(3) }),
);
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({
    key,
    target: fc.constantFrom('create' as const, 'mod' as const, 'version' as const),
    operator: fc.constantFrom('=' as const, '!=' as const, '<' as const, '>' as const),
    operand: fc.nat(4),
  }),
  fc.record({ key, target: fc.constant('lease' as const), operator: fc.constant('=' as const), operand: leaseId }),
  fc.record({
    key,
    target: fc.constant('value' as const),
    operator: fc.constantFrom('=' as const, '!=' as const, '<' as const, '>' as const),
    operand: value,
  }),
);
const requestId = fc.oneof(
  fc.constant(''),
  fc.nat(40).map((n) => `c#${n}`),
  fc.nat(40).map((n) => `other-${n}`),
);
/** One change of a key per branch, as the store demands. */
const operations = fc.array(operation, { maxLength: 4 }).map((list) => {
  const kept: Operation[] = [];
  for (const candidate of list) {
    const clash = kept.some((other) => {
      if (candidate.kind === 'get' || candidate.kind === 'range' || other.kind === 'get' || other.kind === 'range')
        return false;
      const left = 'key' in candidate ? candidate.key : candidate.prefix;
      const right = 'key' in other ? other.key : other.prefix;
      return left.startsWith(right) || right.startsWith(left);
    });
    if (!clash) kept.push(candidate);
  }
  return kept;
});
const command: fc.Arbitrary<StoreCommand> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('txn' as const),
      requestId,
      compare: fc.array(compare, { maxLength: 2 }),
      then: operations,
      else: operations,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('lease-grant' as const), requestId, ttlMs: fc.constant(1000) }),
  },
  fc.record({ kind: fc.constant('lease-revoke' as const), requestId, leaseId }),
  fc.record({ kind: fc.constant('lease-expire' as const), leaseId }),
);

function put(requestId: string, key: string, value: Plain, leaseId = ''): StoreCommand {
  return { kind: 'txn', requestId, compare: [], then: [{ kind: 'put', key, value, leaseId }], else: [] };
}

function entriesOf(store: Store): readonly KeyValue[] {
  const [result] = readStore(store, [{ kind: 'range', prefix: '', limit: 0 }]);
  return result?.kind === 'range' ? result.found : [];
}

describe('store', () => {
  it('does what the naive model does', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const store = emptyStore();
        const model = new NaiveStore();
        for (const next of commands) {
          const applied = applyCommand(store, next);
          const expected = model.apply(next);
          expect(withoutDetail(applied.outcome)).toEqual(withoutDetail(expected.outcome));
          expect(applied.events).toEqual(expected.events);
          expect(store.revision).toBe(model.revision);
        }
        expect(entriesOf(store)).toEqual(model.sorted());
        expect(store.history).toEqual(model.all);
        expect([...store.leases.keys()]).toEqual(model.leases.map((lease) => lease.leaseId));
        for (const [id, lease] of store.leases) {
          const attached = model.sorted().filter((entry) => entry.leaseId === id);
          expect([...lease.keys].sort()).toEqual(attached.map((entry) => entry.key));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('goes on from an image as if it had never been away', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), fc.nat(40), (commands, cut) => {
        const limits = { historyEvents: 12, resultsPerClient: 4, unnumberedResults: 6, maxClients: 2 };
        const straight = emptyStore(limits);
        let resumed = emptyStore(limits);
        commands.forEach((next, index) => {
          if (index === cut) resumed = storeOfImage(structuredClone(imageOfStore(resumed)));
          expect(applyCommand(resumed, next)).toEqual(applyCommand(straight, next));
        });
        expect(stateHash(resumed)).toBe(stateHash(straight));
        expect(imageOfStore(resumed)).toEqual(imageOfStore(straight));
      }),
      { numRuns: 300 },
    );
  });

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
    expect(store.history[0]?.revision).toBe(store.compactedRevision + 1);
    expect(applyCommand(store, { kind: 'compact', requestId: '', revision: 18 }).outcome).toEqual({
      kind: 'compacted',
      revision: 18,
    });
    expect(store.history.map((change) => change.revision)).toEqual([19, 20]);
    expect(applyCommand(store, { kind: 'compact', requestId: '', revision: 18 }).outcome).toMatchObject({
      error: 'compacted',
    });
    expect(applyCommand(store, { kind: 'compact', requestId: '', revision: 21 }).outcome).toMatchObject({
      error: 'invalid',
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
        /"a\/1" is changed and deleted by prefix "a\/"/,
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
