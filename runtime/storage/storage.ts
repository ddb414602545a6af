import type { Plain } from '../data.js';
import type { Durable } from '../actor.js';
import type { Lsn } from '../envelope.js';

/** One write of an actor. `value` has been copied; nobody else will change it. */
export type StorageWrite =
  | { readonly kind: 'put'; readonly actor: string; readonly cell: string; readonly value: Plain }
  | { readonly kind: 'delete'; readonly actor: string; readonly cell: string }
  | { readonly kind: 'append'; readonly actor: string; readonly index: number; readonly entry: Plain }
  | { readonly kind: 'truncate'; readonly actor: string; readonly fromIndex: number }
  | { readonly kind: 'compact'; readonly actor: string; readonly uptoIndex: number }
  | { readonly kind: 'snapshot'; readonly actor: string; readonly value: Plain };

/** What was found on the disk of a node. */
export interface RecoveredStorage {
  /** By actor path. */
  readonly actors: ReadonlyMap<string, Durable>;
  readonly lastLsn: Lsn;
  /** The incarnation of the last start, 0 if there was none. */
  readonly incarnation: number;
  /** Bytes of a torn tail that were cut off, for the observation. */
  readonly tornBytes: number;
}

/** A turn writes more than the storage takes. Nothing of it was written, and the storage goes on. */
export class RecordTooLarge extends Error {
  constructor(actor: string, what: string, bytes: number, option: string, limit: number) {
    super(
      `${actor}: ${what} of ${bytes} bytes is above ${option} (${limit}); write less in one turn, or raise the limit`,
    );
    this.name = 'RecordTooLarge';
  }
}

export interface StorageEvents {
  recovered(found: RecoveredStorage): void;
  /** Everything up to `lsn` survives a crash. Called in rising order. */
  durable(lsn: Lsn): void;
  /** A sync failed, or the log is damaged where a crash cannot have damaged it. The node must stop; nothing was lost silently. */
  failed(reason: string): void;
}

/**
 * The durable state of a node: a write-ahead log with one LSN, cells and snapshots that are records of it.
 * `append` returns at once; several records share one sync (group commit).
 */
export interface NodeStorage {
  open(): void;
  /** All writes of a turn as one atomic record; returns its LSN. Throws RecordTooLarge; then nothing has been written. */
  append(writes: readonly StorageWrite[]): Lsn;
  /** A record that this is the node's incarnation from now on; returns its LSN. */
  appendIncarnation(incarnation: number): Lsn;
  /** What an actor has written so far, durable or not yet; undefined if nothing. For the restart of a failed actor. */
  imageOf(actor: string): Durable | undefined;
  readonly durableLsn: Lsn;
  readonly lastLsn: Lsn;
}

export type StorageFactory = (events: StorageEvents) => NodeStorage;
