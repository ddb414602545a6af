import type { Plain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';

/** What the wire puts around each message: length, kind and checksums of a frame. */
const FRAME_BYTES = 13;

/**
 * How many bytes a message takes on the wire: the frame around it and MessagePack inside, as the transport encodes it; some
 * strings of about 12 to 80 bytes may take one byte less or more there. Depends on nothing but the envelope.
 */
export function encodedBytes(envelope: Envelope): number {
  const { from, to, incarnation, toIncarnation, sequence, causeStep, lamport, schemaVersion, correlation } = envelope;
  return (
    FRAME_BYTES +
    1 +
    stringBytes(from) +
    stringBytes(to) +
    stringBytes(envelope.traceparent) +
    numberBytes(incarnation) +
    numberBytes(toIncarnation) +
    numberBytes(sequence) +
    numberBytes(causeStep) +
    numberBytes(lamport) +
    numberBytes(schemaVersion) +
    numberBytes(correlation) +
    numberBytes(envelope.stamp) +
    plainBytes(envelope.message as unknown as Plain)
  );
}

function plainBytes(value: Plain): number {
  switch (typeof value) {
    case 'number':
      return numberBytes(value);
    case 'string':
      return stringBytes(value);
    case 'object':
      return value === null ? 1 : structureBytes(value);
    default:
      return 1;
  }
}

function structureBytes(value: Plain & object): number {
  if (value instanceof Uint8Array) return (value.length < 0x100 ? 2 : value.length < 0x1_0000 ? 3 : 5) + value.length;
  if (Array.isArray(value)) {
    let bytes = value.length < 16 ? 1 : value.length < 0x1_0000 ? 3 : 5;
    for (const item of value as readonly Plain[]) bytes += plainBytes(item);
    return bytes;
  }
  let bytes = 3;
  const fields = value as Readonly<Record<string, Plain>>;
  for (const key in fields) bytes += stringBytes(key) + plainBytes(fields[key]!);
  return bytes;
}

function numberBytes(value: number): number {
  if (!Number.isInteger(value) || value >= 0x1_0000_0000 || value < -0x8000_0000) return 9;
  if (value >= 0) return value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : 5;
  return value >= -0x20 ? 1 : value >= -0x80 ? 2 : value >= -0x8000 ? 3 : 5;
}

function stringBytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    // Each half of a pair: four bytes for both.
    else if (unit >= 0xd800 && unit < 0xe000) bytes += 2;
    else bytes += 3;
  }
  return bytes + (bytes < 32 ? 1 : bytes < 0x100 ? 2 : bytes < 0x1_0000 ? 3 : 5);
}
