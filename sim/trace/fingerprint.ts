import { assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import { finishHash } from '../fate.js';

/**
 * What each node of a group did, as a chain of two 32-bit lanes that are mixed into each other, so that a difference
 * anywhere stays visible to the end: one lane alone would collide after some 2^16 runs.
 */
export class FingerprintChains {
  private readonly first: Int32Array;
  private readonly second: Int32Array;
  private readonly float = new Float64Array(1);
  private readonly floatWords = new Int32Array(this.float.buffer);

  constructor(nodeCount: number) {
    this.first = new Int32Array(nodeCount).fill(0x243f6a88);
    this.second = new Int32Array(nodeCount).fill(0x13198a2e);
  }

  /** `text` and `bytes` do the same word by word, with the lanes in hand: they have most of what is chained. */
  word(node: number, word: number): void {
    const { first, second } = this;
    const a = Math.imul(first[node]! ^ word, 0x9e3779b1);
    const b = Math.imul((second[node]! + word) ^ (a >>> 15), 0x85ebca77);
    first[node] = ((a << 13) | (a >>> 19)) + b;
    second[node] = b ^ (b >>> 16);
  }

  /** A non-negative integer below 2^53, such as a time in microseconds. */
  integer(node: number, value: number): void {
    this.word(node, value | 0);
    this.word(node, (value / 0x1_0000_0000) | 0);
  }

  number(node: number, value: number): void {
    if ((value | 0) === value) {
      this.word(node, value);
      return;
    }
    this.float[0] = value;
    this.word(node, this.floatWords[0]!);
    this.word(node, this.floatWords[1]! ^ 0x5bd1e995);
  }

  text(node: number, text: string): void {
    const { length } = text;
    this.word(node, length ^ 0x7e57);
    let a = this.first[node]!;
    let b = this.second[node]!;
    for (let i = 0; i < length; i += 2) {
      const unit = text.charCodeAt(i);
      const word = i + 1 < length ? (unit << 16) | text.charCodeAt(i + 1) : unit;
      const mixed = Math.imul(a ^ word, 0x9e3779b1);
      const other = Math.imul((b + word) ^ (mixed >>> 15), 0x85ebca77);
      a = (((mixed << 13) | (mixed >>> 19)) + other) | 0;
      b = other ^ (other >>> 16);
    }
    this.first[node] = a;
    this.second[node] = b;
  }

  bytes(node: number, bytes: Uint8Array): void {
    const { length } = bytes;
    this.word(node, length ^ 0xb17e5);
    let a = this.first[node]!;
    let b = this.second[node]!;
    const whole = length - (length % 4);
    for (let i = 0; i < length; i += i < whole ? 4 : 1) {
      const word =
        i < whole
          ? bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
          : bytes[i]! ^ 0x100;
      const mixed = Math.imul(a ^ word, 0x9e3779b1);
      const other = Math.imul((b + word) ^ (mixed >>> 15), 0x85ebca77);
      a = (((mixed << 13) | (mixed >>> 19)) + other) | 0;
      b = other ^ (other >>> 16);
    }
    this.first[node] = a;
    this.second[node] = b;
  }

  /** Every field of a plain value, with a mark for each kind, so that `1` and `"1"`, or `[[1]]` and `[1]`, differ. */
  plain(node: number, value: Plain | undefined, depthLeft = 64): void {
    assert(depthLeft > 0, 'plain data is nested more than 64 deep');
    switch (typeof value) {
      case 'number':
        this.word(node, 1);
        return this.number(node, value);
      case 'string':
        return this.text(node, value);
      case 'boolean':
        return this.word(node, value ? 3 : 2);
      case 'object':
        return this.structure(node, value, depthLeft);
      default:
        return this.word(node, 4);
    }
  }

  private structure(node: number, value: Plain & (object | null), depthLeft: number): void {
    if (value === null) return this.word(node, 5);
    if (value instanceof Uint8Array) return this.bytes(node, value);
    if (Array.isArray(value)) {
      this.word(node, 6);
      this.word(node, value.length);
      for (const item of value as readonly Plain[]) this.plain(node, item, depthLeft - 1);
      return;
    }
    const object = value as Readonly<Record<string, Plain>>;
    this.word(node, 7);
    for (const key in object) {
      this.text(node, key);
      this.plain(node, object[key], depthLeft - 1);
    }
    this.word(node, 8);
  }

  /** The two lanes of a node. */
  lanesOf(node: number): readonly [number, number] {
    return [this.first[node]!, this.second[node]!];
  }
}

/** Folds the lanes of all nodes, in node order, into 16 hexadecimal digits. */
export function foldFingerprint(lanes: readonly (readonly [number, number])[]): string {
  const chains = new FingerprintChains(1);
  for (const [first, second] of lanes) {
    chains.word(0, first);
    chains.word(0, second);
  }
  const [first, second] = chains.lanesOf(0);
  const high = finishHash(first ^ Math.imul(second, 0x27d4eb2f));
  const low = finishHash(second ^ high);
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
