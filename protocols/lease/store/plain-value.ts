import type { Plain } from '../../../runtime/data.js';

type Fields = { readonly [key: string]: Plain };

function fieldsOf(value: Plain): Fields | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Array.isArray(value))
    return undefined;
  return value as Fields;
}

/** Whether two pieces of plain data are the same; the order of an object's fields does not count. */
export function plainEqual(left: Plain, right: Plain): boolean {
  if (left === right) return true;
  if (left instanceof Uint8Array || right instanceof Uint8Array) {
    if (!(left instanceof Uint8Array) || !(right instanceof Uint8Array) || left.length !== right.length) return false;
    return left.every((byte, index) => byte === right[index]);
  }
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item: Plain, index) => plainEqual(item, right[index] as Plain));
  }
  const leftFields = fieldsOf(left);
  const rightFields = fieldsOf(right);
  if (leftFields === undefined || rightFields === undefined) return false;
  const names = Object.keys(leftFields);
  if (names.length !== Object.keys(rightFields).length) return false;
  return names.every((name) => {
    const other = rightFields[name];
    return Object.hasOwn(rightFields, name) && other !== undefined && plainEqual(leftFields[name] as Plain, other);
  });
}

/** Sorts values: by their kinds, then numbers, strings (by UTF-16 code units) and bytes among themselves. 0 where neither comes first. */
export function comparePlain(left: Plain, right: Plain): number {
  const kinds = rankOf(left) - rankOf(right);
  if (kinds !== 0) return kinds;
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  const isOrdered = typeof left === 'number' || typeof left === 'string' || typeof left === 'boolean';
  if (!isOrdered || left === right) return 0;
  return left < (right as typeof left) ? -1 : 1;
}

function rankOf(value: Plain): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'number') return 2;
  if (typeof value === 'string') return 3;
  return value instanceof Uint8Array ? 4 : 5;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** About how many bytes a value takes when encoded; what limits are measured by. Never less than one. */
export function plainSizeBytes(value: Plain): number {
  if (typeof value === 'string') return 1 + value.length * 2;
  if (typeof value !== 'object' || value === null) return 9;
  if (value instanceof Uint8Array) return 5 + value.length;
  let size = 5;
  if (Array.isArray(value)) {
    for (const item of value as readonly Plain[]) size += plainSizeBytes(item);
    return size;
  }
  for (const name in value) size += 1 + name.length * 2 + plainSizeBytes((value as Fields)[name] as Plain);
  return size;
}

/** Two 32-bit lanes of multiply-and-mix hashing; a check against accident, not against malice. */
export interface Digest {
  first: number;
  second: number;
}

export function newDigest(): Digest {
  return { first: 0x811c9dc5, second: 0x9e3779b9 };
}

export function digestInteger(digest: Digest, word: number): void {
  digest.first = Math.imul(digest.first ^ word, 0x01000193);
  digest.first ^= digest.first >>> 15;
  digest.second = Math.imul(digest.second + word, 0x85ebca6b);
  digest.second ^= digest.second >>> 13;
}

export function digestText(digest: Digest, text: string): void {
  digestInteger(digest, text.length);
  for (let i = 0; i < text.length; i++) digestInteger(digest, text.charCodeAt(i));
}

/** Adds a piece of plain data; equal data (`plainEqual`) adds equally. */
export function digestPlain(digest: Digest, value: Plain): void {
  if (typeof value === 'string') {
    digestInteger(digest, 1);
    digestText(digest, value);
  } else if (typeof value !== 'object' || value === null) {
    digestInteger(digest, 2);
    digestText(digest, String(value));
  } else if (value instanceof Uint8Array) {
    digestInteger(digest, 3);
    digestInteger(digest, value.length);
    for (const byte of value) digestInteger(digest, byte);
  } else if (Array.isArray(value)) {
    digestInteger(digest, 4);
    digestInteger(digest, value.length);
    for (const item of value as readonly Plain[]) digestPlain(digest, item);
  } else {
    digestInteger(digest, 5);
    const names = Object.keys(value).sort();
    digestInteger(digest, names.length);
    for (const name of names) {
      digestText(digest, name);
      digestPlain(digest, (value as Fields)[name] as Plain);
    }
  }
}

/** 16 hexadecimal digits. */
export function digestHex(digest: Digest): string {
  return hex32(digest.first) + hex32(digest.second);
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** A short fingerprint of one value, for observations that must not carry the value itself. */
export function fingerprintOf(value: Plain): string {
  const digest = newDigest();
  digestPlain(digest, value);
  return digestHex(digest);
}
