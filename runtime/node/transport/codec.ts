import { Packr, Unpackr } from 'msgpackr';
import { isNodeId, nodeOf } from '../../address.js';
import { findNotPlain, type Message, type Plain } from '../../data.js';
import type { Envelope } from '../../envelope.js';
import { t } from '../../schema.js';
import { findMalformedMsgpack } from './msgpack-scan.js';

const LONGEST_ADDRESS = 512;
const LONGEST_TRACEPARENT = 256;

/** What came from a peer, or why it is refused. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Turns plain data into bytes and back. Records are off: a frame can be read without those before it. */
export class PlainCodec {
  readonly #packr = new Packr({ useRecords: false });
  readonly #unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });

  encode(value: Plain): Uint8Array {
    return this.#packr.pack(value);
  }

  /** Never throws; what it answers shares no memory with `bytes` and is plain data throughout. */
  decode(bytes: Uint8Array): Decoded<Plain> {
    const malformed = findMalformedMsgpack(bytes);
    if (malformed !== undefined) return { ok: false, reason: malformed };
    let value: unknown;
    try {
      value = this.#unpackr.unpack(bytes);
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
    const notPlain = findNotPlain(value);
    return notPlain === undefined ? { ok: true, value: value as Plain } : { ok: false, reason: notPlain };
  }

  encodeEnvelope(e: Envelope): Uint8Array {
    return this.encode([
      e.from,
      e.to,
      e.incarnation,
      e.toIncarnation,
      e.sequence,
      e.causeStep,
      e.lamport,
      e.traceparent,
      e.schemaVersion,
      e.correlation,
      e.stamp,
      e.message as unknown as Plain,
    ]);
  }

  decodeEnvelope(bytes: Uint8Array): Decoded<Envelope> {
    const decoded = this.decode(bytes);
    if (!decoded.ok) return decoded;
    if (!Array.isArray(decoded.value) || decoded.value.length !== 12) {
      return { ok: false, reason: 'an envelope has twelve fields' };
    }
    const f = decoded.value as unknown[];
    const envelope = {
      from: f[0],
      to: f[1],
      incarnation: f[2],
      toIncarnation: f[3],
      sequence: f[4],
      causeStep: f[5],
      lamport: f[6],
      traceparent: f[7],
      schemaVersion: f[8],
      correlation: f[9],
      stamp: f[10],
      message: f[11],
    };
    const fault = findEnvelopeFault(envelope);
    return fault === undefined ? { ok: true, value: envelope as unknown as Envelope } : { ok: false, reason: fault };
  }
}

const envelopeType = t.object({
  from: t.string,
  to: t.string,
  incarnation: t.int,
  toIncarnation: t.int,
  sequence: t.int,
  causeStep: t.int,
  lamport: t.int,
  traceparent: t.string,
  schemaVersion: t.int,
  correlation: t.int,
  stamp: t.int,
  message: { describes: 'a message', check: findMessageFault },
});

function findMessageFault(value: unknown, path: string): string | undefined {
  const isObject =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isObject && typeof (value as Message).type === 'string'
    ? undefined
    : `${path}: a message is an object with a type`;
}

/** Only `correlation` may be below zero. */
const NEVER_NEGATIVE = [
  'incarnation',
  'toIncarnation',
  'sequence',
  'causeStep',
  'lamport',
  'schemaVersion',
  'stamp',
] as const;

function findEnvelopeFault(envelope: Readonly<Record<string, unknown>>): string | undefined {
  const fault = envelopeType.check(envelope, 'envelope');
  if (fault !== undefined) return fault;
  const checked = envelope as unknown as Envelope;
  for (const field of NEVER_NEGATIVE) if (checked[field] < 0) return `envelope.${field}: below zero`;
  if (checked.traceparent.length > LONGEST_TRACEPARENT) return 'envelope.traceparent: too long';
  return findAddressFault(checked.from, 'envelope.from') ?? findAddressFault(checked.to, 'envelope.to');
}

function findAddressFault(address: string, path: string): string | undefined {
  if (address.length > LONGEST_ADDRESS) return `${path}: too long`;
  const node = nodeOf(address);
  return isNodeId(node) && address.length > node.length + 1 ? undefined : `${path}: not an address`;
}
