import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addWatch,
  applyCommand,
  emptyHub,
  emptyStore,
  isCompacted,
  removeWatch,
  takeBatch,
  watchesOf,
  type Change,
} from './index.js';

const keys = fc.constantFrom('a', 'a/1', 'a/2', 'b', 'b/1');
const prefixes = fc.constantFrom('', 'a', 'a/', 'b/1', 'z');

type Step =
  { do: 'put'; keys: string[] } | { do: 'take'; watch: number; maxEvents: number } | { do: 'resume'; watch: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      keys: fc.uniqueArray(keys, { minLength: 1, maxLength: 3 }),
    }),
  },
  fc.record({ do: fc.constant('take' as const), watch: fc.nat(2), maxEvents: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('resume' as const), watch: fc.nat(2) }),
);

describe('watch hub', () => {
  it('gives every watch its part of the history: ordered, once, whole, also when resumed', () => {
    const run = (steps: readonly Step[], watched: readonly string[], from: number): void => {
      const store = emptyStore();
      const hub = emptyHub();
      const got: Change[][] = watched.map(() => []);
      const position: number[] = watched.map(() => from);
      watched.forEach((prefix, index) => addWatch(hub, store, `w${index}`, prefix, from));
      const take = (index: number, maxEvents: number): boolean => {
        const batch = takeBatch(hub, store, `w${index}`, maxEvents);
        if (batch === undefined) return false;
        expect(batch.fromRevision).toBe(position[index]);
        expect(batch.nextRevision).toBeGreaterThan(batch.fromRevision);
        position[index] = batch.nextRevision;
        got[index]?.push(...batch.changes);
        return true;
      };
      for (const next of steps) {
        if (next.do === 'put') {
          const puts = next.keys.map((key) => ({ kind: 'put' as const, key, value: 1, leaseId: '' }));
          const { events } = applyCommand(store, { kind: 'txn', requestId: '', compare: [], then: puts, else: [] });
          const wanting = watched.flatMap((prefix, index) =>
            next.keys.some((key) => key.startsWith(prefix)) ? [`w${index}`] : [],
          );
          expect(watchesOf(hub, events).sort()).toEqual(wanting);
        } else if (next.watch < watched.length) {
          if (next.do === 'take') take(next.watch, next.maxEvents);
          else addWatch(hub, store, `w${next.watch}`, watched[next.watch] ?? '', position[next.watch] ?? 0);
        }
      }
      watched.forEach((prefix, index) => {
        while (take(index, 2));
        const expected = store.history
          .filter((change) => change.revision >= from)
          .map(({ revision, events }) => ({ revision, events: events.filter((e) => e.entry.key.startsWith(prefix)) }))
          .filter((change) => change.events.length > 0);
        expect(got[index]).toEqual(expected);
      });
    };
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(prefixes, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        run,
      ),
      { numRuns: 300 },
    );
  });

  it('forgets a removed watch wholly', () => {
    const store = emptyStore();
    const hub = emptyHub();
    addWatch(hub, store, 'one', 'a', 0);
    addWatch(hub, store, 'two', 'a', 0);
    addWatch(hub, store, 'two', 'bc', 0);
    removeWatch(hub, 'one');
    removeWatch(hub, 'two');
    removeWatch(hub, 'two');
    expect(hub).toEqual(emptyHub());
  });

  it('knows a watch whose revision is compacted', () => {
    const store = emptyStore();
    const hub = emptyHub();
    for (let n = 0; n < 3; n++) {
      const then = [{ kind: 'put' as const, key: 'k', value: n, leaseId: '' }];
      applyCommand(store, { kind: 'txn', requestId: '', compare: [], then, else: [] });
    }
    applyCommand(store, { kind: 'compact', requestId: '', revision: 2 });
    expect(isCompacted(store, addWatch(hub, store, 'w', '', 1))).toBe(true);
    expect(isCompacted(store, addWatch(hub, store, 'w', '', 2))).toBe(false);
    expect(takeBatch(hub, store, 'w', 10)?.changes.map((change) => change.revision)).toEqual([2, 3]);
  });
});
