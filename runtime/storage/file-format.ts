import { assert } from '../assert.js';
import { crc32c } from './crc32c.js';
import { hasLostHeader, hasLostSector, isKnownDurable, zeroSectorsOf } from './lost-sectors.js';
import {
  getUint32,
  isRecordHeader,
  putRecordHeader,
  putUint32,
  readRecordHeader,
  RECORD_HEADER_BYTES,
  ZERO_SECTORS_UNKNOWN,
} from './record-header.js';

/**
 * What the files of the storage are made of: a header, then records. All integers are little-endian.
 *
 * header  0 magic `ORRERY`, kind, line feed · 8 u32 format version · 12 u32 number · 16 u64 first LSN · 24 u32 CRC-32C of 0..23
 * record  16 bytes of header (see record-header.ts) · payload, which does not begin with zero · u32 CRC-32C of header and payload
 *
 * A record's header has a checksum of its own, so that its length can be believed before its payload is looked at. That is
 * what tells a torn tail from damage. A crash leaves a prefix of what was appended, perhaps followed by zeros where the
 * length of the file reached the disk before its bytes: so the last record is cut short, or runs into zeros. Or it leaves some of the
 * sectors, and zeros in place of the others: so a record of the last batch has more sectors of zeros than it was written with, and no later
 * one knows of it as durable. A record that is whole and has a wrong checksum was changed after it was written, even if it is the last.
 */
export const FORMAT_VERSION = 2;
export const FILE_HEADER_BYTES = 28;
export const RECORD_OVERHEAD_BYTES = 20;

/** A run of zeros at the end of a file counts as never written from this length on: a sector. */
const ZERO_TAIL_BYTES_MIN = 512;

export type FileKind = 'log' | 'checkpoint' | 'snapshot';

const KIND_LETTERS: Readonly<Record<FileKind, string>> = Object.freeze({ log: 'L', checkpoint: 'C', snapshot: 'S' });

export interface FileHeader {
  readonly kind: FileKind;
  /** The number of a log segment; 0 for other files. */
  readonly number: number;
  /** Of a segment: the LSN of its first record. Of other files: the LSN that they belong to. */
  readonly firstLsn: number;
}

function putLsn(bytes: Uint8Array, at: number, lsn: number): void {
  putUint32(bytes, at, lsn >>> 0);
  putUint32(bytes, at + 4, Math.floor(lsn / 0x1_0000_0000));
}

function getLsn(bytes: Uint8Array, at: number): number {
  return getUint32(bytes, at) + getUint32(bytes, at + 4) * 0x1_0000_0000;
}

/** Writes a file header at `at`; returns where it ends. */
export function putFileHeader(bytes: Uint8Array, at: number, header: FileHeader): number {
  const magic = `ORRERY${KIND_LETTERS[header.kind]}\n`;
  for (let i = 0; i < 8; i++) bytes[at + i] = magic.charCodeAt(i);
  putUint32(bytes, at + 8, FORMAT_VERSION);
  putUint32(bytes, at + 12, header.number);
  putLsn(bytes, at + 16, header.firstLsn);
  putUint32(bytes, at + 24, crc32c(bytes, at, at + 24));
  return at + FILE_HEADER_BYTES;
}

/** What a record says of its surroundings. Default: it stands in the array as in its file, and all before it is durable. */
export interface RecordPlace {
  /** Where the array begins in the file. */
  readonly arrayOffset: number;
  readonly durableLsn: number;
}

/** Writes a record at `at`; returns where it ends. */
export function putRecord(
  bytes: Uint8Array,
  at: number,
  lsn: number,
  payload: Uint8Array,
  { arrayOffset, durableLsn }: RecordPlace = { arrayOffset: 0, durableLsn: lsn - 1 },
): number {
  const start = at + RECORD_HEADER_BYTES;
  bytes.set(payload, start);
  const payloadEnd = start + payload.length;
  const end = payloadEnd + 4;
  const close = (zeroSectors: number): void => {
    const headerCrc = putRecordHeader(bytes, at, { lsn, durableLsn, zeroSectors, length: payload.length });
    putUint32(bytes, payloadEnd, crc32c(bytes, start, payloadEnd, headerCrc));
  };
  // Nearly all records have no sector of zeros. The checksum at the end depends on the count, and may itself fill a sector.
  close(0);
  const zeroSectors = zeroSectorsOf(bytes, at, end, arrayOffset);
  if (zeroSectors === 0) return end;
  close(zeroSectors);
  if (zeroSectorsOf(bytes, at, end, arrayOffset) !== zeroSectors) close(ZERO_SECTORS_UNKNOWN);
  return end;
}

/** Bytes that cannot be used. `torn`: a crash can have left them so. `damaged`: only something else can. */
export interface FormatFault {
  readonly kind: 'torn' | 'damaged';
  readonly offset: number;
  readonly what: string;
}

/** Where the zeros begin that end the file, or its length where they are too few to mean anything. */
function zeroTailStart(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === 0) start--;
  return bytes.length - start >= ZERO_TAIL_BYTES_MIN ? start : bytes.length;
}

function torn(offset: number, what: string): FormatFault {
  return { kind: 'torn', offset, what };
}

function damaged(offset: number, what: string): FormatFault {
  return { kind: 'damaged', offset, what };
}

/** The header of a file, or what is wrong with it. `file` was found under the kind and number expected. */
export function readFileHeader(bytes: Uint8Array, kind: FileKind, number: number): FileHeader | FormatFault {
  const written = zeroTailStart(bytes);
  if (written < FILE_HEADER_BYTES) return torn(0, 'the file header is cut short');
  if (getUint32(bytes, 24) !== crc32c(bytes, 0, 24)) {
    if (hasLostHeader(bytes, 0)) return torn(0, 'the sector of the file header was never written');
    return damaged(0, 'wrong checksum of the file header');
  }
  const magic = `ORRERY${KIND_LETTERS[kind]}\n`;
  for (let i = 0; i < 8; i++) if (bytes[i] !== magic.charCodeAt(i)) return damaged(i, `not a ${kind} file of Orrery`);
  const version = getUint32(bytes, 8);
  if (version !== FORMAT_VERSION) {
    return damaged(8, `written in format version ${version}, and this build reads ${FORMAT_VERSION} only`);
  }
  const found = getUint32(bytes, 12);
  if (found !== number) return damaged(12, `the header says number ${found}: this is another file under a wrong name`);
  return { kind, number, firstLsn: getLsn(bytes, 16) };
}

export function isFormatFault(value: FileHeader | FormatFault): value is FormatFault {
  return 'offset' in value;
}

export interface RecordScan {
  /** Where the last usable record ends. */
  readonly end: number;
  /** The LSN that the next record would have. */
  readonly nextLsn: number;
  readonly fault: FormatFault | undefined;
}

/**
 * Visits the records behind a file header as long as they are whole, right and consecutive. `payload` is a view.
 * `visit` may find what a payload holds impossible, and say so; that is damage.
 */
export function scanRecords(
  bytes: Uint8Array,
  firstLsn: number,
  maxRecordBytes: number,
  visit: (lsn: number, payload: Uint8Array) => string | undefined,
): RecordScan {
  let end = FILE_HEADER_BYTES;
  let nextLsn = firstLsn;
  assert(bytes.length >= end, 'the header was read');
  while (end < bytes.length) {
    const fault = findRecordFault(bytes, end, nextLsn, maxRecordBytes);
    if (fault !== undefined) return { end, nextLsn, fault };
    const start = end + RECORD_HEADER_BYTES;
    const { length } = readRecordHeader(bytes, end);
    const complaint = visit(nextLsn, bytes.subarray(start, start + length));
    if (complaint !== undefined) return { end, nextLsn, fault: damaged(end, complaint) };
    end = start + length + 4;
    nextLsn++;
  }
  return { end, nextLsn, fault: undefined };
}

function findRecordFault(bytes: Uint8Array, at: number, lsn: number, maxRecordBytes: number): FormatFault | undefined {
  const start = at + RECORD_HEADER_BYTES;
  if (start > bytes.length) return torn(at, 'the record header is cut short');
  if (!isRecordHeader(bytes, at)) {
    if (zeroTailStart(bytes) < start) return torn(at, 'the record header runs into zeros');
    if (isLostWrite(bytes, at, lsn, hasLostHeader(bytes, at)))
      return torn(at, 'a sector of the record header was never written');
    return damaged(at, 'wrong checksum of a record header');
  }
  const { length, lsn: found } = readRecordHeader(bytes, at);
  if (length > maxRecordBytes) {
    return damaged(at, `a record of ${length} bytes, above maxRecordBytes (${maxRecordBytes})`);
  }
  if (found !== lsn) return damaged(at, `LSN ${found} stands where LSN ${lsn} must`);
  const end = start + length;
  if (end + 4 > bytes.length) return torn(at, 'the record is cut short');
  if (getUint32(bytes, end) !== crc32c(bytes, start, end, getUint32(bytes, at + 12))) {
    if (zeroTailStart(bytes) < end + 4) return torn(at, 'the record runs into zeros');
    if (isLostWrite(bytes, at, lsn, hasLostSector(bytes, at, end + 4)))
      return torn(at, 'a sector of the record was never written');
    return damaged(at, 'wrong checksum of a record');
  }
  return undefined;
}

/** What has lost a sector was never acknowledged, unless what was written later says that it was. */
function isLostWrite(bytes: Uint8Array, at: number, lsn: number, hasLost: boolean): boolean {
  return hasLost && !isKnownDurable(bytes, at + 1, lsn);
}
