import type { OnlyThisFault } from '../faults/only-this-fault.fixture.js';
import { findersOfStore, isStoreRightWithoutFaults, troubleNames, type TriedStore } from './careless-trial.fixture.js';

/** For each fault of a disk the store that only it brings to light. */
const STORES: Readonly<Record<string, TriedStore>> = {
  'slow-disk': 'takes-a-late-answer-for-the-next',
  'stalled-disk': 'takes-silence-for-done',
  'sync-fails': 'ignores-failed-sync',
  'disk-full': 'ignores-failed-append',
  'read-fails': 'takes-failed-read-for-nothing',
  'short-reads': 'takes-what-a-read-gives',
  'corrupt-reads': 'trusts-a-second-read',
  'unsynced-lost': 'trusts-its-file-system-to-write-soon',
  'rename-lost': 'marks-before-names',
  'torn-bytes': 'fills-up-a-torn-slot',
  'torn-sectors': 'skips-torn-slots',
  'bit-rot': 'samples-instead-of-checksum',
  'sector-rot': 'takes-garbage-for-the-end',
  'misdirected-write': 'ignores-position',
  'phantom-write': 'skips-empty-puts',
  'lying-sync': undefined,
};

export const storeMistakes: readonly OnlyThisFault[] = Object.entries(STORES).map(([kind, store]) => ({
  kind,
  mistake: store === undefined ? 'a store that rests on the word of its disk' : `a store that ${store}`,
  tried: troubleNames,
  isRightWithoutFaults: () => isStoreRightWithoutFaults(store),
  finders: () => findersOfStore(store),
}));
