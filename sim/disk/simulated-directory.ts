import { assert } from '../../runtime/assert.js';
import type { SimulatedFile } from './simulated-file.js';

/** What stands for the directory where a file is named; no file can be called so. */
export const DIRECTORY = '/';

type DirectoryChange =
  | { readonly kind: 'create'; readonly name: string; readonly file: SimulatedFile }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string };

/** A change of names whose caller may not have been told yet. */
export interface DirectoryOperation {
  readonly change: DirectoryChange;
  isCompleted: boolean;
}

type Names = Map<string, SimulatedFile>;

function applyChange(names: Names, change: DirectoryChange): void {
  switch (change.kind) {
    case 'create':
      names.set(change.name, change.file);
      return;
    case 'rename': {
      const file = names.get(change.from);
      assert(file !== undefined, `${change.from} is renamed but not there`);
      names.delete(change.from);
      names.set(change.to, file);
      return;
    }
    case 'remove':
      names.delete(change.name);
      return;
  }
}

/**
 * Names of files: those that are synced, and the operations since, in their order. A crash keeps a prefix of them, as a file
 * system with a journal of its metadata does.
 */
export class SimulatedDirectory {
  /** What a reader sees. */
  names: Names = new Map();
  private synced: Names = new Map();
  private operations: DirectoryOperation[] = [];
  /** A sync failed: what was not durable then may never be, and later syncs of this life persist nothing. */
  syncBroken = false;

  get operationCount(): number {
    return this.operations.length;
  }

  apply(change: DirectoryChange): DirectoryOperation {
    applyChange(this.names, change);
    const operation = { change, isCompleted: false };
    this.operations.push(operation);
    return operation;
  }

  /**
   * How many of the unsynced operations, from the first on, certainly happened: all up to the last that was told done.
   * Those before it that are still on their way stand before it in the journal.
   */
  completedCount(): number {
    return this.operations.findLastIndex((operation) => operation.isCompleted) + 1;
  }

  /** The last operation that a sync which begins now will make durable; a failure later on takes nothing from it. */
  lastCovered(): DirectoryOperation | undefined {
    return this.syncBroken ? undefined : this.operations[this.completedCount() - 1];
  }

  markSynced(last: DirectoryOperation | undefined): void {
    if (last === undefined) return;
    // -1: an overlapping sync has made them durable already.
    const count = this.operations.indexOf(last) + 1;
    for (const { change } of this.operations.slice(0, count)) applyChange(this.synced, change);
    this.operations = this.operations.slice(count);
  }

  /** The names after a crash that keeps the first `count` of the unsynced operations. */
  namesAfter(count: number): ReadonlyMap<string, SimulatedFile> {
    assert(count >= 0 && count <= this.operations.length, `there are no ${count} unsynced operations`);
    const names = new Map(this.synced);
    for (const { change } of this.operations.slice(0, count)) applyChange(names, change);
    return names;
  }

  /** The first `count` operations are on the disk, and the others are lost. */
  settle(count: number): void {
    this.synced = new Map(this.namesAfter(count));
    this.names = new Map(this.synced);
    this.operations = [];
    this.syncBroken = false;
  }

  /** How many of the unsynced operations the next process is certain to find where the machine lives. */
  keptByMachine(): number {
    return this.syncBroken ? 0 : this.completedCount();
  }

  /**
   * The process has died and the machine lives: the first `count` operations happened, and are no more durable than before.
   * After a failed sync they are: the next process reads the directory anew, as it is on the disk, and can sync it again.
   */
  cut(count: number): void {
    if (this.syncBroken) return this.settle(count);
    this.names = new Map(this.namesAfter(count));
    this.operations = this.operations.slice(0, count);
    for (const operation of this.operations) operation.isCompleted = true;
  }

  /** Files that have been read or written under some name since the last sync of the directory. */
  files(): Set<SimulatedFile> {
    const files = new Set<SimulatedFile>(this.synced.values());
    for (const { change } of this.operations) if (change.kind === 'create') files.add(change.file);
    return files;
  }
}
