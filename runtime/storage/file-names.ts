import { assert } from '../assert.js';

/** What a file of a Disk may be called: nothing that leads out of the directory, or hides in it. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function isFileName(name: string): boolean {
  return FILE_NAME.test(name);
}

/** Names are made by the program, so a wrong one is a bug. */
export function assertFileName(name: string): void {
  const rule = 'use up to 128 letters, digits, ".", "_" or "-", a letter or digit first';
  assert(FILE_NAME.test(name), `${JSON.stringify(name)} is no name of a file: ${rule}`);
}

/** Names of the storage's files. A `.tmp` file is never read: a rename makes it real. */
export const TEMPORARY_SUFFIX = '.tmp';

export const segmentName = (number: number): string => `wal-${number}.log`;
export const checkpointName = (lsn: number): string => `checkpoint-${lsn}.log`;
/** The snapshot that is the `ordinal`th write of the record `lsn`. */
export const snapshotName = (lsn: number, ordinal: number): string => `snapshot-${lsn}-${ordinal}.dat`;

/** The files of a directory by what they are; each list rises by its number. */
export interface StorageFiles {
  readonly segments: readonly number[];
  readonly checkpoints: readonly number[];
  readonly snapshots: readonly string[];
  /** Left by a crash before their rename. */
  readonly temporaries: readonly string[];
}

const NUMBER = '([1-9][0-9]{0,15})';
const SEGMENT = new RegExp(`^wal-${NUMBER}\\.log$`);
const CHECKPOINT = new RegExp(`^checkpoint-${NUMBER}\\.log$`);
const SNAPSHOT = new RegExp(`^snapshot-${NUMBER}-(0|${NUMBER})\\.dat$`);
const TEMPORARY = new RegExp(`^(wal|checkpoint)-${NUMBER}\\.log\\.tmp$`);

export function isSnapshotName(name: string): boolean {
  return SNAPSHOT.test(name);
}

/** Files of other names are not ours and stay as they are. */
export function sortFiles(names: readonly string[]): StorageFiles {
  const numbers = (pattern: RegExp): number[] =>
    names
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  return {
    segments: numbers(SEGMENT),
    checkpoints: numbers(CHECKPOINT),
    snapshots: names.filter(isSnapshotName),
    temporaries: names.filter((name) => TEMPORARY.test(name)),
  };
}
