import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../runtime/data.js';
import type { Compare, KeyValue, Operation } from '../../coordinator/index.js';
import {
  applyCommand,
  emptyStore,
  eventsOutOf,
  imageOfStore,
  operationsInto,
  readStore,
  resultsOutOf,
  stateHash,
  storeOfImage,
  transactionInto,
  type Outcome,
  type Store,
  type StoreCommand,
} from './index.js';
import { NaiveStore } from './naive-store.fixture.js';
import { keysWithin } from './sorted-keys.js';
import { versionBefore } from './versions.js';

/** A few keys, prefixes, leases and values, so that commands meet one another. */
const key = fc.constantFrom('a', 'a/1', 'a/2', 'a/2/x', 'b', 'b/1', 'c', 'é');
const prefix = fc.constantFrom('', 'a', 'a/', 'a/2', 'b', 'z');
const leaseId = fc.constantFrom('', 'lease-1', 'lease-2', 'lease-3', 'mine');
const value: fc.Arbitrary<Plain> = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', 'y'));
const revision = fc.nat(30);
const asked = fc.constant(true);

/** Fields that are sometimes there. */
function perhaps<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

function both<A, B>(first: fc.Arbitrary<A>, second: fc.Arbitrary<B>): fc.Arbitrary<A & B> {
  return fc.tuple(first, second).map(([left, right]) => ({ ...left, ...right }));
}

const bounds = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  perhaps<{ from: string; end: string }>({ from: key, end: fc.constantFrom('a/15', 'b', 'b/1\0', 'é') }).filter(
    ({ from = '', end }) => end === undefined || end > from,
  ),
);

const get = both(
  fc.record({ kind: fc.constant('get' as const), key }),
  perhaps<{ revision: number; keysOnly: boolean }>({ revision, keysOnly: asked }),
);

const range = both(
  both(fc.record({ kind: fc.constant('range' as const), prefix, limit: fc.nat(3) }), bounds),
  perhaps<Omit<Extract<Operation, { kind: 'range' }>, 'kind' | 'prefix' | 'limit' | 'from' | 'end'>>({
    revision,
    sort: fc.record({
      by: fc.constantFrom('key' as const, 'version' as const, 'create' as const, 'mod' as const, 'value' as const),
      order: fc.constantFrom('ascending' as const, 'descending' as const),
    }),
    keysOnly: asked,
    count: asked,
    countOnly: fc.boolean(),
    minModRevision: revision,
    maxModRevision: revision,
    minCreateRevision: revision,
    maxCreateRevision: revision,
  }),
);

const readOperation: fc.Arbitrary<Operation> = fc.oneof(get, range);

const put: fc.Arbitrary<Operation> = fc
  .record({ key, value, leaseId, previous: fc.boolean(), keeps: fc.nat(9) })
  .map(({ key, value, leaseId, previous, keeps }) => ({
    kind: 'put',
    key,
    value: keeps === 0 ? null : value,
    leaseId: keeps === 1 ? '' : leaseId,
    ...(previous ? { previous } : {}),
    ...(keeps === 0 ? { ignoreValue: true } : {}),
    ...(keeps === 1 ? { ignoreLease: true } : {}),
  }));

const flatOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: put },
  both(fc.record({ kind: fc.constant('delete' as const), key }), perhaps<{ previous: boolean }>({ previous: asked })),
  both(
    both(fc.record({ kind: fc.constant('delete-prefix' as const), prefix }), bounds),
    perhaps<{ previous: boolean }>({ previous: asked }),
  ),
  readOperation,
);

const over = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key }) },
  fc.record({ key: prefix, prefix: asked }),
  fc.constantFrom({ key: 'a', end: 'b' }, { key: 'a/1', end: 'a/3' }, { key: 'x', end: 'y' }),
);
const operator = fc.constantFrom('=' as const, '!=' as const, '<' as const, '>' as const);
const compare: fc.Arbitrary<Compare> = both(
  over,
  fc.oneof(
    fc.record({
      target: fc.constantFrom('create' as const, 'mod' as const, 'version' as const),
      operator,
      operand: fc.nat(4),
    }),
    fc.record({ target: fc.constant('lease' as const), operator, operand: leaseId }),
    fc.record({ target: fc.constant('value' as const), operator, operand: value }),
  ),
);

const compares = fc.array(compare, { maxLength: 2 });
const innerTransaction: fc.Arbitrary<Operation> = fc.letrec<{ txn: Operation; list: readonly Operation[] }>((tie) => ({
  txn: fc.record({ kind: fc.constant('txn' as const), compare: compares, then: tie('list'), else: tie('list') }),
  list: fc.array(fc.oneof({ maxDepth: 2, depthIdentifier: 'txn' }, flatOperation, flatOperation, tie('txn')), {
    maxLength: 3,
  }),
})).txn;

const requestId = fc.oneof(
  fc.constant(''),
  fc.nat(40).map((n) => `c#${n}`),
  fc.nat(40).map((n) => `other-${n}`),
);
const operations = fc.array(fc.oneof({ weight: 6, arbitrary: flatOperation }, innerTransaction), { maxLength: 3 });

const command: fc.Arbitrary<StoreCommand> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('txn' as const),
      requestId,
      compare: compares,
      then: operations,
      else: operations,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('lease-grant' as const), requestId, ttlMs: fc.constant(1000), leaseId }),
  },
  fc.record({ kind: fc.constant('lease-revoke' as const), requestId, leaseId }),
  fc.record({ kind: fc.constant('lease-expire' as const), leaseId }),
  fc.record({ kind: fc.constant('compact' as const), requestId, revision: fc.nat(20) }),
);

function withoutDetail(outcome: Outcome): Outcome {
  return outcome.kind === 'failed' ? { ...outcome, detail: '' } : outcome;
}

function entriesOf(store: Store): readonly KeyValue[] {
  const [result] = readStore(store, [{ kind: 'range', prefix: '', limit: 0 }]);
  return result?.kind === 'range' ? result.found : [];
}

describe('store beside a naive one', () => {
  it('does what a naive list of all versions does', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 60 }),
        fc.array(readOperation, { maxLength: 8 }),
        (commands, reads) => {
          const store = emptyStore();
          const model = new NaiveStore();
          for (const next of commands) {
            const applied = applyCommand(store, next);
            const expected = model.apply(next);
            expect(withoutDetail(applied.outcome)).toEqual(withoutDetail(expected.outcome));
            expect(applied.events).toEqual(expected.events);
            expect(store.revision).toBe(model.revision);
          }
          expect(entriesOf(store)).toEqual(model.stateAt());
          expect(store.compactedRevision).toBe(model.compacted);
          const kept = model.versions.filter(({ main }) => main >= model.compacted);
          expect(store.history.flatMap((change) => change.events.map((event) => event.entry))).toEqual(
            kept.map(({ entry }) => entry),
          );
          expect([...store.leases.keys()]).toEqual(model.leases.map((lease) => lease.leaseId));
          for (const [id, lease] of store.leases) {
            const attached = model.stateAt().filter((entry) => entry.leaseId === id);
            expect([...lease.keys].sort()).toEqual(attached.map((entry) => entry.key));
          }
          const results = readStore(store, reads).map((result) =>
            result.kind === 'refused' ? { ...result, detail: '' } : result,
          );
          expect(results).toEqual(reads.map((read) => model.read(read)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps of the past what can be asked for, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const store = emptyStore();
        const model = new NaiveStore();
        for (const next of commands) {
          applyCommand(store, next);
          model.apply(next);
        }
        for (let revision = Math.max(1, store.compactedRevision); revision <= store.revision; revision++) {
          const read: Operation = { kind: 'range', prefix: '', limit: 0, revision };
          expect(readStore(store, [read])).toEqual([{ kind: 'range', found: model.stateAt(revision), more: false }]);
        }
        for (const versions of store.past.values()) {
          expect(versions.length).toBeGreaterThan(0);
          for (const { until } of versions) expect(until).toBeGreaterThan(store.compactedRevision);
        }
        for (const { revision, events } of store.history) {
          for (const event of events) {
            const before = model.before(event.entry.key, revision);
            const isGone = revision <= store.compactedRevision && before !== null;
            expect(versionBefore(store, event)).toEqual(isGone ? undefined : before);
          }
        }
        const past = [...store.past.keys()].filter((key) => !store.entries.has(key)).sort();
        expect(keysWithin(store.pastKeys, { prefix: '' })).toEqual(past);
      }),
      { numRuns: 300 },
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

  it('has namespaces that are each like a store of its own', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 40 }),
        fc.array(readOperation, { maxLength: 6 }),
        (commands, reads) => {
          const namespace = 'tenant/';
          const alone = emptyStore();
          const shared = emptyStore();
          for (const next of commands) {
            const placed = next.kind === 'txn' ? transactionInto(namespace, next) : next;
            const { outcome, events } = applyCommand(shared, placed);
            const expected = applyCommand(alone, next);
            const told = withoutDetail(outcome);
            expect(
              told.kind === 'txn-done' ? { ...told, results: resultsOutOf(namespace, told.results) } : told,
            ).toEqual(withoutDetail(expected.outcome));
            expect(eventsOutOf(namespace, events)).toEqual(expected.events);
          }
          expect(entriesOf(shared).every((entry) => entry.key.startsWith(namespace))).toBe(true);
          expect(resultsOutOf(namespace, readStore(shared, operationsInto(namespace, reads)))).toEqual(
            readStore(alone, reads),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});
