import type { Plain } from '../../../runtime/data.js';

/**
 * A running digest of plain data: two 32-bit lanes, of which 53 bits are given out, so that a digest is itself plain data.
 * It tells apart what differs by a bug; it does not withstand somebody who looks for collisions.
 */
export class Digest {
  /** Estimate of the encoded size of what went in. */
  bytes = 0;
  private low: number;
  private high: number;

  constructor(seed = 0) {
    this.low = (0x811c9dc5 ^ seed) | 0;
    this.high = (0x9747b28c ^ Math.floor(seed / 0x1_0000_0000)) | 0;
  }

  /** Adds an integer of at most 53 bits. */
  integer(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 0x1_0000_0000) | 0);
    this.bytes += 8;
  }

  text(value: string): void {
    const { length } = value;
    this.word(length);
    let { low, high } = this;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      low = Math.imul(low ^ unit, 0x01000193) ^ (high >>> 15);
      high = Math.imul(high ^ unit, 0x5bd1e995) ^ (low >>> 13);
    }
    this.low = low;
    this.high = high;
    this.bytes += length + 2;
  }

  /** Adds plain data; the order of an object's keys counts, as it does in its encoding. */
  plain(value: Plain): void {
    if (value === null) this.mark(1);
    else if (typeof value === 'string') {
      this.word(2);
      this.text(value);
    } else if (typeof value === 'number') this.number(value);
    else if (typeof value === 'boolean') this.mark(value ? 4 : 5);
    else this.composite(value);
  }

  /** The digest so far: an integer of 0 .. 2^53-1. */
  value(): number {
    return (this.high & 0x1f_ffff) * 0x1_0000_0000 + (this.low >>> 0);
  }

  private composite(value: Exclude<Plain, null | string | number | boolean>): void {
    if (value instanceof Uint8Array) {
      this.mark(6);
      this.word(value.length);
      this.octets(value);
    } else if (Array.isArray(value)) {
      this.mark(7);
      this.word(value.length);
      for (const item of value as readonly Plain[]) this.plain(item);
    } else {
      this.mark(8);
      const fields = value as { readonly [key: string]: Plain };
      for (const key in fields) {
        this.text(key);
        this.plain(fields[key] ?? null);
      }
      this.word(9);
    }
  }

  /** As `word` of each byte, with the lanes in hand, as in `text`: nearly all that is digested is one or the other. */
  private octets(bytes: Uint8Array): void {
    let { low, high } = this;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      low = Math.imul(low ^ byte, 0x01000193) ^ (high >>> 15);
      high = Math.imul(high ^ byte, 0x5bd1e995) ^ (low >>> 13);
    }
    this.low = low;
    this.high = high;
    this.bytes += bytes.length;
  }

  private number(value: number): void {
    this.word(3);
    if (Number.isSafeInteger(value)) this.integer(value);
    else this.text(String(value));
  }

  private mark(kind: number): void {
    this.word(kind);
    this.bytes += 1;
  }

  private word(value: number): void {
    this.low = Math.imul(this.low ^ value, 0x01000193) ^ (this.high >>> 15);
    this.high = Math.imul(this.high ^ value, 0x5bd1e995) ^ (this.low >>> 13);
  }
}
