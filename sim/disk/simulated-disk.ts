import { assert } from '../../runtime/assert.js';
import { DiskError, type Disk, type DiskDone } from '../../runtime/ports.js';
import { assertFileName } from '../../runtime/storage/file-names.js';
import { crashChoices, crashImage, type CrashChoice, type DiskImage } from './crash-choice.js';
import { SimulatedDirectory, type DirectoryOperation } from './simulated-directory.js';
import { SimulatedFile } from './simulated-file.js';

/** Both inclusive, in microseconds; at least 1. */
export interface LatencyRangeUs {
  readonly min: number;
  readonly max: number;
}

export interface DiskLatenciesUs {
  readonly read: LatencyRangeUs;
  readonly append: LatencyRangeUs;
  readonly sync: LatencyRangeUs;
  /** list, rename, remove, syncDirectory. */
  readonly directory: LatencyRangeUs;
}

export interface SimulatedDiskOptions {
  readonly node: string;
  /** The clock that `schedule` runs on, in microseconds; never goes back. */
  nowUs(): number;
  /** Calls back once, `delayUs` (at least 1) from now; callbacks of one time in the order of their scheduling. */
  schedule(delayUs: number, callback: () => void): void;
  /** A stateless draw, uint32: the same purpose, file and occurrence have the same fate whatever else happens. */
  fate(purpose: string, file: string, occurrence: number): number;
  readonly latenciesUs?: Partial<DiskLatenciesUs>;
  /** Everything that is written and read, at the time of the call, for the fingerprint. The bytes must not be changed. */
  readonly onBytes?: (kind: 'append' | 'read', file: string, bytes: Uint8Array) => void;
  /** What is on the disk, synced, before the first start. */
  readonly image?: DiskImage;
}

/** What is wrong with a disk just now. */
export interface DiskFaults {
  /** Syncs fail, and what they should have written never will be, even if a later sync says that it was. */
  readonly syncFails?: boolean;
  /** The same of syncs of the directory alone. */
  readonly directorySyncFails?: boolean;
  /** Appends fail after some prefix of their bytes. */
  readonly full?: boolean;
  readonly readFails?: boolean;
  /** Added to the latency of every operation. */
  readonly extraLatencyUs?: number;
}

/** `power`: only what was synced is certain. `process`: the machine lives, so what was told done is still there, unsynced. */
export type CrashKind = 'power' | 'process';

const DEFAULT_LATENCIES_US: DiskLatenciesUs = Object.freeze({
  read: { min: 20, max: 200 },
  append: { min: 5, max: 30 },
  sync: { min: 100, max: 2000 },
  directory: { min: 20, max: 500 },
});

/** Operations on one name complete in the order of their calls; their occurrences name their fates. */
interface Lane {
  dueUs: number;
  operations: number;
}

/** What stands for the directory where a file is named; no file can be called so. */
const DIRECTORY = '/';

const nothing = undefined;

/**
 * The disk of one node.
 *
 * The file-system model is between what POSIX permits and what ext4 does with ordered data, and weaker than ext4 wherever
 * programs are known to rely on it by mistake:
 * - Each file keeps its synced bytes and any number, to the byte, of the bytes appended after them; never other bytes,
 *   since ordered data reaches the disk before the length that covers it. Files do not wait for each other.
 * - Names live in a journal: of the directory operations (create, rename, remove) since the last `syncDirectory` any prefix
 *   survives, in their order. `sync` of a file does not make its name durable (ext4 would), nor does a surviving rename
 *   carry its file's bytes with it (ext4's heuristics often would).
 * - `syncDirectory` covers what had been told done when it was called. An operation still on its way counts as unsynced.
 * - After a failed sync the pages count as clean, so that later syncs succeed and write nothing: of a file until the machine
 *   comes back, of the directory until the process does. Then any prefix of the operations since the last good sync is there.
 *   A sync that began before the failing one and succeeds has told the truth.
 *
 * Operations take effect, as far as readers see, when called, and complete later. `append` keeps the array that it is given.
 */
export class SimulatedDisk implements Disk {
  private directory = new SimulatedDirectory();
  private readonly lanes = new Map<string, Lane>();
  private readonly latenciesUs: DiskLatenciesUs;
  private faults: DiskFaults = {};
  private life = 0;
  private isDown = false;

  constructor(private readonly options: SimulatedDiskOptions) {
    this.latenciesUs = { ...DEFAULT_LATENCIES_US, ...options.latenciesUs };
    for (const [name, bytes] of options.image ?? []) {
      const file = new SimulatedFile();
      file.append(bytes.slice());
      this.directory.apply({ kind: 'create', name, file });
      file.settle();
    }
    this.directory.settle(this.directory.operationCount);
  }

  list(done: DiskDone<readonly string[]>): void {
    const names = [...this.directory.names.keys()].sort();
    this.complete(this.lane(DIRECTORY), DIRECTORY, this.latenciesUs.directory, () => done(undefined, names));
  }

  read(file: string, done: DiskDone<Uint8Array>): void {
    const found = this.directory.names.get(file);
    const lane = this.lane(file);
    if (found === undefined) return this.fail(lane, file, 'not-found', 'read', done);
    if (this.faults.readFails === true) return this.fail(lane, file, 'io', 'read', done);
    const bytes = found.bytes();
    this.options.onBytes?.('read', file, bytes);
    // A copy: what a reader does to it is no business of the disk.
    this.complete(lane, file, this.latenciesUs.read, () => done(undefined, bytes.slice()));
  }

  append(file: string, bytes: Uint8Array, done: DiskDone): void {
    this.options.onBytes?.('append', file, bytes);
    const lane = this.lane(file);
    let creation: DirectoryOperation | undefined;
    let target = this.directory.names.get(file);
    if (target === undefined) {
      target = new SimulatedFile();
      creation = this.directory.apply({ kind: 'create', name: file, file: target });
    }
    const written = target;
    if (this.faults.full === true) {
      const fitting = this.options.fate('disk-full', file, lane.operations) % (bytes.length + 1);
      written.append(bytes.slice(0, fitting));
      return this.fail<undefined>(lane, file, 'full', 'append', (error, value) => {
        if (creation !== undefined) creation.isCompleted = true;
        done(error, value);
      });
    }
    written.append(bytes);
    const { length } = written;
    this.complete(lane, file, this.latenciesUs.append, () => {
      written.markCompleted(length);
      if (creation !== undefined) creation.isCompleted = true;
      done(undefined, nothing);
    });
  }

  sync(file: string, done: DiskDone): void {
    const found = this.directory.names.get(file);
    const lane = this.lane(file);
    if (found === undefined) return this.fail(lane, file, 'not-found', 'sync', done);
    if (this.faults.syncFails === true) {
      found.syncBroken = true;
      return this.fail(lane, file, 'io', 'sync', done);
    }
    const length = found.syncBroken ? found.syncedLength : found.length;
    this.complete(lane, file, this.latenciesUs.sync, () => {
      found.markSynced(length);
      done(undefined, nothing);
    });
  }

  rename(from: string, to: string, done: DiskDone): void {
    const lane = this.lane(from);
    if (!this.directory.names.has(from)) return this.fail(lane, from, 'not-found', 'rename', done);
    const target = this.lane(to);
    // Whatever was asked of either name before completes before, and what is asked later after.
    if (target.dueUs > lane.dueUs) lane.dueUs = target.dueUs;
    this.changeDirectory(lane, from, this.directory.apply({ kind: 'rename', from, to }), done);
    target.dueUs = lane.dueUs;
  }

  remove(file: string, done: DiskDone): void {
    const lane = this.lane(file);
    if (!this.directory.names.has(file)) return this.fail(lane, file, 'not-found', 'remove', done);
    this.changeDirectory(lane, file, this.directory.apply({ kind: 'remove', name: file }), done);
  }

  syncDirectory(done: DiskDone): void {
    const lane = this.lane(DIRECTORY);
    if (this.faults.syncFails === true || this.faults.directorySyncFails === true) {
      this.directory.syncBroken = true;
      return this.fail(lane, DIRECTORY, 'io', 'syncDirectory', done);
    }
    const last = this.directory.lastCovered();
    this.complete(lane, DIRECTORY, this.latenciesUs.sync, () => {
      this.directory.markSynced(last);
      done(undefined, nothing);
    });
  }

  /** From now on; replaces what was set before. */
  setFaults(faults: DiskFaults): void {
    this.faults = faults;
  }

  /** Rots one byte of a file, wherever it is. Returns whether there is such a byte. */
  flipByte(file: string, offset: number, mask: number): boolean {
    const found = this.directory.names.get(file);
    if (found === undefined || offset >= found.length) return false;
    found.flip(offset, mask);
    return true;
  }

  /**
   * The node is gone: no callback of this life comes any more. What of the unsynced survives is its fate; the corners
   * (nothing, everything) are drawn as often as all cuts between them. Returns the outcome.
   */
  crash(kind: CrashKind = 'power'): CrashChoice {
    const { directory } = this;
    const atLeast = kind === 'process' ? directory.keptByMachine() : 0;
    const directoryOperations = this.drawKept('disk-crash-names', DIRECTORY, atLeast, directory.operationCount);
    const lengths = new Map<string, number>();
    for (const [name, file] of directory.namesAfter(directoryOperations)) {
      const certain = kind === 'process' ? file.completedLength : file.syncedLength;
      lengths.set(name, this.drawKept('disk-crash', name, certain, file.length));
    }
    const choice = { directoryOperations, lengths };
    this.crashTo(choice, kind);
    return choice;
  }

  /** As `crash`, with an outcome of one's own choice: one of `crashStates()` where `kind` is `power`. */
  crashTo(choice: CrashChoice, kind: CrashKind = 'power'): void {
    assert(!this.isDown, `the disk of ${this.options.node} is down already`);
    const { directory } = this;
    this.isDown = true;
    this.life++;
    this.lanes.forEach((lane) => (lane.dueUs = 0));
    const names = directory.namesAfter(choice.directoryOperations);
    for (const [name, file] of names) file.truncate(choice.lengths.get(name) ?? file.syncedLength);
    if (kind === 'process') {
      for (const file of directory.files()) file.markCompleted(file.length);
      directory.cut(choice.directoryOperations);
      return;
    }
    for (const file of names.values()) file.settle();
    directory.settle(choice.directoryOperations);
  }

  /** Another disk is in its place, with nothing on it. */
  wipe(): void {
    this.life++;
    this.lanes.forEach((lane) => (lane.dueUs = 0));
    this.directory = new SimulatedDirectory();
  }

  /** The node may use the disk again. */
  reboot(): void {
    assert(this.isDown, `the disk of ${this.options.node} is not down`);
    this.isDown = false;
  }

  /** Every outcome that a loss of power may have now. Lazy: it is the product of all unsynced bytes. */
  crashStates(): Generator<CrashChoice> {
    return crashChoices(this.directory);
  }

  imageAfter(choice: CrashChoice): DiskImage {
    return crashImage(this.directory, choice);
  }

  /** What a reader would see now, synced or not: a copy. */
  snapshotBytes(): DiskImage {
    const image = new Map<string, Uint8Array>();
    for (const [name, file] of this.directory.names) image.set(name, file.bytes().slice());
    return image;
  }

  private drawKept(purpose: string, file: string, atLeast: number, atMost: number): number {
    if (atLeast === atMost) return atLeast;
    const draw = this.options.fate(purpose, file, this.life);
    if (draw % 4 === 0) return atLeast;
    if (draw % 4 === 1) return atMost;
    return atLeast + (Math.floor(draw / 4) % (atMost - atLeast + 1));
  }

  private lane(name: string): Lane {
    assert(!this.isDown, `the disk of ${this.options.node} is used after a crash; reboot it first`);
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      if (name !== DIRECTORY) assertFileName(name);
      lane = { dueUs: 0, operations: 0 };
      this.lanes.set(name, lane);
    }
    return lane;
  }

  private changeDirectory(lane: Lane, file: string, operation: DirectoryOperation, done: DiskDone): void {
    this.complete(lane, file, this.latenciesUs.directory, () => {
      operation.isCompleted = true;
      done(undefined, nothing);
    });
  }

  private fail<T>(lane: Lane, file: string, code: DiskError['code'], verb: string, done: DiskDone<T>): void {
    const error = new DiskError(code, `${verb} ${file === DIRECTORY ? 'the directory' : file}: ${code}`);
    // The value of a failed operation is not to be read; its type cannot say so.
    this.complete(lane, file, this.latenciesUs.directory, () => done(error, undefined as T));
  }

  private complete(lane: Lane, file: string, range: LatencyRangeUs, callback: () => void): void {
    const { nowUs, schedule, fate } = this.options;
    const now = nowUs();
    const spread = range.max - range.min + 1;
    const drawn = spread <= 1 ? 0 : fate('disk-latency', file, lane.operations) % spread;
    lane.operations++;
    const due = Math.max(now + range.min + drawn + (this.faults.extraLatencyUs ?? 0), lane.dueUs, now + 1);
    lane.dueUs = due;
    const { life } = this;
    schedule(due - now, () => {
      if (life === this.life) callback();
    });
  }
}
