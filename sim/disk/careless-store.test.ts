import { describe, expect, it } from 'vitest';
import { findersOfStore, isStoreRightWithoutFaults, type TriedStore } from './careless-trial.fixture.js';

// For each fault of a disk a store that it brings to light; sim/faults/only-this-fault.test.ts says for each which only it does.

it('only a lying sync makes a careful store lose what it acknowledged: it rests on the word of the disk', () => {
  expect(findersOfStore(undefined)).toEqual(['lying-sync']);
});

it('nothing brings to light a store that compacts with care', () => {
  expect(findersOfStore('names-before-marks')).toEqual([]);
});

describe.each<[TriedStore, readonly string[]]>([
  ['samples-instead-of-checksum', ['bit-rot']],
  ['takes-garbage-for-the-end', ['sector-rot']],
  ['ignores-position', ['misdirected-write']],
  ['skips-holes', ['phantom-write', 'torn-sectors']],
  ['skips-empty-puts', ['phantom-write']],
  ['takes-what-a-read-gives', ['short-reads']],
  ['trusts-a-second-read', ['corrupt-reads']],
  ['takes-failed-read-for-nothing', ['read-fails']],
  ['ignores-failed-sync', ['sync-fails']],
  ['ignores-failed-append', ['disk-full']],
  ['acks-after-a-second', ['sync-fails', 'disk-full', 'stalled-disk']],
  ['takes-silence-for-done', ['stalled-disk']],
  ['takes-a-late-answer-for-the-next', ['slow-disk']],
  ['skips-torn-slots', ['torn-sectors']],
  ['fills-up-a-torn-slot', ['torn-bytes']],
  ['acks-before-sync', ['sync-fails', 'unsynced-lost', 'rename-lost', 'torn-bytes', 'torn-sectors']],
  ['trusts-its-file-system-to-write-soon', ['unsynced-lost']],
  [
    'forgets-directory-sync',
    ['sync-fails', 'slow-disk', 'stalled-disk', 'unsynced-lost', 'rename-lost', 'torn-bytes', 'torn-sectors'],
  ],
  ['marks-before-names', ['rename-lost']],
])('a store that %s', (tried, finders) => {
  it(`is brought to light by ${finders.join(', ')}`, () => {
    expect(isStoreRightWithoutFaults(tried)).toBe(true);
    expect(findersOfStore(tried)).toEqual(finders);
  });
});
