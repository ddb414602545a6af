import type { Durable } from '../actor.js';
import { assert } from '../assert.js';
import type { Plain } from '../data.js';
import type { Lsn } from '../envelope.js';
import type { Disk } from '../ports.js';
import { Checkpointer } from './checkpointer.js';
import { DamagedStorage } from './damage.js';
import { append, remove, runDiskScript, sync, syncDirectory, type DiskScript } from './disk-script.js';
import { DurableImage, type LogWrite } from './durable-image.js';
import { nothingFires, type FaultPoints } from './fault-points.js';
import { snapshotName } from './file-names.js';
import { LogWriter } from './log-writer.js';
import { withDefaults, type Limits, type WriteAheadLogOptions } from './options.js';
import { RecordCodec } from './record-codec.js';
import { recover, type Recovery } from './recovery.js';
import { encodeSnapshotFile } from './snapshot-file.js';
import {
  RecordTooLarge,
  type NodeStorage,
  type StorageEvents,
  type StorageFactory,
  type StorageWrite,
} from './storage.js';

/**
 * The durable state of a node in the files of one directory: `wal-<n>.log`, `checkpoint-<lsn>.log`, `snapshot-<lsn>-<k>.dat`.
 * Files of other names are left alone. Throws a RangeError where an option is impossible.
 * @param firesAt whether a point in the code fires, which only a simulator says.
 */
export function writeAheadLog(
  disk: Disk,
  options: WriteAheadLogOptions = {},
  firesAt: FaultPoints = nothingFires,
): StorageFactory {
  const limits = withDefaults(options);
  return (events) => new WriteAheadLog(disk, limits, events, firesAt);
}

interface SnapshotToWrite {
  readonly file: string;
  readonly ordinal: number;
  readonly payload: Uint8Array;
}

/** Everything that exists once the directory has been recovered. */
interface OpenLog {
  readonly image: DurableImage;
  readonly writer: LogWriter;
  readonly checkpointer: Checkpointer;
}

class WriteAheadLog implements NodeStorage {
  private readonly codec = new RecordCodec();
  private state: 'new' | 'opening' | 'open' | 'failed' = 'new';
  private log: OpenLog | undefined;
  lastLsn: Lsn = 0;
  /** Snapshot files that a later record has replaced, by the LSN of that record, rising. */
  private superseded: { readonly lsn: Lsn; readonly file: string }[] = [];

  constructor(
    private readonly disk: Disk,
    private readonly limits: Limits,
    private readonly events: StorageEvents,
    private readonly firesAt: FaultPoints,
  ) {}

  get durableLsn(): Lsn {
    return this.log?.writer.durableLsn ?? 0;
  }

  open(): void {
    assert(this.state === 'new', 'a storage is opened once');
    this.state = 'opening';
    runDiskScript(this.disk, recover(this.codec, this.limits), (outcome) => {
      if (outcome.ok) return this.begin(outcome.value);
      const { error } = outcome;
      this.fail(error instanceof DamagedStorage ? error.message : `cannot read the storage: ${String(error)}`);
    });
  }

  append(writes: readonly StorageWrite[]): Lsn {
    assert(writes.length > 0, 'a record holds at least one write');
    if (!writes.some((write) => write.kind === 'snapshot'))
      return this.appendRecord(writes as readonly LogWrite[], writes);
    const lsn = this.lastLsn + 1;
    const snapshots: SnapshotToWrite[] = [];
    const logged = writes.map((write, ordinal): LogWrite => {
      if (write.kind !== 'snapshot') return write;
      const { actor, value } = write;
      const file = snapshotName(lsn, ordinal);
      const payload = this.codec.encodePlain([actor, value]);
      const limit = this.limits.maxSnapshotBytes;
      if (payload.length > limit)
        throw new RecordTooLarge(actor, 'a snapshot', payload.length, 'maxSnapshotBytes', limit);
      snapshots.push({ file, ordinal, payload });
      return { kind: 'snapshot', actor, file };
    });
    return this.appendRecord(logged, writes, snapshots);
  }

  appendIncarnation(incarnation: number): Lsn {
    return this.appendRecord([{ kind: 'incarnation', incarnation }], []);
  }

  imageOf(actor: string): Durable | undefined {
    return this.log?.image.durableOf(actor);
  }

  private appendRecord(
    logged: readonly LogWrite[],
    writes: readonly StorageWrite[],
    snapshots: readonly SnapshotToWrite[] = [],
  ): Lsn {
    const { log } = this;
    assert(log !== undefined, 'nothing is appended before the storage has been recovered');
    // The node has been told to stop; until it does, its writes lead nowhere.
    if (this.state === 'failed') return ++this.lastLsn;
    const payload = this.codec.encode(logged);
    const { maxRecordBytes } = this.limits;
    if (payload.length > maxRecordBytes) {
      const first = writes[0];
      throw new RecordTooLarge(
        first?.actor ?? '',
        'the record of a turn',
        payload.length,
        'maxRecordBytes',
        maxRecordBytes,
      );
    }
    const lsn = ++this.lastLsn;
    for (let i = 0; i < logged.length; i++) this.applyToImage(log.image, lsn, logged[i]!, writes[i]);
    log.writer.add(lsn, payload, snapshots.length);
    for (const snapshot of snapshots) this.writeSnapshot(log.writer, lsn, snapshot);
    return lsn;
  }

  private applyToImage(image: DurableImage, lsn: Lsn, logged: LogWrite, write: StorageWrite | undefined): void {
    let value: Plain = null;
    if (logged.kind === 'snapshot') {
      assert(write?.kind === 'snapshot', 'the writes and what is logged of them go in step');
      value = write.value;
      const replaced = image.snapshotFileOf(logged.actor);
      if (replaced !== undefined) this.superseded.push({ lsn, file: replaced });
    }
    const complaint = image.apply(logged, value);
    if (complaint === undefined) return;
    // The image may have taken half of a turn, so nothing that follows could be trusted.
    this.fail(`impossible write: ${complaint}`);
    assert(false, `impossible write: ${complaint}`);
  }

  /** The file is whole and has its name before the record that makes it real is written. */
  private writeSnapshot(writer: LogWriter, lsn: Lsn, { file, ordinal, payload }: SnapshotToWrite): void {
    const bytes = encodeSnapshotFile(lsn, ordinal, payload);
    runDiskScript(this.disk, writeFile(file, bytes), (outcome) => {
      if (this.state === 'failed') return;
      if (outcome.ok) writer.fileDurable(lsn);
      else this.fail(`cannot write the snapshot ${file}: ${String(outcome.error)}`);
    });
  }

  private begin({ image, position, checkpointLsn, logBytes, tornBytes }: Recovery): void {
    const { disk, limits, codec } = this;
    const failed = (reason: string): void => this.fail(reason);
    const { firesAt } = this;
    const writer = new LogWriter(disk, limits, position, { durable: (lsn) => this.onDurable(lsn), failed, firesAt });
    const events = { failed, firesAt };
    const checkpointer = new Checkpointer(disk, limits, codec, writer, checkpointLsn, logBytes, events);
    this.log = { image, writer, checkpointer };
    this.lastLsn = position.lastLsn;
    this.state = 'open';
    const { incarnation } = image;
    this.events.recovered({ actors: image.durables(), lastLsn: position.lastLsn, incarnation, tornBytes });
  }

  private onDurable(lsn: Lsn): void {
    const { log } = this;
    if (log === undefined || this.state === 'failed') return;
    this.removeSuperseded(lsn);
    this.events.durable(lsn);
    if (this.state === 'open') log.checkpointer.advance(log.image, this.lastLsn);
  }

  /** What cannot be removed now is removed by the next recovery. */
  private removeSuperseded(durableLsn: Lsn): void {
    while (this.superseded.length > 0 && this.superseded[0]!.lsn <= durableLsn) {
      runDiskScript(this.disk, remove(this.superseded.shift()!.file), () => undefined);
    }
  }

  private fail(reason: string): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    this.log?.writer.halt();
    this.events.failed(reason);
  }
}

function* writeFile(file: string, bytes: Uint8Array): DiskScript<void> {
  yield* append(file, bytes);
  yield* sync(file);
  yield* syncDirectory();
}
