/** Sizes of the write-ahead log, in bytes. A log may be opened with other sizes than it was written with, unless a limit falls. */
export interface WriteAheadLogOptions {
  /** A segment that has grown to this takes no further batch. Default 4 MiB. */
  readonly segmentBytes?: number;
  /** Growth of the log after which a checkpoint takes the place of what lies before it. Default 16 MiB. */
  readonly checkpointBytes?: number;
  /** The largest record: all writes of one turn, encoded. Default 16 MiB. */
  readonly maxRecordBytes?: number;
  /** The largest snapshot, encoded. Default 256 MiB. */
  readonly maxSnapshotBytes?: number;
  /** A batch takes no further record when it has grown to this. Default 1 MiB. */
  readonly batchBytes?: number;
}

export type Limits = Required<WriteAheadLogOptions>;

const MEBIBYTE = 1_048_576;

const DEFAULTS: Limits = Object.freeze({
  segmentBytes: 4 * MEBIBYTE,
  checkpointBytes: 16 * MEBIBYTE,
  maxRecordBytes: 16 * MEBIBYTE,
  maxSnapshotBytes: 256 * MEBIBYTE,
  batchBytes: MEBIBYTE,
});

/** Throws a RangeError that names the option. */
export function withDefaults(options: WriteAheadLogOptions): Limits {
  const limits: Limits = { ...DEFAULTS, ...options };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 0x7fff_ffff) {
      throw new RangeError(`write-ahead log: ${name} must be a whole number of bytes from 1 to 2^31-1, not ${value}`);
    }
  }
  return limits;
}
