import { assert } from '../../runtime/assert.js';
import { DiskError, type Disk, type DiskDone } from '../../runtime/ports.js';
import { assertFileName } from '../../runtime/storage/file-names.js';
import { crashChoices, crashImage, type CrashChoice, type CrashKind, type DiskImage } from './crash-choice.js';
import { drawCrash } from './drawn-crash.js';
import type { DiskFaults, Rot } from './disk-faults.js';
import { damageOf, rotAtRest } from './rot.js';
import { DIRECTORY, SimulatedDirectory, type DirectoryOperation } from './simulated-directory.js';
import { SimulatedFile } from './simulated-file.js';
import { Strikes } from './strikes.js';

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

/** No disk lives through that many crashes. */
const FATES_OF_A_CRASH = 1_000_003;

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
  /** Which single operations go wrong; nothing, unless somebody adds it. */
  readonly strikes: Strikes;
  /** Completions that were due and that a stall keeps back, or kept back until now: in the order in which they were due. */
  private overdue: (() => void)[] = [];
  /** So many of those are on their way again. */
  private releases = 0;
  private life = 0;
  private isDown = false;

  constructor(private readonly options: SimulatedDiskOptions) {
    this.latenciesUs = { ...DEFAULT_LATENCIES_US, ...options.latenciesUs };
    this.strikes = new Strikes((purpose, file, occurrence) => options.fate(purpose, file, occurrence));
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
    const bytes = this.bytesRead(found, file, lane.operations);
    this.options.onBytes?.('read', file, bytes);
    // A copy: what a reader does to it is no business of the disk.
    this.complete(lane, file, this.latenciesUs.read, () => done(undefined, bytes.slice()));
  }

  length(file: string, done: DiskDone<number>): void {
    const found = this.directory.names.get(file);
    const lane = this.lane(file);
    if (found === undefined) return this.fail(lane, file, 'not-found', 'length of', done);
    const { length } = found;
    this.complete(lane, file, this.latenciesUs.directory, () => done(undefined, length));
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
    this.write(written, file, bytes, lane.operations);
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
    const { syncLies } = this.faults;
    if (syncLies === 'never') found.syncBroken = true;
    const length = found.syncBroken || syncLies !== undefined ? found.syncedLength : found.length;
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
    const { syncLies } = this.faults;
    if (syncLies === 'never') this.directory.syncBroken = true;
    const last = syncLies === undefined ? this.directory.lastCovered() : undefined;
    this.complete(lane, DIRECTORY, this.latenciesUs.sync, () => {
      this.directory.markSynced(last);
      done(undefined, nothing);
    });
  }

  /** From now on; replaces what was set before. What single operations suffer is the business of `strikes`. */
  setFaults(faults: DiskFaults): void {
    this.faults = faults;
    if (faults.stalled === true) return;
    while (this.releases < this.overdue.length) this.scheduleRelease();
  }

  /** Some of what was synced is not any more what it was, and nobody is told. Where nothing was synced, nothing rots. */
  rot(by: string, rot: Rot): void {
    rotAtRest(this.directory.names, rot, (purpose, occurrence) =>
      this.options.fate(`${by}/${purpose}`, DIRECTORY, occurrence),
    );
  }

  /** Rots one byte of a file, wherever it is. Returns whether there is such a byte. */
  flipByte(file: string, offset: number, mask: number): boolean {
    const found = this.directory.names.get(file);
    if (found === undefined || offset >= found.length) return false;
    found.change(offset, offset + 1, (_, byte) => byte ^ mask);
    return true;
  }

  /**
   * The node is gone: no callback of this life comes any more. What of the unsynced survives is its fate; the corners
   * (nothing, everything) are drawn as often as all cuts between them. Returns the outcome.
   */
  crash(kind: CrashKind = 'power'): CrashChoice {
    const { directory, life, options, faults } = this;
    const choice = drawCrash(directory, kind, faults.crashBias, (purpose, file, part = 0) =>
      options.fate(purpose, file, life + part * FATES_OF_A_CRASH),
    );
    this.crashTo(choice, kind);
    return choice;
  }

  /** As `crash`, with an outcome of one's own choice: one of `crashStates()` where `kind` is `power`. */
  crashTo(choice: CrashChoice, kind: CrashKind = 'power'): void {
    assert(!this.isDown, `the disk of ${this.options.node} is down already`);
    const { directory } = this;
    this.isDown = true;
    this.beginLife();
    const names = directory.namesAfter(choice.directoryOperations);
    for (const [name, file] of names) {
      file.truncate(choice.lengths.get(name) ?? file.syncedLength);
      for (const { from, to } of choice.lost?.get(name) ?? []) file.change(from, to, () => 0);
    }
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
    this.beginLife();
    this.directory = new SimulatedDirectory();
  }

  /** The node may use the disk again. */
  reboot(): void {
    assert(this.isDown, `the disk of ${this.options.node} is not down`);
    this.isDown = false;
  }

  /** Every outcome that a loss of power may have now. Lazy: it is the product of all unsynced bytes, and of all unsynced sectors of that size. */
  crashStates(sectorBytes?: number): Generator<CrashChoice> {
    return crashChoices(this.directory, sectorBytes);
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

  private bytesRead(found: SimulatedFile, file: string, occurrence: number): Uint8Array {
    const bytes = found.bytes();
    if (bytes.length === 0) return bytes;
    const short = this.strikes.strike('shortReads', file, occurrence);
    if (short !== undefined) return bytes.slice(0, short.draw('length') % bytes.length);
    const corrupt = this.strikes.strike('corruptReads', file, occurrence);
    if (corrupt === undefined) return bytes;
    const copy = bytes.slice();
    copy[corrupt.draw('offset') % copy.length]! ^= 1 << (corrupt.draw('bit') & 7);
    return copy;
  }

  /** Appends, unless the bytes go astray. Where they should be are zeros then, as in a block that was never written. */
  private write(target: SimulatedFile, file: string, bytes: Uint8Array, occurrence: number): void {
    const isLost = bytes.length > 0 && this.strikes.strike('phantoms', file, occurrence) !== undefined;
    const astray = isLost || bytes.length === 0 ? undefined : this.strikes.strike('misdirects', file, occurrence);
    if (!isLost && astray === undefined) return target.append(bytes);
    target.append(new Uint8Array(bytes.length));
    if (astray !== undefined) damageOf(this.directory.names, target, bytes, astray);
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
    const { nowUs, fate } = this.options;
    const now = nowUs();
    const spread = range.max - range.min + 1;
    const drawn = spread <= 1 ? 0 : fate('disk-latency', file, lane.operations) % spread;
    lane.operations++;
    const due = Math.max(now + range.min + drawn + (this.faults.extraLatencyUs ?? 0), lane.dueUs, now + 1);
    lane.dueUs = due;
    this.schedule(due - now, callback);
  }

  /** Not in another life, and not while the disk stands still. */
  private schedule(delayUs: number, callback: () => void): void {
    const { life } = this;
    this.options.schedule(delayUs, () => {
      if (life !== this.life) return;
      if (this.faults.stalled !== true && this.overdue.length === 0) return callback();
      this.overdue.push(callback);
      // Of those that a stall kept back the first, whose release is left to this one: nobody overtakes them.
      this.completeOverdue();
    });
  }

  private scheduleRelease(): void {
    const { life } = this;
    this.releases++;
    this.options.schedule(1, () => {
      if (life !== this.life) return;
      this.releases--;
      this.completeOverdue();
    });
  }

  private completeOverdue(): void {
    if (this.faults.stalled !== true) this.overdue.shift()?.();
  }

  private beginLife(): void {
    this.life++;
    this.overdue = [];
    this.releases = 0;
    this.lanes.forEach((lane) => (lane.dueUs = 0));
  }
}
