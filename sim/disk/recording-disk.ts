import type { Disk, DiskDone } from '../../runtime/ports.js';
import type { DiskRequest } from '../../runtime/storage/disk-script.js';

/** What happened on a disk, as its user saw it. */
export type DiskEvent =
  /** The bytes are a copy. */
  | { readonly kind: 'called'; readonly call: number; readonly request: DiskRequest }
  | { readonly kind: 'completed'; readonly call: number; readonly failed: boolean }
  /** The user of the disk promised somebody that everything up to here survives. */
  | { readonly kind: 'promised'; readonly mark: number };

/** Passes everything on to another disk, and keeps a record of the calls and of when they were told done. */
export class RecordingDisk implements Disk {
  readonly events: DiskEvent[] = [];
  /** Calls that have not been told done. */
  openCalls = 0;
  private calls = 0;

  constructor(private readonly disk: Disk) {}

  promise(mark: number): void {
    this.events.push({ kind: 'promised', mark });
  }

  list(done: DiskDone<readonly string[]>): void {
    this.disk.list(this.record({ op: 'list' }, done));
  }
  read(file: string, done: DiskDone<Uint8Array>): void {
    this.disk.read(file, this.record({ op: 'read', file }, done));
  }
  length(file: string, done: DiskDone<number>): void {
    this.disk.length(file, this.record({ op: 'length', file }, done));
  }
  append(file: string, bytes: Uint8Array, done: DiskDone): void {
    this.disk.append(file, bytes, this.record({ op: 'append', file, bytes: bytes.slice() }, done));
  }
  sync(file: string, done: DiskDone): void {
    this.disk.sync(file, this.record({ op: 'sync', file }, done));
  }
  rename(from: string, to: string, done: DiskDone): void {
    this.disk.rename(from, to, this.record({ op: 'rename', from, to }, done));
  }
  remove(file: string, done: DiskDone): void {
    this.disk.remove(file, this.record({ op: 'remove', file }, done));
  }
  syncDirectory(done: DiskDone): void {
    this.disk.syncDirectory(this.record({ op: 'syncDirectory' }, done));
  }

  private record<T>(request: DiskRequest, done: DiskDone<T>): DiskDone<T> {
    const call = this.calls++;
    this.openCalls++;
    this.events.push({ kind: 'called', call, request });
    return (error, value) => {
      this.openCalls--;
      this.events.push({ kind: 'completed', call, failed: error !== undefined });
      done(error, value);
    };
  }
}
