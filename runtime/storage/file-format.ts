import { assert } from '../assert.js';
import { crc32c } from './crc32c.js';

/**
 * What the files of the storage are made of: a header, then records. All integers are little-endian.
 *
 * header  0 magic `ORRERY`, kind, line feed · 8 u32 format version · 12 u32 number · 16 u64 first LSN · 24 u32 CRC-32C of 0..23
 * record  0 u32 payload length · 4 u64 LSN · 12 u32 CRC-32C of 0..11 · 16 payload · u32 CRC-32C of header and payload
 *
 * A record's header has a checksum of its own, so that its length can be believed before its payload is looked at. That is
 * what tells a torn tail from damage. A crash leaves a prefix of what was appended, perhaps followed by zeros where the
 * length of the file reached the disk before its bytes: so the last record is cut short, or runs into zeros. A record that is
 * whole and has a wrong checksum was changed after it was written, even if it is the last.
 */
export const FORMAT_VERSION = 1;
export const FILE_HEADER_BYTES = 28;
export const RECORD_HEADER_BYTES = 16;
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

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function getUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
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

/** Writes a record at `at`; returns where it ends. */
export function putRecord(bytes: Uint8Array, at: number, lsn: number, payload: Uint8Array): number {
  putUint32(bytes, at, payload.length);
  putLsn(bytes, at + 4, lsn);
  const headerCrc = crc32c(bytes, at, at + 12);
  putUint32(bytes, at + 12, headerCrc);
  const start = at + RECORD_HEADER_BYTES;
  bytes.set(payload, start);
  const end = start + payload.length;
  putUint32(bytes, end, crc32c(bytes, start, end, headerCrc));
  return end + 4;
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

function damaged(offset: number, what: string): FormatFault {
  return { kind: 'damaged', offset, what };
}

/** The header of a file, or what is wrong with it. `file` was found under the kind and number expected. */
export function readFileHeader(bytes: Uint8Array, kind: FileKind, number: number): FileHeader | FormatFault {
  const written = zeroTailStart(bytes);
  if (written < FILE_HEADER_BYTES) return { kind: 'torn', offset: 0, what: 'the file header is cut short' };
  if (getUint32(bytes, 24) !== crc32c(bytes, 0, 24)) return damaged(0, 'wrong checksum of the file header');
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
    const length = getUint32(bytes, end);
    const complaint = visit(nextLsn, bytes.subarray(start, start + length));
    if (complaint !== undefined) return { end, nextLsn, fault: damaged(end, complaint) };
    end = start + length + 4;
    nextLsn++;
  }
  return { end, nextLsn, fault: undefined };
}

function findRecordFault(bytes: Uint8Array, at: number, lsn: number, maxRecordBytes: number): FormatFault | undefined {
  const start = at + RECORD_HEADER_BYTES;
  if (start > bytes.length) return { kind: 'torn', offset: at, what: 'the record header is cut short' };
  const headerCrc = getUint32(bytes, at + 12);
  if (headerCrc !== crc32c(bytes, at, at + 12)) {
    if (zeroTailStart(bytes) < start) return { kind: 'torn', offset: at, what: 'the record header runs into zeros' };
    return damaged(at, 'wrong checksum of a record header');
  }
  const length = getUint32(bytes, at);
  if (length > maxRecordBytes) {
    return damaged(at, `a record of ${length} bytes, above maxRecordBytes (${maxRecordBytes})`);
  }
  const found = getLsn(bytes, at + 4);
  if (found !== lsn) return damaged(at, `LSN ${found} stands where LSN ${lsn} must`);
  const end = start + length;
  if (end + 4 > bytes.length) return { kind: 'torn', offset: at, what: 'the record is cut short' };
  if (getUint32(bytes, end) !== crc32c(bytes, start, end, headerCrc)) {
    if (zeroTailStart(bytes) < end + 4) return { kind: 'torn', offset: at, what: 'the record runs into zeros' };
    return damaged(at, 'wrong checksum of a record');
  }
  return undefined;
}
