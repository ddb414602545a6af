/** A range of bytes of a file. */
export interface ByteRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** The unsynced part of each sector of a file that keeps `length` bytes: what a crash may lose one by one. */
export function unsyncedSectors(syncedLength: number, length: number, sectorBytes: number): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let from = syncedLength; from < length;) {
    const to = Math.min(from - (from % sectorBytes) + sectorBytes, length);
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}
