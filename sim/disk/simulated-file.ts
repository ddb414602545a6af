import { assert } from '../../runtime/assert.js';

/**
 * The bytes of one file, whatever its name: an append-only list of chunks, of which a prefix is synced.
 * Chunks are kept as they came and put together only when somebody reads.
 *
 * Invariant: 0 <= syncedLength <= completedLength <= length.
 */
export class SimulatedFile {
  private chunks: Uint8Array[] = [];
  length = 0;
  /** Bytes that survive every crash. */
  syncedLength = 0;
  /** Bytes of appends whose caller has been told; they survive the death of the process, though not of the machine. */
  completedLength = 0;
  /** A sync of it failed: the pages count as clean though they never reached the disk, so that a later sync is a lie. */
  syncBroken = false;

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.length += bytes.length;
  }

  markCompleted(length: number): void {
    if (length > this.completedLength) this.completedLength = length;
  }

  markSynced(length: number): void {
    assert(length <= this.length, 'more synced than there is');
    if (length <= this.syncedLength) return;
    this.syncedLength = length;
  }

  /** What a reader sees. Never changed afterwards; a later append makes a new array. */
  bytes(): Uint8Array {
    if (this.chunks.length === 1) return this.chunks[0]!;
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.chunks = this.length === 0 ? [] : [whole];
    return whole;
  }

  truncate(length: number): void {
    assert(length >= this.syncedLength && length <= this.length, 'a crash keeps what was synced and adds nothing');
    if (length === this.length) return;
    const kept = this.bytes().slice(0, length);
    this.chunks = length === 0 ? [] : [kept];
    this.length = length;
    if (this.completedLength > length) this.completedLength = length;
  }

  /** After the machine has come back, what is there is on the disk. */
  settle(): void {
    this.syncedLength = this.length;
    this.completedLength = this.length;
    this.syncBroken = false;
  }

  /** Changes bytes where they are. Earlier readers keep what they got. */
  change(from: number, to: number, byteAt: (offset: number, byte: number) => number): void {
    assert(from >= 0 && from < to && to <= this.length, `${from} .. ${to} is not in the file of ${this.length} bytes`);
    const copy = this.bytes().slice();
    for (let offset = from; offset < to; offset++) copy[offset] = byteAt(offset, copy[offset]!);
    this.chunks = [copy];
  }
}
