/** How often a fault of single operations strikes: a share of them, the first few only where `most` is given. */
export interface StrikeRule {
  readonly ppm: number;
  readonly most?: number;
  /** Bytes of a sector, for what concerns whole sectors. Default 512. */
  readonly sectorBytes?: number;
}

/** A share of the appends does not land where it should, and is acknowledged all the same; a share of the reads is not what is there. */
export interface DiskStrikes {
  /** The bytes land over others: at another place of the same file, or in another file. */
  readonly misdirects?: StrikeRule;
  /** The bytes are nowhere. */
  readonly phantoms?: StrikeRule;
  /** Fewer bytes are read than the file has, without an error. */
  readonly shortReads?: StrikeRule;
  /** One bit of what is read is wrong; what is on the disk is not. */
  readonly corruptReads?: StrikeRule;
}

/** What a loss of power leaves of what was not synced, where that is not drawn as usual. */
export interface CrashBias {
  /** Of the bytes: nothing, everything, or some but not all of what a file has. */
  readonly bytes?: 'none' | 'all' | 'part';
  /** Of the names: no unsynced creation, rename or removal, or all of them. */
  readonly names?: 'none' | 'all';
  /** Each unsynced sector of this size reaches the disk or does not, whatever becomes of those before it; one that does not reads as zeros. */
  readonly sectorBytes?: number;
}

/** What rots at once, in bytes that were synced, and is not told. */
export interface Rot {
  readonly what: 'bit' | 'sector';
  readonly count: number;
  readonly sectorBytes: number;
}

/** What is wrong with a disk just now. */
export interface DiskFaults extends DiskStrikes {
  /** Syncs fail, and what they should have written never will be, even if a later sync says that it was. */
  readonly syncFails?: boolean;
  /** The same of syncs of the directory alone. */
  readonly directorySyncFails?: boolean;
  /**
   * Syncs of files and of the directory say that all is written, and write nothing. `later`: a sync that tells the truth makes up for it;
   * `never`: what they should have written never will be.
   */
  readonly syncLies?: 'later' | 'never';
  /** Appends fail after some prefix of their bytes. */
  readonly full?: boolean;
  readonly readFails?: boolean;
  /** No operation completes until this ends; then all that wait do, in their order. */
  readonly stalled?: boolean;
  /** Added to the latency of every operation. */
  readonly extraLatencyUs?: number;
  readonly crashBias?: CrashBias;
}
