import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNotPlain, type Message, type Plain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import { PlainCodec } from '../../runtime/node/transport/codec.js';
import { encodeFrame, FRAME } from '../../runtime/node/transport/frame.js';
import { encodedBytes } from './encoded-size.js';

const codec = new PlainCodec();

function envelopeOf(message: Plain, number: number, text: string): Envelope {
  return {
    ...{ from: 'n1/a', to: 'n2/b', incarnation: 1, toIncarnation: 0, sequence: number, causeStep: number % 500 },
    ...{ lamport: 7, traceparent: text, schemaVersion: 1, correlation: -(number % 1000) || 0, stamp: 9 },
    message: { type: 'm', message } as Message,
  };
}

const leaf = fc.oneof(
  fc.integer(),
  fc.integer({ min: -40_000, max: 70_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 400 }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }),
);
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    leaf as fc.Arbitrary<Plain>,
    fc.array(tie('plain'), { maxLength: 20 }),
    fc.dictionary(fc.string(), tie('plain'), { maxKeys: 6 }),
  ),
}));

/** Strings, keys among them: the encoder guesses the length of each one's header. */
function countStrings(value: Plain): number {
  if (typeof value === 'string') return 1;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  const inside = Array.isArray(value) ? value : Object.entries(value).flat();
  return (inside as readonly Plain[]).reduce<number>((sum, item) => sum + countStrings(item), 0);
}

test('the size of a message is that of its frame on the wire, but for a byte or two of a string', () => {
  fc.assert(
    fc.property(plain, fc.nat(2 ** 45), fc.string({ maxLength: 60 }), (value, number, text) => {
      fc.pre(findNotPlain(value) === undefined);
      const envelope = envelopeOf(value, number, text);
      const onTheWire = encodeFrame(FRAME.envelope, codec.encodeEnvelope(envelope)).length;
      expect(Math.abs(encodedBytes(envelope) - onTheWire)).toBeLessThanOrEqual(2 * (countStrings(value) + 1));
    }),
    { numRuns: 2_000 },
  );
});
