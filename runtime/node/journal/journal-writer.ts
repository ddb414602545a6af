import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ObservedRecord } from '../../observation.js';
import { makeDirectory, syncDirectory } from '../durable-directory.js';
import { CURRENT_FILE, nextNumberedFile, numberedFiles, repairTail, type JournalTail } from './journal-files.js';
import { encodeHeader, encodeRecord } from './journal-format.js';

export interface JournalOptions {
  readonly directory: string;
  readonly node: string;
  readonly zoneDataVersion: string;
  /** A file longer than this is set aside; the oldest beyond `maxFiles` are removed. */
  readonly maxFileBytes?: number;
  readonly maxFiles?: number;
  /** Writing failed: what was observed last may not be durable, and the node must stop. */
  failed(reason: string): void;
}

interface Waiting {
  readonly upTo: number;
  run(): void;
}

/**
 * Writes what a node observes, one JSON line each. A record is handed to the operating system at once, so that it survives
 * the death of the process; `afterDurable` holds back what depends on it until it survives the death of the machine too.
 * Many records share one sync, as many waiting outputs as there are.
 */
export class ObservationJournal {
  /** How earlier lives ended: a new one begins with their Lamport clock and step, so that the order of both is known. */
  readonly tail: JournalTail;
  #fd: number;
  #size: number;
  #incarnation = 0;
  #written = 0;
  #synced = 0;
  #isSyncing = false;
  #waiting: Waiting[] = [];
  #state: 'open' | 'failed' | 'closed' = 'open';

  /** Throws JournalError where a line of the file that is being written is damaged. */
  constructor(private readonly options: JournalOptions) {
    makeDirectory(options.directory);
    this.tail = this.#repair();
    this.#fd = openSync(this.#file, 'a');
    syncDirectory(options.directory);
    this.#size = fstatSync(this.#fd).size;
  }

  record(record: ObservedRecord): void {
    if (this.#state !== 'open') return;
    if (this.#size > (this.options.maxFileBytes ?? 64 * 1024 * 1024)) this.#setAside();
    if (record.incarnation !== this.#incarnation) this.#writeHeader(record.incarnation);
    this.#write(encodeRecord(record));
  }

  /** Runs `output` when all that was recorded so far is durable: now, or after a sync. The order of calls is kept. */
  afterDurable(output: () => void): void {
    if (this.#state !== 'open') return;
    if (this.#waiting.length === 0 && this.#synced === this.#written) return output();
    this.#waiting.push({ upTo: this.#written, run: output });
    this.#sync();
  }

  /** Makes the rest durable and lets what waits for it out. */
  close(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') {
      this.#attempt(() => fdatasyncSync(this.#fd));
      this.#release(this.#written);
    }
    this.#state = 'closed';
    this.#waiting = [];
    if (!this.#isSyncing) closeSync(this.#fd);
  }

  get #file(): string {
    return join(this.options.directory, CURRENT_FILE);
  }

  #repair(): JournalTail {
    const tail = repairTail(this.#file);
    const setAside = numberedFiles(this.options.directory).at(-1);
    if (tail.lamport > 0 || setAside === undefined) return tail;
    const { tornBytes, incarnation } = tail;
    const before = repairTail(join(this.options.directory, setAside));
    return { ...before, tornBytes, incarnation: Math.max(incarnation, before.incarnation) };
  }

  #writeHeader(incarnation: number): void {
    this.#incarnation = incarnation;
    const { node, zoneDataVersion } = this.options;
    this.#write(encodeHeader({ node, incarnation, zoneDataVersion, startedWallMs: Date.now() }));
  }

  #write(line: string): void {
    this.#attempt(() => {
      const bytes = Buffer.from(line);
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
      this.#size += bytes.length;
      this.#written++;
    });
  }

  #sync(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const upTo = this.#written;
    const fd = this.#fd;
    fdatasync(fd, (error) => {
      this.#isSyncing = false;
      if (this.#state === 'closed' || fd !== this.#fd) closeSync(fd);
      if (this.#state === 'closed') return;
      if (error !== null) return this.#fail(error);
      this.#release(upTo);
      if (this.#waiting.length > 0) this.#sync();
    });
  }

  #release(upTo: number): void {
    this.#synced = Math.max(this.#synced, upTo);
    // An output may record and wait anew: it then stands behind those that wait already.
    for (let first = this.#waiting[0]; first !== undefined && first.upTo <= this.#synced; first = this.#waiting[0]) {
      this.#waiting.shift();
      first.run();
    }
  }

  #setAside(): void {
    this.#attempt(() => {
      fdatasyncSync(this.#fd);
      const { directory } = this.options;
      renameSync(this.#file, join(directory, nextNumberedFile(directory)));
      // A sync that is under way closes its file itself.
      if (!this.#isSyncing) closeSync(this.#fd);
      this.#fd = openSync(this.#file, 'a');
      syncDirectory(directory);
      this.#size = 0;
      for (const old of numberedFiles(directory).slice(0, -(this.options.maxFiles ?? 16)))
        unlinkSync(join(directory, old));
    });
    if (this.#state === 'open') this.#writeHeader(this.#incarnation);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    this.#waiting = [];
    this.options.failed(`cannot write ${this.#file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
