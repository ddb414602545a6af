import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plain } from '../data.js';
import type { LogWrite } from './durable-image.js';
import { RecordCodec } from './record-codec.js';

const plain: fc.Arbitrary<Plain> = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom<Plain>(null, true, false),
      // Plus 0: -0 is not plain data.
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
    ),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

const name = fc.string({ maxLength: 20 });
const index = fc.maxSafeInteger().map(Math.abs);
const write: fc.Arbitrary<LogWrite> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), actor: name, cell: name, value: plain }),
  fc.record({ kind: fc.constant('delete' as const), actor: name, cell: name }),
  fc.record({ kind: fc.constant('append' as const), actor: name, index, entry: plain }),
  fc.record({ kind: fc.constant('truncate' as const), actor: name, fromIndex: index }),
  fc.record({ kind: fc.constant('compact' as const), actor: name, uptoIndex: index }),
  fc.record({ kind: fc.constant('snapshot' as const), actor: name, file: fc.constant('snapshot-12-0.dat') }),
  fc.record({ kind: fc.constant('incarnation' as const), incarnation: index }),
);

describe('records', () => {
  test('give back every plain value', () => {
    const codec = new RecordCodec();
    fc.assert(
      fc.property(fc.array(write, { minLength: 1 }), (writes) => {
        expect(codec.decode(codec.encode(writes))).toEqual(writes);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test('an encoding stays as it is while others are made', () => {
    const codec = new RecordCodec();
    const values = Array.from({ length: 500 }, (_, i) => 'x'.repeat(i));
    const encoded = values.map((value) => codec.encodePlain(value));
    expect(encoded.map((bytes) => codec.decodePlain(bytes))).toEqual(values);
  });

  test('decoded bytes are plain, and keep nothing else in memory', () => {
    const codec = new RecordCodec();
    for (const encoded of [
      codec.encodePlain([Uint8Array.of(1, 2)]),
      Buffer.from(codec.encodePlain([Uint8Array.of(1, 2)])),
    ]) {
      const [bytes] = codec.decodePlain(encoded) as [Uint8Array];
      expect(bytes.constructor).toBe(Uint8Array);
      expect(bytes.buffer.byteLength).toBe(2);
    }
  });
});
