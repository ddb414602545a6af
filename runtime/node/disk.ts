import { closeSync, fdatasync, fsync, open, openSync, readdir, readFile, rename, stat, unlink, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DiskError, type Disk, type DiskDone } from '../ports.js';
import { assertFileName, isFileName } from '../storage/file-names.js';
import { lockDirectory } from './directory-lock.js';

const openFile = promisify(open);
const writeBytes = promisify(write);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);
const readWhole = promisify(readFile);
const statOf = promisify(stat);
const readNames = promisify(readdir);
const renameFile = promisify(rename);
const unlinkFile = promisify(unlink);

/** Files kept open for appending; beyond that the one used longest ago is closed, once it is synced. */
const OPEN_FILES_MAX = 16;

/** What stands for the directory where a file is named; no file can be called so. */
const DIRECTORY = '/';

interface OpenFile {
  readonly descriptor: number;
  /** Written since its last sync. */
  isDirty: boolean;
}

/** A disk that lets its directory go again. */
export interface DirectoryDisk extends Disk {
  /** Waits for what was asked before, closes the files and gives up the lock. What is asked later fails with `io`. */
  close(): Promise<void>;
}

/**
 * The disk of a node in a directory, which is made where it is missing and locked against a second process. Throws
 * DirectoryInUseError where another process lives that holds it. Callbacks never come inside a call, and what they throw is an
 * uncaught exception, not an error of the disk. Arrays handed to `append` must not change until its callback.
 */
export function openDirectoryDisk(directory: string): DirectoryDisk {
  const unlock = lockDirectory(directory);
  try {
    return new NodeDisk(directory, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

class NodeDisk implements DirectoryDisk {
  /** The last operation on each file, and on DIRECTORY those on the directory as a whole: what comes next waits for it. */
  private readonly lanes = new Map<string, Promise<unknown>>();
  /** In the order of their last use. */
  private readonly openFiles = new Map<string, OpenFile>();
  private isClosed = false;
  private readonly directoryDescriptor: number;

  constructor(
    private readonly directory: string,
    private readonly unlock: () => void,
  ) {
    this.directoryDescriptor = openSync(directory, 'r');
  }

  list(done: DiskDone<readonly string[]>): void {
    this.perform('list', [DIRECTORY], done, async () => (await readNames(this.directory)).filter(isFileName).sort());
  }

  read(file: string, done: DiskDone<Uint8Array>): void {
    this.perform('read', [file], done, async () => {
      const { buffer, byteOffset, length } = await readWhole(this.pathOf(file));
      // Not a Buffer: what is decoded from it must be plain Uint8Array, as in the simulator.
      return new Uint8Array(buffer, byteOffset, length);
    });
  }

  length(file: string, done: DiskDone<number>): void {
    this.perform('length of', [file], done, async () => (await statOf(this.pathOf(file))).size);
  }

  append(file: string, bytes: Uint8Array, done: DiskDone): void {
    this.perform('append', [file], done, async () => {
      const opened = await this.openForAppend(file);
      opened.isDirty = true;
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await writeBytes(opened.descriptor, bytes, at, bytes.length - at);
        at += bytesWritten;
      }
    });
  }

  sync(file: string, done: DiskDone): void {
    this.perform('sync', [file], done, async () => {
      const opened = this.openFiles.get(file);
      if (opened === undefined) return this.syncOnce(file);
      await syncData(opened.descriptor);
      opened.isDirty = false;
    });
  }

  rename(from: string, to: string, done: DiskDone): void {
    this.perform('rename', [from, to], done, async () => {
      await renameFile(this.pathOf(from), this.pathOf(to));
      this.forget(to);
      const opened = this.openFiles.get(from);
      if (opened === undefined) return;
      this.openFiles.delete(from);
      this.openFiles.set(to, opened);
    });
  }

  remove(file: string, done: DiskDone): void {
    this.perform('remove', [file], done, async () => {
      await unlinkFile(this.pathOf(file));
      this.forget(file);
    });
  }

  syncDirectory(done: DiskDone): void {
    this.perform('sync of the directory', [DIRECTORY], done, () => syncAll(this.directoryDescriptor));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.allSettled([...this.lanes.values()]);
    for (const { descriptor } of this.openFiles.values()) closeSync(descriptor);
    this.openFiles.clear();
    closeSync(this.directoryDescriptor);
    this.unlock();
  }

  private pathOf(file: string): string {
    return join(this.directory, file);
  }

  /** Runs an operation after all earlier ones on the same files. */
  private perform<T>(
    verb: string,
    files: readonly string[],
    done: DiskDone<T>,
    operation: () => Promise<T | void>,
  ): void {
    for (const file of files) if (file !== DIRECTORY) assertFileName(file);
    const name = files[0] === DIRECTORY ? this.directory : join(this.directory, files[0]!);
    const earlier = Promise.all(files.map((file) => this.lanes.get(file)));
    const outcome = (this.isClosed ? Promise.reject(new Error('the disk has been closed')) : earlier).then(operation);
    const settled = outcome.then(
      (value) => void process.nextTick(done, undefined, value),
      (error: unknown) => void process.nextTick(done, toDiskError(`${verb} ${name}`, error), undefined),
    );
    for (const file of files) this.lanes.set(file, settled);
    void settled.then(() => {
      for (const file of files) if (this.lanes.get(file) === settled) this.lanes.delete(file);
    });
  }

  private async openForAppend(file: string): Promise<OpenFile> {
    const known = this.openFiles.get(file);
    if (known !== undefined) {
      this.openFiles.delete(file);
      this.openFiles.set(file, known);
      return known;
    }
    const opened = { descriptor: await openFile(this.pathOf(file), 'a'), isDirty: false };
    this.openFiles.set(file, opened);
    this.closeOldest();
    return opened;
  }

  /** A file with bytes that are not synced stays open: where writing them fails later, only its descriptor is sure to be told. */
  private closeOldest(): void {
    if (this.openFiles.size <= OPEN_FILES_MAX) return;
    for (const [file, { isDirty }] of this.openFiles) {
      if (isDirty || this.lanes.has(file)) continue;
      return this.forget(file);
    }
  }

  private forget(file: string): void {
    const opened = this.openFiles.get(file);
    if (opened === undefined) return;
    this.openFiles.delete(file);
    closeSync(opened.descriptor);
  }

  private async syncOnce(file: string): Promise<void> {
    const descriptor = await openFile(this.pathOf(file), 'r');
    try {
      await syncData(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function toDiskError(doing: string, error: unknown): DiskError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new DiskError('not-found', `${doing}: there is no such file`);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskError('full', `${doing}: no space left (${code})`);
  return new DiskError('io', `${doing}: ${message}`);
}
