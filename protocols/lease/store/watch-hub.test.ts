import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addWatch,
  applyCommand,
  emptyHub,
  emptyStore,
  isCompacted,
  isOfInterest,
  removeWatch,
  takeBatch,
  watchesOf,
  type Change,
  type WatchInterest,
} from './index.js';

const keys = fc.constantFrom('a', 'a/1', 'a/2', 'b', 'b/1');
const interests = fc.constantFrom<WatchInterest>(
  { prefix: '' },
  { prefix: 'a' },
  { prefix: 'a/' },
  { prefix: 'b/1' },
  { prefix: 'z' },
  { prefix: '', from: 'a/1', end: 'b' },
  { prefix: 'a', from: 'a/1' },
  { prefix: '', without: ['put'] },
  { prefix: '', end: 'b', without: ['delete'] },
);

type Step =
  | { do: 'put'; keys: string[] }
  | { do: 'delete'; keys: string[] }
  | { do: 'take'; watch: number; maxEvents: number }
  | { do: 'resume'; watch: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
      keys: fc.uniqueArray(keys, { minLength: 1, maxLength: 3 }),
    }),
  },
  fc.record({ do: fc.constant('take' as const), watch: fc.nat(2), maxEvents: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('resume' as const), watch: fc.nat(2) }),
);

describe('watch hub', () => {
  it('gives every watch its part of the history: ordered, once, whole, also when resumed or in fragments', () => {
    const run = (steps: readonly Step[], watched: readonly WatchInterest[], from: number, bytes: number): void => {
      const store = emptyStore();
      const hub = emptyHub();
      const got: Change[][] = watched.map(() => []);
      const position = watched.map(() => ({ revision: from, event: 0 }));
      watched.forEach((interest, index) => addWatch(hub, store, `w${index}`, interest, from));
      const take = (index: number, maxEvents: number): boolean => {
        const batch = takeBatch(hub, store, `w${index}`, maxEvents, bytes);
        if (batch === undefined) return false;
        const { fromRevision, fromEvent = 0, nextRevision, nextEvent = 0, changes } = batch;
        expect({ revision: fromRevision, event: fromEvent }).toEqual(position[index]);
        expect(nextRevision > fromRevision || (nextRevision === fromRevision && nextEvent > fromEvent)).toBe(true);
        position[index] = { revision: nextRevision, event: nextEvent };
        if (bytes === 1) expect(changes.flatMap((change) => change.events).length).toBeLessThanOrEqual(1);
        if (bytes === Infinity) expect(nextEvent).toBe(0);
        for (const change of changes) {
          const last = got[index]?.at(-1);
          if (last?.revision !== change.revision) got[index]?.push(change);
          else got[index]?.splice(-1, 1, { ...last, events: [...last.events, ...change.events] });
        }
        return true;
      };
      for (const next of steps) {
        if (next.do === 'put' || next.do === 'delete') {
          const kind = next.do;
          const then = next.keys.map((key) =>
            kind === 'put' ? { kind, key, value: 1, leaseId: '' } : { kind: 'delete' as const, key },
          );
          const { events } = applyCommand(store, { kind: 'txn', requestId: '', compare: [], then, else: [] });
          const wanting = watched.flatMap((interest, index) =>
            events.some((event) => isOfInterest(interest, event)) ? [`w${index}`] : [],
          );
          expect(watchesOf(hub, events).sort()).toEqual(wanting);
        } else if (next.watch < watched.length) {
          if (next.do === 'take') take(next.watch, next.maxEvents);
          else {
            const { revision, event } = position[next.watch] ?? { revision: 0, event: 0 };
            addWatch(hub, store, `w${next.watch}`, watched[next.watch] ?? '', revision, event);
          }
        }
      }
      watched.forEach((interest, index) => {
        while (take(index, 2));
        const expected = store.history
          .filter((change) => change.revision >= from)
          .map(({ revision, events }) => ({
            revision,
            events: events.filter((event) => isOfInterest(interest, event)),
          }))
          .filter((change) => change.events.length > 0);
        expect(got[index]).toEqual(expected);
      });
    };
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(interests, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(Infinity, 1, 180),
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
