import { assert } from '../../runtime/assert.js';
import {
  append,
  list,
  read,
  remove,
  rename,
  runDiskScript,
  sync,
  syncDirectory,
  type DiskScript,
} from '../../runtime/storage/disk-script.js';
import type { DiskImage } from './crash-choice.js';
import { imageKey, RecordedDisk } from './crash-states.js';
import { repeatCall, type DiskRecord } from './record-judge.fixture.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

/** What a program finds when it comes back: the value before, the value that it wrote, or something that was never a value. */
export type Found = 'old' | 'new' | 'torn' | 'gone';

/** A way to change what a directory holds, as programs do it (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014). */
export interface CrashPattern {
  readonly name: string;
  readonly initial: () => DiskImage;
  readonly write: () => DiskScript<void>;
  /** Reads the value as the program would at its next start. */
  readonly recover: () => DiskScript<Found>;
  /** All that a program may find after a crash at any time, and after one when it has been told that all is done. */
  readonly everFound: readonly Found[];
  readonly foundWhenDone: readonly Found[];
}

const OLD: readonly number[] = [1, 1, 1];
const NEW: readonly number[] = [2, 2, 2, 2, 2];

const isSame = (a: Uint8Array, b: readonly number[]): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

function valueOf(bytes: Uint8Array): Found {
  if (isSame(bytes, OLD)) return 'old';
  return isSame(bytes, NEW) ? 'new' : 'torn';
}

function* valueIn(file: string): DiskScript<Found> {
  if (!(yield* list()).includes(file)) return 'gone';
  return valueOf(yield* read(file));
}

/** The newer of two files, where the older is valid as long as the newer is not there. */
function* valueInEither(newer: string, older: string): DiskScript<Found> {
  const names = yield* list();
  return yield* valueIn(names.includes(newer) ? newer : older);
}

const none = (): DiskImage => new Map();
const oldValue = (): DiskImage => new Map([['value', Uint8Array.from(OLD)]]);

function* create(syncsFile: boolean, syncsDirectory: boolean): DiskScript<void> {
  yield* append('value', Uint8Array.from(NEW));
  if (syncsFile) yield* sync('value');
  if (syncsDirectory) yield* syncDirectory();
}

function* replace(syncsFile: boolean, syncsDirectory: boolean): DiskScript<void> {
  yield* append('value.tmp', Uint8Array.from(NEW));
  if (syncsFile) yield* sync('value.tmp');
  yield* rename('value.tmp', 'value');
  if (syncsDirectory) yield* syncDirectory();
}

/** A copy of the old value is put aside before the new one takes its name. */
function* renameTwice(): DiskScript<void> {
  yield* append('value.tmp', Uint8Array.from(NEW));
  yield* sync('value.tmp');
  yield* rename('value', 'value.old');
  yield* rename('value.tmp', 'value');
  yield* syncDirectory();
}

/** The new value is written beside the old one, which is removed when the new one is certain. */
function* writeBeside(syncsBetween: boolean): DiskScript<void> {
  yield* append('value.2', Uint8Array.from(NEW));
  yield* sync('value.2');
  if (syncsBetween) yield* syncDirectory();
  yield* remove('value');
  yield* syncDirectory();
}

/** Two files that belong together: the value, and a mark that it is whole. */
function* valueThenMark(): DiskScript<void> {
  yield* append('value.2', Uint8Array.from(NEW));
  yield* sync('value.2');
  yield* append('mark', Uint8Array.of(9));
  yield* sync('mark');
  yield* syncDirectory();
}

function* valueByMark(): DiskScript<Found> {
  return yield* valueIn((yield* list()).includes('mark') ? 'value.2' : 'value');
}

export const CRASH_PATTERNS: readonly CrashPattern[] = [
  {
    name: 'create; no sync',
    initial: none,
    write: () => create(false, false),
    recover: () => valueIn('value'),
    everFound: ['gone', 'new', 'torn'],
    foundWhenDone: ['gone', 'new', 'torn'],
  },
  {
    name: 'create, sync file',
    initial: none,
    write: () => create(true, false),
    recover: () => valueIn('value'),
    everFound: ['gone', 'new', 'torn'],
    foundWhenDone: ['gone', 'new'],
  },
  {
    name: 'create, sync directory',
    initial: none,
    write: () => create(false, true),
    recover: () => valueIn('value'),
    everFound: ['gone', 'new', 'torn'],
    foundWhenDone: ['new', 'torn'],
  },
  {
    name: 'create, sync file and directory',
    initial: none,
    write: () => create(true, true),
    recover: () => valueIn('value'),
    everFound: ['gone', 'new', 'torn'],
    foundWhenDone: ['new'],
  },
  {
    name: 'replace by rename; no sync',
    initial: oldValue,
    write: () => replace(false, false),
    recover: () => valueIn('value'),
    everFound: ['new', 'old', 'torn'],
    foundWhenDone: ['new', 'old', 'torn'],
  },
  {
    name: 'sync file, replace by rename',
    initial: oldValue,
    write: () => replace(true, false),
    recover: () => valueIn('value'),
    everFound: ['new', 'old'],
    foundWhenDone: ['new', 'old'],
  },
  {
    name: 'replace by rename, sync directory',
    initial: oldValue,
    write: () => replace(false, true),
    recover: () => valueIn('value'),
    everFound: ['new', 'old', 'torn'],
    foundWhenDone: ['new', 'torn'],
  },
  {
    name: 'sync file, replace by rename, sync directory',
    initial: oldValue,
    write: () => replace(true, true),
    recover: () => valueIn('value'),
    everFound: ['new', 'old'],
    foundWhenDone: ['new'],
  },
  {
    name: 'rename twice, sync file and directory',
    initial: oldValue,
    write: renameTwice,
    recover: () => valueInEither('value', 'value.old'),
    everFound: ['new', 'old'],
    foundWhenDone: ['new'],
  },
  {
    name: 'write beside, sync both, remove, sync directory',
    initial: oldValue,
    write: () => writeBeside(true),
    recover: () => valueInEither('value', 'value.2'),
    everFound: ['new', 'old'],
    foundWhenDone: ['new'],
  },
  {
    name: 'two files, each synced, then the directory',
    initial: oldValue,
    write: valueThenMark,
    recover: valueByMark,
    everFound: ['new', 'old'],
    foundWhenDone: ['new'],
  },
];

function recovered(image: DiskImage, recover: () => DiskScript<Found>): Found {
  const loop = new VirtualLoop();
  const disk = new SimulatedDisk({
    node: 'n1',
    nowUs: () => loop.nowUs,
    schedule: (delayUs, callback) => loop.schedule(delayUs, callback),
    fate: () => 0,
    image,
  });
  let found: Found | undefined;
  runDiskScript(disk, recover(), (outcome) => {
    assert(outcome.ok, 'a healthy disk fails nothing');
    found = outcome.value;
  });
  loop.runUntilIdle();
  assert(found !== undefined, 'a recovery ends');
  return found;
}

const IMAGES_MAX = 5_000;

/** What each recovery finds, over all crash states that a record allows, at any time and at its end. */
export function recoverAll(
  pattern: CrashPattern,
  { initial, events }: DiskRecord,
  sectorBytes?: number,
): { readonly ever: readonly Found[]; readonly whenDone: readonly Found[]; readonly recoveries: number } {
  const disk = new RecordedDisk(initial, 'journal', sectorBytes);
  const ever = new Set<Found>();
  let whenDone = new Set<Found>();
  const known = new Map<string, Found>();
  for (const event of events) {
    disk.take(event);
    whenDone = new Set();
    for (const image of disk.images(IMAGES_MAX)) {
      const key = imageKey(image);
      const found = known.get(key) ?? recovered(image, pattern.recover);
      known.set(key, found);
      ever.add(found);
      whenDone.add(found);
    }
  }
  return { ever: [...ever].sort(), whenDone: [...whenDone].sort(), recoveries: known.size };
}

/**
 * Makes the calls of a record to a simulated disk, up to each point, and forces each of the crash states reckoned from the record upon it.
 * Returns how many; throws where the disk then holds something else.
 */
export function forceAll({ name, initial, events }: DiskRecord, sectorBytes?: number): number {
  const reckoned = new RecordedDisk(initial, 'journal', sectorBytes);
  let forced = 0;
  events.forEach((event, point) => {
    reckoned.take(event);
    const wanted = new Set(reckoned.images(IMAGES_MAX).map(imageKey));
    const choices = [...replayed(initial, events, point).crashStates(sectorBytes)];
    for (const choice of choices) {
      const disk = replayed(initial, events, point);
      disk.crashTo(choice);
      wanted.delete(imageKey(disk.snapshotBytes()));
      forced++;
    }
    assert(wanted.size === 0, `${name}, after event ${point}: the simulator never leaves\n${[...wanted].join('\n\n')}`);
  });
  return forced;
}

function replayed(initial: DiskImage, events: DiskRecord['events'], last: number): SimulatedDisk {
  const completions: (() => void)[] = [];
  const disk = new SimulatedDisk({
    node: 'n1',
    nowUs: () => 0,
    schedule: (_delayUs, callback) => completions.push(callback),
    fate: () => 0,
    image: initial,
  });
  for (const event of events.slice(0, last + 1)) {
    if (event.kind === 'called') repeatCall(disk, event);
    if (event.kind === 'completed') completions[event.call]!();
  }
  return disk;
}
