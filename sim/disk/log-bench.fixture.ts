import type { Plain } from '../../runtime/data.js';
import type { Disk } from '../../runtime/ports.js';
import { writeAheadLog, type WriteAheadLogOptions } from '../../runtime/storage/index.js';
import type { NodeStorage, RecoveredStorage, StorageWrite } from '../../runtime/storage/storage.js';
import { RecordingDisk } from './recording-disk.js';
import type { DiskFaults } from './disk-faults.js';
import { SimulatedDisk } from './simulated-disk.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

type Image = Map<string, Uint8Array>;

/** A log on a disk that begins with `image`, run until nothing is left to do. */
export class LogBench {
  readonly loop = new VirtualLoop();
  readonly disk: SimulatedDisk;
  readonly recording: RecordingDisk;
  readonly storage: NodeStorage;
  readonly durable: number[] = [];
  readonly failures: string[] = [];
  found: RecoveredStorage | undefined;

  constructor({ image = new Map() as Image, log = {} as WriteAheadLogOptions, faults = {} as DiskFaults } = {}) {
    this.disk = new SimulatedDisk({
      node: 'n1',
      nowUs: () => this.loop.nowUs,
      schedule: (delayUs, callback) => this.loop.schedule(delayUs, callback),
      fate: () => 1,
      image,
    });
    this.disk.setFaults(faults);
    this.recording = new RecordingDisk(this.disk);
    this.storage = this.open(this.recording, log);
    this.loop.runUntilIdle();
  }

  open(disk: Disk, log: WriteAheadLogOptions): NodeStorage {
    const storage = writeAheadLog(
      disk,
      log,
    )({
      recovered: (found) => (this.found = found),
      durable: (lsn) => this.durable.push(lsn),
      failed: (reason) => this.failures.push(reason),
    });
    storage.open();
    return storage;
  }

  write(...writes: StorageWrite[]): number {
    const lsn = this.storage.append(writes);
    this.loop.runUntilIdle();
    return lsn;
  }

  image(): Image {
    return new Map(this.disk.snapshotBytes());
  }

  /** How often the disk was asked for something since the events numbered so. */
  asked(op: string, since = 0): number {
    return this.recording.events.slice(since).filter((event) => event.kind === 'called' && event.request.op === op)
      .length;
  }

  cell(actor: string, cell: string): Plain | undefined {
    return this.found?.actors.get(actor)?.cells.get(cell);
  }
}
