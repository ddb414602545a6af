import { assert } from '../assert.js';
import type { Lsn } from '../envelope.js';
import type { Disk, DiskError } from '../ports.js';
import { FILE_HEADER_BYTES, RECORD_OVERHEAD_BYTES, putFileHeader, putRecord } from './file-format.js';
import { segmentName } from './file-names.js';
import { RECORDS_PER_BATCH_MAX } from './record-header.js';
import type { FaultPoints } from './fault-points.js';
import type { Limits } from './options.js';

/** A segment that will not grow any more; everything in it is durable. */
export interface ClosedSegment {
  readonly number: number;
  readonly lastLsn: Lsn;
}

/** Where the log goes on. */
export interface LogPosition {
  /** The segment that is open, or 0 where there is none. */
  readonly segmentNumber: number;
  /** Its length; everything in it is durable. */
  readonly segmentBytes: number;
  readonly lastLsn: Lsn;
  readonly closed: readonly ClosedSegment[];
}

export interface LogEvents {
  durable(lsn: Lsn): void;
  failed(reason: string): void;
  readonly firesAt: FaultPoints;
}

interface PendingRecord {
  readonly lsn: Lsn;
  readonly payload: Uint8Array;
  /** Snapshot files that must be durable before the record may be written. */
  filesAwaited: number;
}

/**
 * Group commit: the records that wait become one batch, which is appended and synced; while it is on its way, further ones
 * gather. What comes while the append is on its way still joins, since the sync that follows covers it too.
 *
 * Invariant: one batch at a time, so whatever lies before it is durable, and a torn tail lies in the last segment only.
 */
export class LogWriter {
  private pending: PendingRecord[] = [];
  private state: 'idle' | 'busy' | 'failed' = 'idle';
  private segmentNumber: number;
  private segmentBytes: number;
  private writtenLsn: Lsn;
  private isNewSegment = false;
  private closed: ClosedSegment[];
  durableLsn: Lsn;
  /** Bytes of all batches since the writer was made. */
  appendedBytes = 0;

  constructor(
    private readonly disk: Disk,
    private readonly limits: Limits,
    position: LogPosition,
    private readonly events: LogEvents,
  ) {
    this.segmentNumber = position.segmentNumber;
    this.segmentBytes = position.segmentBytes;
    this.writtenLsn = position.lastLsn;
    this.durableLsn = position.lastLsn;
    this.closed = [...position.closed];
  }

  /** Takes a record; call `fileDurable` as often as `filesAwaited` says. */
  add(lsn: Lsn, payload: Uint8Array, filesAwaited: number): void {
    this.pending.push({ lsn, payload, filesAwaited });
    if (this.state === 'idle') this.begin();
  }

  /** A snapshot file that a pending record waits for is durable. */
  fileDurable(lsn: Lsn): void {
    const record = this.pending.find((candidate) => candidate.lsn === lsn);
    assert(record !== undefined && record.filesAwaited > 0, `record ${lsn} waits for no file`);
    record.filesAwaited--;
    if (this.state === 'idle') this.begin();
  }

  /** Nothing is written any more; what is on its way is not waited for. */
  halt(): void {
    this.state = 'failed';
    this.pending = [];
  }

  /**
   * Takes out the segments that hold nothing after `lsn`, oldest first. The last closed one stays until the segment after it
   * holds something durable, so that there is a log at every moment.
   */
  takeSegmentsUpTo(lsn: Lsn): readonly ClosedSegment[] {
    const isRemovable = (segment: ClosedSegment): boolean =>
      segment.lastLsn <= lsn && segment.lastLsn < this.durableLsn;
    const taken = this.closed.filter(isRemovable);
    this.closed = this.closed.filter((segment) => !isRemovable(segment));
    return taken;
  }

  private begin(): void {
    if (this.pending.length === 0 || this.pending[0]!.filesAwaited > 0) return;
    this.state = 'busy';
    if (this.segmentNumber === 0 || this.isSegmentFull()) this.openSegment();
    const file = segmentName(this.segmentNumber);
    this.disk.append(file, this.takeBatch(), (error) => {
      if (this.failedBy(error, 'append to', file)) return;
      const joined = this.takeBatch();
      if (joined.length > 0) this.disk.append(file, joined, (late) => void this.failedBy(late, 'append to', file));
      this.syncBatch(file);
    });
  }

  private isSegmentFull(): boolean {
    const { segmentBytes, limits, events } = this;
    return segmentBytes >= limits.segmentBytes || (segmentBytes > 0 && events.firesAt('log.roll-segment'));
  }

  private openSegment(): void {
    if (this.segmentNumber > 0) this.closed.push({ number: this.segmentNumber, lastLsn: this.durableLsn });
    this.segmentNumber++;
    this.segmentBytes = 0;
    this.isNewSegment = true;
  }

  private syncBatch(file: string): void {
    const lsn = this.writtenLsn;
    this.disk.sync(file, (error) => {
      if (this.failedBy(error, 'sync', file)) return;
      if (!this.isNewSegment) return this.commit(lsn);
      this.disk.syncDirectory((directoryError) => {
        if (this.failedBy(directoryError, 'sync the directory after creating', file)) return;
        this.isNewSegment = false;
        this.commit(lsn);
      });
    });
  }

  private commit(lsn: Lsn): void {
    assert(lsn > this.durableLsn, 'a batch holds at least one record');
    this.durableLsn = lsn;
    // Still busy: what is added by whoever is told now goes into one batch.
    this.events.durable(lsn);
    if (this.state !== 'busy') return;
    this.state = 'idle';
    this.begin();
  }

  /** The bytes of all records that may be written now, with the file header where the segment is new. */
  private takeBatch(): Uint8Array {
    const count = this.batchCount();
    const headerBytes = this.segmentBytes === 0 && count > 0 ? FILE_HEADER_BYTES : 0;
    let length = headerBytes;
    for (let i = 0; i < count; i++) length += this.pending[i]!.payload.length + RECORD_OVERHEAD_BYTES;
    const bytes = new Uint8Array(length);
    let at = 0;
    if (headerBytes > 0) {
      at = putFileHeader(bytes, at, { kind: 'log', number: this.segmentNumber, firstLsn: this.writtenLsn + 1 });
    }
    const place = { arrayOffset: this.segmentBytes, durableLsn: this.durableLsn };
    for (let i = 0; i < count; i++) {
      const { lsn, payload } = this.pending[i]!;
      assert(lsn === this.writtenLsn + 1, 'records are written in the order of their LSNs');
      at = putRecord(bytes, at, lsn, payload, place);
      this.writtenLsn = lsn;
    }
    if (count === this.pending.length) this.pending = [];
    else this.pending.splice(0, count);
    this.segmentBytes += length;
    this.appendedBytes += length;
    return bytes;
  }

  private batchCount(): number {
    const batchBytes = this.pending.length > 1 && this.events.firesAt('log.batch-of-one') ? 1 : this.limits.batchBytes;
    let bytes = 0;
    let count = 0;
    for (const { lsn, payload, filesAwaited } of this.pending) {
      if (filesAwaited > 0 || bytes >= batchBytes || lsn - this.durableLsn > RECORDS_PER_BATCH_MAX) break;
      bytes += payload.length + RECORD_OVERHEAD_BYTES;
      count++;
    }
    return count;
  }

  /** Whether to stop: because of this error, or because the log has failed before. A failed sync is never tried again. */
  private failedBy(error: DiskError | undefined, doing: string, file: string): boolean {
    if (this.state === 'failed') return true;
    if (error === undefined) return false;
    this.halt();
    this.events.failed(`cannot ${doing} ${file}: ${error.message}`);
    return true;
  }
}
