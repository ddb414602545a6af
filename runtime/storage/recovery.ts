import type { Plain } from '../data.js';
import type { Lsn } from '../envelope.js';
import { DiskError } from '../ports.js';
import { loadCheckpoint } from './checkpoint-file.js';
import { DamagedStorage } from './damage.js';
import { append, length, list, read, remove, rename, sync, syncDirectory, type DiskScript } from './disk-script.js';
import { DurableImage } from './durable-image.js';
import { FILE_HEADER_BYTES, isFormatFault, putFileHeader, readFileHeader, scanRecords } from './file-format.js';
import { checkpointName, segmentName, sortFiles, TEMPORARY_SUFFIX, type StorageFiles } from './file-names.js';
import { isKnownDurable } from './lost-sectors.js';
import type { ClosedSegment, LogPosition } from './log-writer.js';
import type { Limits } from './options.js';
import type { RecordCodec } from './record-codec.js';
import { decodeSnapshotFile } from './snapshot-file.js';

export interface Recovery {
  readonly image: DurableImage;
  readonly position: LogPosition;
  /** The checkpoint that the image began with, 0 if none. */
  readonly checkpointLsn: Lsn;
  /** Bytes of the log that the next checkpoint would save. */
  readonly logBytes: number;
  readonly tornBytes: number;
}

interface LastSegment {
  readonly number: number;
  /** The file header and all whole records. */
  readonly kept: Uint8Array;
}

/**
 * Reads what a crash has left, repairs it, and makes sure that all that is reported survives the next crash. It can itself
 * be cut off by a crash anywhere, and begin again.
 *
 * What is found whole in the last segment may never have been synced: the process may have died and the machine lived, or
 * an earlier sync may have failed and left pages that only look written. So the last segment is always written anew.
 *
 * Throws DamagedStorage, before anything has been changed, or a DiskError.
 */
export function* recover(codec: RecordCodec, limits: Limits): DiskScript<Recovery> {
  const files = sortFiles(yield* list());
  const image = new DurableImage();
  const checkpointLsn = files.checkpoints.at(-1) ?? 0;
  if (checkpointLsn > 0) {
    const file = checkpointName(checkpointLsn);
    loadCheckpoint(codec, file, yield* readWhole(file), checkpointLsn, limits.maxRecordBytes, image);
  }
  const replay = new Replay(codec, limits, image, checkpointLsn);
  const chain = lastChain(files.segments);
  for (const number of chain) replay.segment(number, yield* readWhole(segmentName(number)), number === chain.at(-1));
  replay.checkEnd();
  const values = yield* readSnapshots(codec, limits, image, files);
  for (const [actor, { file, value }] of values) image.apply({ kind: 'snapshot', actor, file }, value);
  const rewritten = replay.last === undefined ? undefined : yield* rewrite(replay.last, files);
  // First what is needed, then away with the rest: until the names are synced, the older files may be the only ones left.
  yield* syncDirectory();
  const garbage = garbageOf(image, checkpointLsn, files, chain[0] ?? 1, rewritten);
  for (const file of garbage) yield* remove(file);
  if (garbage.length > 0) yield* syncDirectory();
  return {
    image,
    position: {
      segmentNumber: replay.last?.number ?? 0,
      segmentBytes: replay.last?.kept.length ?? 0,
      lastLsn: replay.nextLsn - 1,
      closed: replay.closed,
    },
    checkpointLsn,
    logBytes: replay.logBytes,
    tornBytes: replay.tornBytes,
  };
}

/** A short read is no error. Repeated, it is a disk that cannot be trusted; never is it the end of the log. */
const READS_MAX = 3;

function* readWhole(file: string): DiskScript<Uint8Array> {
  const expected = yield* length(file);
  let found = 0;
  for (let reads = 0; reads < READS_MAX; reads++) {
    const bytes = yield* read(file);
    if (bytes.length === expected) return bytes;
    found = bytes.length;
  }
  const what = `${READS_MAX} reads gave less than the file has, the last one ${found} of its ${expected} bytes`;
  throw new DiskError(
    'io',
    `${file}: ${what}. Nothing has been changed; look after the disk, and start the node again.`,
  );
}

/** The segments without a gap up to the last. What lies before a gap must be older than the checkpoint; the replay checks that. */
function lastChain(segments: readonly number[]): readonly number[] {
  let from = segments.length - 1;
  while (from > 0 && segments[from - 1] === segments[from]! - 1) from--;
  return segments.slice(Math.max(0, from));
}

/** Applies the segments to the image, in their order, and checks that they follow upon each other. */
class Replay {
  nextLsn: Lsn;
  last: LastSegment | undefined;
  logBytes = 0;
  tornBytes = 0;
  readonly closed: ClosedSegment[] = [];

  constructor(
    private readonly codec: RecordCodec,
    private readonly limits: Limits,
    private readonly image: DurableImage,
    private readonly checkpointLsn: Lsn,
  ) {
    this.nextLsn = checkpointLsn + 1;
  }

  segment(number: number, bytes: Uint8Array, isLast: boolean): void {
    const file = segmentName(number);
    const header = readFileHeader(bytes, 'log', number);
    if (isFormatFault(header)) {
      if (header.kind === 'damaged' || !isLast) throw DamagedStorage.from(file, header);
      if (isKnownDurable(bytes, 0, this.nextLsn)) throw DamagedStorage.from(file, header);
      // Not even the header had been synced, so no record of this segment was. Nothing before it can be missing:
      // a segment is removed only when the one after it holds something durable.
      if (this.closed.length === 0 && number > 1) throw this.missing(number - 1);
      this.last = { number, kept: headerOnly(number, this.nextLsn) };
      this.tornBytes = bytes.length;
      return;
    }
    this.checkFirstLsn(number, header.firstLsn);
    const { end, nextLsn, fault } = scanRecords(bytes, header.firstLsn, this.limits.maxRecordBytes, (lsn, payload) =>
      this.record(lsn, payload),
    );
    if (fault !== undefined && (fault.kind === 'damaged' || !isLast)) throw DamagedStorage.from(file, fault);
    this.nextLsn = nextLsn;
    this.logBytes += end;
    if (!isLast) {
      this.closed.push({ number, lastLsn: nextLsn - 1 });
      return;
    }
    this.last = { number, kept: bytes.slice(0, end) };
    this.tornBytes = bytes.length - end;
  }

  /** A checkpoint becomes real when what it holds is durable in the log too, and the open segment is never removed. */
  checkEnd(): void {
    if (this.checkpointLsn === 0) return;
    const name = checkpointName(this.checkpointLsn);
    if (this.last === undefined) {
      throw new DamagedStorage(name, 0, 'there is a checkpoint and no log segment (wal-<n>.log): it is missing');
    }
    if (this.nextLsn <= this.checkpointLsn) {
      const { number, kept } = this.last;
      const what = `the log ends at LSN ${this.nextLsn - 1}, before the LSN of ${name}`;
      throw new DamagedStorage(segmentName(number), kept.length, what);
    }
  }

  private checkFirstLsn(number: number, firstLsn: Lsn): void {
    const isFirst = this.closed.length === 0;
    if (isFirst && firstLsn > this.checkpointLsn + 1) throw this.missing(number - 1);
    if (!isFirst && firstLsn !== this.nextLsn) {
      throw new DamagedStorage(
        segmentName(number),
        16,
        `begins with LSN ${firstLsn} where ${this.nextLsn} must follow`,
      );
    }
  }

  private missing(number: number): DamagedStorage {
    const from = this.checkpointLsn + 1;
    return new DamagedStorage(
      segmentName(number),
      0,
      `the segment is missing, and records from LSN ${from} on with it`,
    );
  }

  private record(lsn: Lsn, payload: Uint8Array): string | undefined {
    const writes = this.codec.decode(payload);
    if (writes === undefined) return `the record of LSN ${lsn} holds no writes of this format`;
    if (lsn <= this.checkpointLsn) return undefined;
    for (const write of writes) {
      const complaint = this.image.apply(write);
      if (complaint !== undefined) return `the record of LSN ${lsn} cannot follow: ${complaint}`;
    }
    return undefined;
  }
}

function headerOnly(number: number, firstLsn: Lsn): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  putFileHeader(bytes, 0, { kind: 'log', number, firstLsn });
  return bytes;
}

interface SnapshotFound {
  readonly file: string;
  readonly value: Plain;
}

function* readSnapshots(
  codec: RecordCodec,
  limits: Limits,
  image: DurableImage,
  files: StorageFiles,
): DiskScript<ReadonlyMap<string, SnapshotFound>> {
  const values = new Map<string, SnapshotFound>();
  for (const [actor, file] of image.snapshotFiles()) {
    if (!files.snapshots.includes(file)) {
      throw new DamagedStorage(file, 0, `the file is missing, and the log names it as the snapshot of ${actor}`);
    }
    values.set(actor, {
      file,
      value: decodeSnapshotFile(codec, file, yield* readWhole(file), actor, limits.maxSnapshotBytes),
    });
  }
  return values;
}

/** Returns the temporary name that it used. */
function* rewrite(last: LastSegment, files: StorageFiles): DiskScript<string> {
  const file = segmentName(last.number);
  const temporary = file + TEMPORARY_SUFFIX;
  if (files.temporaries.includes(temporary)) yield* remove(temporary);
  yield* append(temporary, last.kept);
  yield* sync(temporary);
  yield* rename(temporary, file);
  return temporary;
}

/** What no record or checkpoint needs. A later record may take the same name, so nothing of it may stay. */
function garbageOf(
  image: DurableImage,
  checkpointLsn: Lsn,
  files: StorageFiles,
  firstSegment: number,
  rewritten: string | undefined,
): readonly string[] {
  const needed = new Set(image.snapshotFiles().values());
  return [
    ...files.snapshots.filter((file) => !needed.has(file)),
    ...files.checkpoints.filter((lsn) => lsn !== checkpointLsn).map(checkpointName),
    ...files.segments.filter((number) => number < firstSegment).map(segmentName),
    ...files.temporaries.filter((file) => file !== rewritten),
  ];
}
