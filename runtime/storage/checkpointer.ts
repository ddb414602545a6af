import type { Lsn } from '../envelope.js';
import type { Disk } from '../ports.js';
import { encodeCheckpoint } from './checkpoint-file.js';
import { append, remove, rename, runDiskScript, sync, syncDirectory, type DiskScript } from './disk-script.js';
import type { DurableImage } from './durable-image.js';
import type { FaultPoints } from './fault-points.js';
import { checkpointName, segmentName, TEMPORARY_SUFFIX } from './file-names.js';
import type { LogWriter } from './log-writer.js';
import type { Limits } from './options.js';
import type { RecordCodec } from './record-codec.js';

/** A checkpoint that has been written and synced under its temporary name. */
interface Prepared {
  readonly lsn: Lsn;
  readonly bytes: number;
}

/**
 * Puts the image in the place of the log before it, when the log has grown by `checkpointBytes`, and by as much as the last
 * checkpoint was long, so that what is written over and over stays in proportion to what is written.
 *
 * A checkpoint of LSN n is written under a temporary name and synced; when the log is durable up to n, it gets its name; when
 * the name is durable, what lies before n is removed. A crash in between leaves the old state, or the new one and garbage.
 */
export class Checkpointer {
  private state: 'idle' | 'preparing' | 'replacing' = 'idle';
  private prepared: Prepared | undefined;
  private lastCheckpointBytes = 0;
  private appendedBytesAtLast: number;

  constructor(
    private readonly disk: Disk,
    private readonly limits: Limits,
    private readonly codec: RecordCodec,
    private readonly writer: LogWriter,
    /** The last checkpoint that is real, 0 if none. */
    private checkpointLsn: Lsn,
    /** Bytes of log that the last checkpoint does not save. */
    logBytes: number,
    private readonly events: { readonly failed: (reason: string) => void; readonly firesAt: FaultPoints },
  ) {
    this.appendedBytesAtLast = -logBytes;
  }

  /** To be called whenever more is durable. `image` is the state as of `imageLsn`, which may be ahead of that. */
  advance(image: DurableImage, imageLsn: Lsn): void {
    if (this.prepared !== undefined && this.prepared.lsn <= this.writer.durableLsn) return this.replace(this.prepared);
    const grown = this.writer.appendedBytes - this.appendedBytesAtLast;
    if (this.state !== 'idle' || grown <= 0) return;
    const isDue = grown >= Math.max(this.limits.checkpointBytes, this.lastCheckpointBytes);
    if (!isDue && !this.events.firesAt('log.checkpoint-early')) return;
    this.state = 'preparing';
    this.appendedBytesAtLast = this.writer.appendedBytes;
    const chunks = encodeCheckpoint(this.codec, image, imageLsn);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.run(prepare(checkpointName(imageLsn) + TEMPORARY_SUFFIX, chunks), () => {
      this.prepared = { lsn: imageLsn, bytes };
      if (imageLsn <= this.writer.durableLsn) this.replace(this.prepared);
    });
  }

  private replace({ lsn, bytes }: Prepared): void {
    this.prepared = undefined;
    this.state = 'replacing';
    this.run(makeReal(lsn), () => {
      const garbage = this.writer.takeSegmentsUpTo(lsn).map(({ number }) => segmentName(number));
      if (this.checkpointLsn > 0) garbage.push(checkpointName(this.checkpointLsn));
      this.checkpointLsn = lsn;
      this.lastCheckpointBytes = bytes;
      this.run(removeAll(garbage), () => {
        this.state = 'idle';
      });
    });
  }

  private run(script: DiskScript<void>, then: () => void): void {
    runDiskScript(this.disk, script, (outcome) => {
      if (outcome.ok) return then();
      this.events.failed(`cannot write a checkpoint: ${String(outcome.error)}`);
    });
  }
}

function* prepare(file: string, chunks: readonly Uint8Array[]): DiskScript<void> {
  for (const chunk of chunks) yield* append(file, chunk);
  yield* sync(file);
}

function* makeReal(lsn: Lsn): DiskScript<void> {
  const file = checkpointName(lsn);
  yield* rename(file + TEMPORARY_SUFFIX, file);
  yield* syncDirectory();
}

function* removeAll(files: readonly string[]): DiskScript<void> {
  for (const file of files) yield* remove(file);
}
