import {
  isRecordHeader,
  readLsn,
  readRecordHeader,
  RECORD_HEADER_BYTES,
  ZERO_SECTORS_UNKNOWN,
} from './record-header.js';

/** The least that a disk writes at once. Larger sectors are several of these. */
const SECTOR_BYTES = 512;

/** How far the number of a record that is found behind a fault may be from the one that is missing. */
const LSN_WINDOW = 1_048_576;

function sectorEnd(at: number): number {
  return at - (at % SECTOR_BYTES) + SECTOR_BYTES;
}

/** How many bits are set, of which only 0, 1 and "more" matter. */
function weight(bytes: Uint8Array, from: number, to: number): 0 | 1 | 2 {
  let single = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === 0) continue;
    if (single || (byte & (byte - 1)) !== 0) return 2;
    single = true;
  }
  return single ? 1 : 0;
}

/**
 * In how many sectors, after that in which they begin, the bytes of a record are nothing but zeros; ZERO_SECTORS_UNKNOWN where they are
 * many, or where one flipped bit would make them so. The array may begin anywhere in its file: at `arrayOffset`.
 */
export function zeroSectorsOf(bytes: Uint8Array, from: number, to: number, arrayOffset: number): number {
  let count = 0;
  for (let at = sectorEnd(arrayOffset + from) - arrayOffset; at < to; at += SECTOR_BYTES) {
    const ones = weight(bytes, at, Math.min(at + SECTOR_BYTES, to));
    if (ones === 1) return ZERO_SECTORS_UNKNOWN;
    if (ones === 0) count++;
  }
  return Math.min(count, ZERO_SECTORS_UNKNOWN);
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  return weight(bytes, from, Math.min(to, bytes.length)) === 0;
}

/**
 * Whether a record whose header cannot be read has lost the sector that it begins in, or the next if its header goes on there: neither its
 * first byte nor the first of its payload is ever zero.
 */
export function hasLostHeader(bytes: Uint8Array, at: number): boolean {
  const end = sectorEnd(at);
  if (isZero(bytes, at, end)) return true;
  return end < at + RECORD_HEADER_BYTES && isZero(bytes, end, end + SECTOR_BYTES);
}

/** Whether a record with a right header and a wrong checksum has lost a sector: it has more zeros than it was written with. */
export function hasLostSector(bytes: Uint8Array, at: number, end: number): boolean {
  const { zeroSectors } = readRecordHeader(bytes, at);
  return zeroSectors !== ZERO_SECTORS_UNKNOWN && countZeroSectors(bytes, at, end) > zeroSectors;
}

function countZeroSectors(bytes: Uint8Array, at: number, end: number): number {
  let count = 0;
  for (let from = sectorEnd(at); from < end; from += SECTOR_BYTES) {
    if (weight(bytes, from, Math.min(from + SECTOR_BYTES, end)) === 0) count++;
  }
  return count;
}

/** Whether a later record was written when the one of this LSN was durable: then no crash has taken it. */
export function isKnownDurable(bytes: Uint8Array, from: number, lsn: number): boolean {
  for (let at = from; at + RECORD_HEADER_BYTES <= bytes.length; at++) {
    const found = readLsn(bytes, at);
    if (found <= lsn || found > lsn + LSN_WINDOW || !isRecordHeader(bytes, at)) continue;
    if (readRecordHeader(bytes, at).durableLsn >= lsn) return true;
  }
  return false;
}
