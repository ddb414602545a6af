import { assert } from '../assert.js';
import { crc32c } from './crc32c.js';

/**
 * The header of a record, 16 bytes, little-endian:
 *
 * 0 u16 stamp · 2 u32 payload length · 6 u48 LSN · 12 u32 CRC-32C of 0..11
 *
 * The stamp says what tells a torn write from damage: bits 0, 1 are set, so that no record begins with zeros, nor with what one flipped bit
 * makes of them; bits 2, 3 count the sectors in which the record has nothing but zeros (3: not known); bits 4..15 say how many records stand
 * between this one and the last of those that were durable when it was written.
 */
export const RECORD_HEADER_BYTES = 16;

/** A batch holds no more records than the stamp can count. */
export const RECORDS_PER_BATCH_MAX = 4096;

/** The count of sectors of zeros where it cannot be told. */
export const ZERO_SECTORS_UNKNOWN = 3;

const LSN_MAX = 0xffff_ffff_ffff;
const ALWAYS_SET = 3;

export interface RecordHeader {
  readonly length: number;
  readonly lsn: number;
  /** Everything up to here was durable when the record was written. */
  readonly durableLsn: number;
  readonly zeroSectors: number;
}

export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function getUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function getUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Returns the checksum of the header. */
export function putRecordHeader(bytes: Uint8Array, at: number, header: RecordHeader): number {
  const { lsn, durableLsn, zeroSectors, length } = header;
  const distance = lsn - 1 - durableLsn;
  assert(distance >= 0 && distance < RECORDS_PER_BATCH_MAX, `record ${lsn} is too far from ${durableLsn}`);
  assert(lsn <= LSN_MAX, `LSN ${lsn} is above all that a log can hold`);
  const stamp = ALWAYS_SET | (zeroSectors << 2) | (distance << 4);
  bytes[at] = stamp;
  bytes[at + 1] = stamp >>> 8;
  putUint32(bytes, at + 2, length);
  putUint32(bytes, at + 6, lsn >>> 0);
  const high = Math.floor(lsn / 0x1_0000_0000);
  bytes[at + 10] = high;
  bytes[at + 11] = high >>> 8;
  const checksum = crc32c(bytes, at, at + 12);
  putUint32(bytes, at + 12, checksum);
  return checksum;
}

export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & ALWAYS_SET) === ALWAYS_SET && getUint32(bytes, at + 12) === crc32c(bytes, at, at + 12);
}

export function readLsn(bytes: Uint8Array, at: number): number {
  return getUint32(bytes, at + 6) + getUint16(bytes, at + 10) * 0x1_0000_0000;
}

/** Of bytes that are a record header. */
export function readRecordHeader(bytes: Uint8Array, at: number): RecordHeader {
  const stamp = getUint16(bytes, at);
  const lsn = readLsn(bytes, at);
  return { length: getUint32(bytes, at + 2), lsn, durableLsn: lsn - 1 - (stamp >>> 4), zeroSectors: (stamp >>> 2) & 3 };
}
