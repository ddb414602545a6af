import { Packr } from 'msgpackr';
import type { Plain } from '../data.js';
import type { LogWrite } from './durable-image.js';
import { isSnapshotName } from './file-names.js';

/** The first field of an encoded write. Never renumbered: old logs hold them. */
const PUT = 0;
const DELETE = 1;
const APPEND = 2;
const TRUNCATE = 3;
const COMPACT = 4;
const SNAPSHOT = 5;
const INCARNATION = 6;

type EncodedWrite = readonly [kind: number, ...fields: Plain[]];

function toArray(write: LogWrite): EncodedWrite {
  switch (write.kind) {
    case 'put':
      return [PUT, write.actor, write.cell, write.value];
    case 'delete':
      return [DELETE, write.actor, write.cell];
    case 'append':
      return [APPEND, write.actor, write.index, write.entry];
    case 'truncate':
      return [TRUNCATE, write.actor, write.fromIndex];
    case 'compact':
      return [COMPACT, write.actor, write.uptoIndex];
    case 'snapshot':
      return [SNAPSHOT, write.actor, write.file];
    case 'incarnation':
      return [INCARNATION, write.incarnation];
  }
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function fromArray(encoded: unknown): LogWrite | undefined {
  if (!Array.isArray(encoded)) return undefined;
  const [kind, actor, third, fourth] = encoded as unknown[];
  if (kind === INCARNATION) return isIndex(actor) ? { kind: 'incarnation', incarnation: actor } : undefined;
  if (typeof actor !== 'string') return undefined;
  if (kind === PUT || kind === DELETE) {
    if (typeof third !== 'string') return undefined;
    return kind === DELETE
      ? { kind: 'delete', actor, cell: third }
      : { kind: 'put', actor, cell: third, value: fourth as Plain };
  }
  if (kind === SNAPSHOT) {
    return typeof third === 'string' && isSnapshotName(third) ? { kind: 'snapshot', actor, file: third } : undefined;
  }
  if (!isIndex(third)) return undefined;
  if (kind === APPEND) return { kind: 'append', actor, index: third, entry: fourth as Plain };
  if (kind === TRUNCATE) return { kind: 'truncate', actor, fromIndex: third };
  return kind === COMPACT ? { kind: 'compact', actor, uptoIndex: third } : undefined;
}

/** Writes as bytes: MessagePack without record extensions, so that every record can be read on its own. */
export class RecordCodec {
  // Bytes are copied out of what was read, as plain Uint8Array, so that no value keeps a whole segment alive.
  private readonly packr = new Packr({ useRecords: false, moreTypes: false, copyBuffers: true });

  /** The view is stable: later calls use other bytes. */
  encode(writes: readonly LogWrite[]): Uint8Array {
    return this.packr.pack(writes.map(toArray));
  }

  /** undefined where the bytes are no writes of this format. */
  decode(payload: Uint8Array): readonly LogWrite[] | undefined {
    const decoded = this.decodePlain(payload);
    if (!Array.isArray(decoded)) return undefined;
    const writes: LogWrite[] = [];
    for (const encoded of decoded as readonly unknown[]) {
      const write = fromArray(encoded);
      if (write === undefined) return undefined;
      writes.push(write);
    }
    return writes;
  }

  encodePlain(value: Plain): Uint8Array {
    return this.packr.pack(value);
  }

  /** undefined where the bytes are no MessagePack. */
  decodePlain(payload: Uint8Array): Plain | undefined {
    // A copy out of a Buffer would be a Buffer.
    const plain = new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
    try {
      return this.packr.unpack(plain) as Plain;
    } catch {
      return undefined;
    }
  }
}
