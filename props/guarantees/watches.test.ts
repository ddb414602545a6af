import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { findWatchViolations, type StoreEvent, type WatchResponse } from './index.js';

const put = (revision: number, key: string): StoreEvent => ({ revision, key, kind: 'put' });
const [a1, b2, c2, x3, a4, b5] = [
  put(1, 'k/a'),
  put(2, 'k/b'),
  put(2, 'k/c'),
  put(3, 'x'),
  put(4, 'k/a'),
  put(5, 'k/b'),
];
const history = [a1, b2, c2, x3, a4, b5];
const of = (...events: readonly StoreEvent[]): WatchResponse => ({ events });

function broken(fromRevision: number, ...responses: readonly WatchResponse[]): readonly string[] {
  return findWatchViolations({ prefix: 'k/', fromRevision }, responses, history).map(({ guarantee }) => guarantee);
}

it.each<[string, readonly string[], readonly WatchResponse[], number]>([
  ['all', [], [of(a1), of(b2, c2), of(a4, b5)], 1],
  ['all, in one', [], [of(a1, b2, c2, a4, b5), { events: [], progressRevision: 5 }], 1],
  ['from the middle', [], [of(b2, c2), of(a4)], 2],
  ['from now on', [], [of(a4), of(b5)], 0],
  ['nothing', [], [], 1],
  ['a revision in fragments', [], [of(a1), { events: [b2], isFragment: true }, of(c2), of(a4)], 1],
  ['progress where nothing was due', [], [{ events: [], progressRevision: 0 }, of(a1)], 1],
  ['a revision that goes back', ['reliable', 'ordered'], [of(b2, c2), of(b5), of(a4)], 2],
  ['an event twice', ['unique'], [of(a1), of(b2, c2, c2)], 1],
  ['a revision in two', ['atomic'], [of(a1), of(b2), of(c2)], 1],
  ['a gap', ['reliable'], [of(a1), of(a4)], 1],
  ['half a revision', ['reliable'], [of(a1), of(b2), of(a4)], 1],
  ['an event of another prefix', ['reliable'], [of(a1), of(b2, c2), of(x3)], 1],
  ['a late beginning', ['resumable'], [of(b2, c2)], 1],
  ['an early beginning', ['reliable'], [of(a1)], 2],
  ['progress too early', ['bookmarkable'], [of(a1), { events: [], progressRevision: 2 }], 1],
  ['an event after its bookmark', ['bookmarkable'], [of(a1, b2, c2), { events: [], progressRevision: 4 }, of(a4)], 1],
])('%s breaks %j', (_, expected, responses, fromRevision) => {
  expect(broken(fromRevision, ...responses)).toEqual(expected);
});

it('finds a gap wherever an event is left out of an honest watch', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(cuts, fc.integer({ min: 1, max: 3 }), (at, left) => {
      const own = history.filter(({ key }) => key.startsWith('k/'));
      const groups = [1, 2, 4, 5].reduce<StoreEvent[][]>((made, revision) => {
        const events = own.filter((event) => event.revision === revision);
        const last = made.at(-1);
        if (last === undefined || at.includes(revision)) made.push(events);
        else last.push(...events);
        return made;
      }, []);
      expect(broken(1, ...groups.map((events) => of(...events)))).toEqual([]);
      const without = groups.map((events) => of(...events.filter((event) => event !== own[left])));
      expect(broken(1, ...without)).toEqual(['reliable']);
    }),
    { numRuns: 200, seed: 8 },
  );
});
