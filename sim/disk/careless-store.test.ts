import { expect, it } from 'vitest';
import { ActiveDiskFaults, type DiskFaultStart } from '../faults/active-disk-faults.js';
import { drawFate, hashText } from '../fate.js';
import { CarelessStore, recoverStore, slotOf, type Carelessness } from './careless-store.fixture.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

// For each fault a store that only this one, or it and its like, brings to light.

interface Trouble {
  readonly faults: DiskFaultStart;
  /** While numbers are put; until the crash; at the recovery; or until more has been put without it. */
  readonly until: 'crash' | 'honest' | 'recovered';
}

const all = { ppm: 1_000_000 };

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'bit-rot': { faults: { rot: { what: 'bit', count: 1, sectorBytes: 512 } }, until: 'crash' },
  'sector-rot': { faults: { rot: { what: 'sector', count: 1, sectorBytes: 512 } }, until: 'crash' },
  'misdirected-write': { faults: { misdirects: { ...all, most: 1 } }, until: 'honest' },
  'phantom-write': { faults: { phantoms: { ...all, most: 1 } }, until: 'honest' },
  'short-reads': { faults: { shortReads: all }, until: 'recovered' },
  'corrupt-reads': { faults: { corruptReads: { ppm: 500_000 } }, until: 'recovered' },
  'read-fails': { faults: { readFails: true }, until: 'recovered' },
  'sync-fails': { faults: { syncFails: true }, until: 'crash' },
  'disk-full': { faults: { full: true }, until: 'crash' },
  'stalled-disk': { faults: { stalled: true }, until: 'crash' },
  'lying-sync': { faults: { syncLies: 'later' }, until: 'crash' },
  'unsynced-lost': { faults: { crashBias: { bytes: 'none', names: 'none' } }, until: 'recovered' },
  'rename-lost': { faults: { crashBias: { bytes: 'all', names: 'none' } }, until: 'recovered' },
  'torn-bytes': { faults: { crashBias: { bytes: 'part' } }, until: 'recovered' },
  'torn-sectors': { faults: { crashBias: { sectorBytes: 512, bytes: 'all' } }, until: 'recovered' },
};

/** Why what a store found is wrong; undefined where it is right or the store refused. */
function trial(carelessness: Carelessness | undefined, { faults, until }: Trouble, seed: number): string | undefined {
  const loop = new VirtualLoop();
  const disk = new SimulatedDisk({
    node: 'n1',
    nowUs: () => loop.nowUs,
    schedule: (delayUs, callback) => loop.schedule(delayUs, callback),
    fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
  });
  const active = new ActiveDiskFaults(disk);
  const store = new CarelessStore(disk, carelessness, (delayUs, callback) => loop.schedule(delayUs, callback));
  const puts: number[] = [];
  const put = (count: number): void => {
    store.put(count);
    puts.push((puts.at(-1) ?? 0) + count);
  };
  const onlyCrash = faults.crashBias !== undefined;
  const putAndSettle = (count: number): void => {
    put(count);
    loop.runUntilIdle();
  };
  if (!onlyCrash) for (const count of [1, 3, 2]) putAndSettle(count);
  active.add('trouble', faults);
  if (onlyCrash) {
    // The file is new, and the crash comes in the middle of a put.
    for (const count of [1, 4, 3]) {
      put(count);
      if (count < 3 || seed % 2 === 0) run(loop, seed % 7);
      else loop.runUntilIdle();
    }
  } else {
    putAndSettle(2);
  }
  if (until === 'honest') {
    active.remove('trouble');
    putAndSettle(1);
  }
  const { acknowledged } = store;
  // Where the fault is not about what a crash leaves, the crash leaves everything.
  if (!onlyCrash && faults.syncFails !== true && faults.stalled !== true && faults.syncLies === undefined) {
    active.add('kept', { crashBias: { bytes: 'all', names: 'all' } });
  }
  disk.crash();
  disk.reboot();
  if (until !== 'recovered') active.remove('trouble');
  let found: readonly Uint8Array[] | string = 'never recovered';
  recoverStore(disk, carelessness, puts, (outcome) => (found = outcome));
  loop.runUntilIdle();
  return judge(found, acknowledged, puts);
}

function run(loop: VirtualLoop, callbacks: number): void {
  for (let n = 0; n < callbacks; n++) loop.runNext();
}

function judge(
  found: readonly Uint8Array[] | string,
  acknowledged: number,
  puts: readonly number[],
): string | undefined {
  if (typeof found === 'string') return undefined;
  if (found.length < acknowledged) return `${acknowledged} acknowledged, ${found.length} found`;
  if (found.length > 0 && !puts.includes(found.length)) return `a part of a put: ${found.length}`;
  const odd = found.findIndex((slot, n) => slot.some((byte, at) => byte !== slotOf(n + 1)[at]));
  return odd < 0 ? undefined : `number ${odd + 1} is not what was put`;
}

const SEEDS = 24;

function findersOf(carelessness: Carelessness | undefined): readonly string[] {
  const isFound = (trouble: Trouble): boolean => {
    for (let seed = 0; seed < SEEDS; seed++) if (trial(carelessness, trouble, seed) !== undefined) return true;
    return false;
  };
  return Object.entries(TROUBLES)
    .filter(([name, trouble]) => (carelessness === undefined || name !== 'lying-sync') && isFound(trouble))
    .map(([name]) => name);
}

it('only a lying sync makes a careful store lose what it acknowledged: it rests on the word of the disk', () => {
  expect(findersOf(undefined)).toEqual(['lying-sync']);
});

it.each<[Carelessness, readonly string[]]>([
  ['samples-instead-of-checksum', ['bit-rot']],
  ['takes-garbage-for-the-end', ['sector-rot']],
  ['ignores-position', ['misdirected-write']],
  ['skips-holes', ['phantom-write', 'torn-sectors']],
  ['takes-what-a-read-gives', ['short-reads']],
  ['trusts-a-second-read', ['corrupt-reads']],
  ['takes-failed-read-for-nothing', ['read-fails']],
  ['ignores-failed-sync', ['sync-fails']],
  ['ignores-failed-append', ['disk-full']],
  ['acks-after-a-second', ['sync-fails', 'disk-full', 'stalled-disk']],
  ['skips-torn-slots', ['torn-sectors']],
  ['acks-before-sync', ['sync-fails', 'unsynced-lost', 'rename-lost', 'torn-bytes', 'torn-sectors']],
  [
    'forgets-directory-sync',
    ['sync-fails', 'stalled-disk', 'unsynced-lost', 'rename-lost', 'torn-bytes', 'torn-sectors'],
  ],
])('a store that %s is brought to light by %j', (carelessness, finders) => {
  expect(findersOf(carelessness)).toEqual(finders);
});
