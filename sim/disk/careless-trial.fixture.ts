import { ActiveDiskFaults, type DiskFaultStart } from '../faults/active-disk-faults.js';
import { drawFate, hashText } from '../fate.js';
import { CompactingStore, recoverCompacting } from './careless-compaction.fixture.js';
import {
  CarelessStore,
  isSlotOf,
  recoverStore,
  type Carelessness,
  type Outcome,
  type StoreOnTrial,
} from './careless-store.fixture.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

interface Trouble {
  readonly faults: DiskFaultStart;
  /** While numbers are put; until the crash; at the recovery; or until more has been put without it. */
  readonly until: 'crash' | 'honest' | 'recovered';
  /** The crash takes what was not synced. Where the fault is not about that, it leaves everything. */
  readonly loses?: true;
  /** The crash comes while the disk is at work. */
  readonly isCutShort?: true;
}

const all = { ppm: 1_000_000 };
const SLOW_US = 300_000;

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'bit-rot': { faults: { rot: { what: 'bit', count: 1, sectorBytes: 512 } }, until: 'crash' },
  'sector-rot': { faults: { rot: { what: 'sector', count: 1, sectorBytes: 512 } }, until: 'crash' },
  'misdirected-write': { faults: { misdirects: { ...all, most: 1 } }, until: 'honest' },
  'phantom-write': { faults: { phantoms: { ...all, most: 1 } }, until: 'honest' },
  'short-reads': { faults: { shortReads: all }, until: 'recovered' },
  'corrupt-reads': { faults: { corruptReads: { ppm: 500_000 } }, until: 'recovered' },
  'read-fails': { faults: { readFails: true }, until: 'recovered' },
  'sync-fails': { faults: { syncFails: true }, until: 'crash', loses: true },
  'disk-full': { faults: { full: true }, until: 'crash' },
  'slow-disk': { faults: { extraLatencyUs: SLOW_US }, until: 'crash', loses: true, isCutShort: true },
  'stalled-disk': { faults: { stalled: true }, until: 'crash', loses: true },
  'lying-sync': { faults: { syncLies: 'later' }, until: 'crash', loses: true },
  'unsynced-lost': { faults: { crashBias: { bytes: 'none', names: 'none' } }, until: 'recovered' },
  'rename-lost': { faults: { crashBias: { bytes: 'all', names: 'none' } }, until: 'recovered' },
  'torn-bytes': { faults: { crashBias: { bytes: 'part' } }, until: 'recovered' },
  'torn-sectors': { faults: { crashBias: { sectorBytes: 512, bytes: 'all' } }, until: 'recovered' },
};

/** The kinds of faults tried: all that a disk can have. */
export const troubleNames: readonly string[] = Object.keys(TROUBLES);

/** Stores that may be tried. `undefined`: a careful one. */
export type TriedStore = Carelessness | 'marks-before-names' | 'names-before-marks' | undefined;

/** One disk with one store: what was put, and what is found after a crash. */
class Trial {
  readonly loop = new VirtualLoop();
  readonly disk: SimulatedDisk;
  readonly active: ActiveDiskFaults;
  readonly puts: number[] = [];
  private readonly store: StoreOnTrial;

  constructor(
    private readonly tried: TriedStore,
    readonly seed: number,
  ) {
    const { loop } = this;
    this.disk = new SimulatedDisk({
      node: 'n1',
      nowUs: () => loop.nowUs,
      schedule: (delayUs, callback) => loop.schedule(delayUs, callback),
      fate: (purpose, file, occurrence) => drawFate(seed, hashText(purpose), hashText(file), occurrence),
    });
    this.active = new ActiveDiskFaults(this.disk);
    this.store =
      tried === 'marks-before-names' || tried === 'names-before-marks'
        ? new CompactingStore(this.disk, tried === 'names-before-marks' ? 'careful' : 'careless')
        : new CarelessStore(this.disk, tried, (delayUs, callback) => loop.schedule(delayUs, callback));
  }

  put(count: number): void {
    this.store.put(count);
    this.puts.push((this.puts.at(-1) ?? 0) + count);
  }

  putAndSettle(count: number): void {
    this.put(count);
    this.loop.runUntilIdle();
  }

  runCallbacks(count: number): void {
    for (let n = 0; n < count; n++) this.loop.runNext();
  }

  runUntil(untilUs: number): void {
    // A callback of its own marks the time; what was due before has run then.
    let isThere = false;
    this.loop.schedule(untilUs - this.loop.nowUs, () => (isThere = true));
    while (!isThere && this.loop.runNext());
  }

  /** Why what is found is wrong; undefined where it is right or the store refuses. */
  crashAndJudge(healed: () => void): string | undefined {
    const { acknowledged } = this.store;
    this.disk.crash();
    this.disk.reboot();
    healed();
    let found: Outcome = 'never recovered';
    const done = (outcome: Outcome): void => void (found = outcome);
    const { tried } = this;
    if (tried === 'marks-before-names' || tried === 'names-before-marks') recoverCompacting(this.disk, this.puts, done);
    else recoverStore(this.disk, tried, this.puts, done);
    this.loop.runUntilIdle();
    return judge(found, acknowledged, this.puts);
  }
}

function findFault(tried: TriedStore, { faults, until, loses, isCutShort }: Trouble, seed: number): string | undefined {
  const trial = new Trial(tried, seed);
  const onlyCrash = faults.crashBias !== undefined;
  if (!onlyCrash) for (const count of [1, 3, 2]) trial.putAndSettle(count);
  trial.active.add('trouble', faults);
  if (onlyCrash) putUntilCrash(trial);
  else if (isCutShort === true) putWhileSlow(trial);
  else trial.putAndSettle(2);
  if (until === 'honest') {
    trial.active.remove('trouble');
    trial.putAndSettle(1);
  }
  if (loses === true) trial.active.add('lost', { crashBias: { bytes: 'none', names: 'none' } });
  else if (!onlyCrash) trial.active.add('kept', { crashBias: { bytes: 'all', names: 'all' } });
  return trial.crashAndJudge(() => {
    if (until !== 'recovered') trial.active.remove('trouble');
  });
}

/** The file is new, and the crash comes in the middle of a put. */
function putUntilCrash(trial: Trial): void {
  for (const count of [1, 4, 3]) {
    trial.put(count);
    if (count < 3) trial.runCallbacks(trial.seed % 7);
    else if (trial.seed % 2 === 0) trial.runCallbacks(trial.seed % 5);
    else trial.loop.runUntilIdle();
  }
}

/** The crash comes when the disk is done with the first put, and not with the second. */
function putWhileSlow(trial: Trial): void {
  const { loop } = trial;
  const beganUs = loop.nowUs;
  trial.put(2);
  trial.runUntil(beganUs + 2 * SLOW_US - SLOW_US / 10);
  trial.put(1);
  trial.runUntil(beganUs + 2 * SLOW_US + SLOW_US / 6);
}

function judge(found: Outcome, acknowledged: number, puts: readonly number[]): string | undefined {
  if (typeof found === 'string') return undefined;
  if (found.length < acknowledged) return `${acknowledged} acknowledged, ${found.length} found`;
  if (found.length > 0 && !puts.includes(found.length)) return `a part of a put: ${found.length}`;
  const odd = found.findIndex((slot, n) => !isSlotOf(slot, n + 1));
  return odd < 0 ? undefined : `number ${odd + 1} is not what was put`;
}

const SEEDS = 24;

function isFoundBy(tried: TriedStore, trouble: Trouble): boolean {
  for (let seed = 0; seed < SEEDS; seed++) if (findFault(tried, trouble, seed) !== undefined) return true;
  return false;
}

/** Which faults bring this store to light. A lying sync is told of the careful one only: no store can bear it. */
export function findersOfStore(tried: TriedStore): readonly string[] {
  const isFair = (name: string): boolean => tried === undefined || name !== 'lying-sync';
  return Object.entries(TROUBLES)
    .filter(([name, trouble]) => isFair(name) && isFoundBy(tried, trouble))
    .map(([name]) => name);
}

/** Whether the store does what it should on a disk that has no fault, which loses power after all is written. */
export function isStoreRightWithoutFaults(tried: TriedStore): boolean {
  return !isFoundBy(tried, { faults: {}, until: 'crash' });
}
