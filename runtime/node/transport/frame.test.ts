import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../envelope.js';
import { randomStream } from '../../random.js';
import { PlainCodec } from './codec.js';
import { encodeFrame, FRAME, FrameReader, HEAD_BYTES, MAGIC } from './frame.js';
import { findMalformedMsgpack } from './msgpack-scan.js';

const codec = new PlainCodec();
const packr = new Packr({ useRecords: false });

function stream(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([MAGIC, ...parts]));
}

function readAll(
  bytes: Uint8Array,
  pieceLength: () => number,
  maxFrameBytes = 1000,
): { frames: [number, string][]; fault: string } {
  const frames: [number, string][] = [];
  const reader = new FrameReader(maxFrameBytes, (kind, body) => frames.push([kind, Buffer.from(body).toString()]));
  let fault = '';
  for (let at = 0; at < bytes.length && fault === '';) {
    const next = at + pieceLength();
    fault = reader.push(bytes.subarray(at, next))?.code ?? '';
    at = next;
  }
  return { frames, fault };
}

describe('frames', () => {
  const text = (body: string): Uint8Array => new TextEncoder().encode(body);
  const sent = stream(
    encodeFrame(FRAME.hello, text('one')),
    encodeFrame(FRAME.ping),
    encodeFrame(FRAME.envelope, text('x'.repeat(700))),
    encodeFrame(FRAME.pong),
  );
  const expected = [
    [FRAME.hello, 'one'],
    [FRAME.ping, ''],
    [FRAME.envelope, 'x'.repeat(700)],
    [FRAME.pong, ''],
  ];

  it('are the same however the stream is cut', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomStream(`frames ${seed}`);
      expect(readAll(sent, () => random.between(1, 1 + (seed % 90)))).toEqual({ frames: expected, fault: '' });
    }
  });

  it('over the limit end the reading, after those before them', () => {
    expect(readAll(sent, () => 4096, 500)).toEqual({ frames: expected.slice(0, 2), fault: 'frame-too-large' });
  });

  it('of another protocol are refused at the first byte that differs', () => {
    expect(readAll(text('GET / HTTP/1.1\r\n\r\n'), () => 1)).toEqual({ frames: [], fault: 'wrong-protocol' });
  });

  it('of an unknown kind or without one are refused', () => {
    const head = (length: number, kind: number): Uint8Array => {
      const bytes = Buffer.alloc(HEAD_BYTES);
      bytes.writeUInt32BE(length);
      bytes[4] = kind;
      bytes.writeUInt32BE(crc32(bytes.subarray(0, 9)), 9);
      return bytes;
    };
    expect(readAll(stream(head(1, 99)), () => 3).fault).toBe('malformed-frame');
    expect(readAll(stream(head(0, 1)), () => 3).fault).toBe('malformed-frame');
    expect(readAll(stream(head(2 ** 32 - 1, 1)), () => 3).fault).toBe('frame-too-large');
  });

  it('with any one bit flipped end the reading, after those before them, and are never delivered', () => {
    const ends = [MAGIC.length, 16, 13, 713, 13].map((_, n, sizes) => sizes.slice(0, n + 1).reduce((a, b) => a + b));
    for (let bit = 0; bit < sent.length * 8; bit++) {
      const damaged = sent.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const { frames, fault } = readAll(damaged, () => 97);
      const isWhole = (end: number): boolean => end <= bit >> 3;
      const before = Math.max(0, ends.filter(isWhole).length - 1);
      expect(fault).toBe(bit >> 3 < MAGIC.length ? 'wrong-protocol' : 'damaged-frame');
      expect(frames).toEqual(expected.slice(0, before));
    }
  });

  it('with up to 32 neighbouring bits changed are noticed too', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const random = randomStream(`burst ${seed}`);
      const damaged = sent.slice();
      const first = random.between(MAGIC.length * 8, sent.length * 8 - 32);
      const length = random.between(1, 32);
      for (let bit = first; bit < first + length; bit++) {
        const isChanged = bit === first || random.between(0, 1) === 1;
        if (isChanged) damaged[bit >> 3]! ^= 1 << (bit & 7);
      }
      expect(readAll(damaged, () => 97).fault).toBe('damaged-frame');
    }
  });
});

describe('the codec', () => {
  const envelope: Envelope = {
    from: 'n1/a',
    to: 'n2/b/child',
    incarnation: 3,
    toIncarnation: 0,
    sequence: 2 ** 40,
    causeStep: 9,
    lamport: 12,
    traceparent: '',
    schemaVersion: 1,
    correlation: -4,
    stamp: 7,
    message: {
      type: 'hello',
      bytes: Uint8Array.of(1, 2, 3),
      list: [null, true, -5e12, 1.5, 'ü'.repeat(300)],
      deep: { a: { b: {} } },
    } as never,
  };

  it('gives back what it took, with bytes of their own', () => {
    const bytes = codec.encodeEnvelope(envelope);
    const decoded = codec.decodeEnvelope(new Uint8Array(bytes));
    expect(decoded).toEqual({ ok: true, value: envelope });
    const inside = (decoded as unknown as { value: { message: { bytes: Uint8Array } } }).value.message.bytes;
    expect(Object.getPrototypeOf(inside)).toBe(Uint8Array.prototype);
    expect(inside.buffer).not.toBe(bytes.buffer);
  });

  it.each([
    ['a negative counter', { ...envelope, lamport: -1 }, 'envelope.lamport'],
    ['a fraction', { ...envelope, stamp: 1.5 }, 'envelope.stamp'],
    ['an address without an actor', { ...envelope, to: 'n2/' }, 'envelope.to'],
    ['an address without a node', { ...envelope, from: '/a' }, 'envelope.from'],
    ['a message without a type', { ...envelope, message: {} }, 'envelope.message'],
    ['bytes as message', { ...envelope, message: Uint8Array.of(1) }, 'envelope.message'],
    ['a very long trace context', { ...envelope, traceparent: 'x'.repeat(300) }, 'envelope.traceparent'],
  ])('refuses %s', (_, bad, place) => {
    const decoded = codec.decodeEnvelope(codec.encodeEnvelope(bad as never));
    expect(decoded).toMatchObject({ ok: false, reason: expect.stringContaining(place) });
  });

  it('refuses what is not plain data', () => {
    for (const value of [new Date(0), new Map([[1, 2]]), undefined, 2n ** 60n, NaN]) {
      expect(codec.decode(new Uint8Array(packr.pack({ value })))).toMatchObject({ ok: false });
    }
    const negativeZero = Uint8Array.of(0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0);
    expect(codec.decode(negativeZero)).toEqual({ ok: false, reason: '$: -0 is not plain data' });
  });

  it('reads or refuses any bytes without throwing, and never more than is there', () => {
    const whole = codec.encodeEnvelope(envelope);
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomStream(`mutated envelope ${seed}`);
      const bytes = new Uint8Array(whole);
      for (let i = random.between(1, 4); i > 0; i--)
        bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
      const decoded = codec.decodeEnvelope(bytes.subarray(0, random.between(1, bytes.length)));
      if (!decoded.ok) expect(decoded.reason).not.toBe('');
    }
  });

  it('refuses an array that claims more than its bytes, before anything is allocated', () => {
    expect(findMalformedMsgpack(Uint8Array.of(0xdd, 0x7f, 0xff, 0xff, 0xff))).toContain('ends too early');
    expect(findMalformedMsgpack(Uint8Array.of(0xdf, 0x7f, 0xff, 0xff, 0xff, 0xa1, 0x61))).toContain('ends too early');
    expect(findMalformedMsgpack(new Uint8Array(500).fill(0x91))).toContain('nested too deeply');
    expect(findMalformedMsgpack(Uint8Array.of(0x81, 0x01, 0x01))).toContain('key is not a string');
    expect(findMalformedMsgpack(Uint8Array.of(0xc0, 0xc0))).toContain('more than one value');
  });
});
