import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../runtime/data.js';
import { FingerprintChains, foldFingerprint } from './fingerprint.js';

const plain = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !JSON.stringify(value).includes('-0')) as fc.Arbitrary<Plain>;

function fingerprintOf(chain: (chains: FingerprintChains) => void): string {
  const chains = new FingerprintChains(2);
  chain(chains);
  return foldFingerprint([chains.lanesOf(0), chains.lanesOf(1)]);
}

describe('the fingerprint', () => {
  it('has 16 hexadecimal digits', () => {
    fc.assert(
      fc.property(fc.integer(), (word) => {
        expect(fingerprintOf((chains) => chains.word(0, word))).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it('differs for different plain values and agrees for equal ones', () => {
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        const isSame = fingerprintOf((c) => c.plain(0, a)) === fingerprintOf((c) => c.plain(0, b));
        expect(isSame).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('notices every single flipped bit of a byte array', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
        const flipped = bytes.slice();
        flipped[at % bytes.length]! ^= 1 << bit;
        expect(fingerprintOf((c) => c.bytes(0, flipped))).not.toBe(fingerprintOf((c) => c.bytes(0, bytes)));
      }),
    );
  });

  it('depends on the order, on the node, and on where one text ends and the next begins', () => {
    const words = (...list: readonly number[]): string => fingerprintOf((c) => list.forEach((word) => c.word(0, word)));
    expect(words(1, 2)).not.toBe(words(2, 1));
    expect(fingerprintOf((c) => c.word(0, 1))).not.toBe(fingerprintOf((c) => c.word(1, 1)));
    const texts = (...list: readonly string[]): string => fingerprintOf((c) => list.forEach((text) => c.text(0, text)));
    expect(texts('ab', 'c')).not.toBe(texts('a', 'bc'));
    expect(texts('ab', 'cd')).not.toBe(texts('abcd'));
    expect(fingerprintOf((c) => c.plain(0, '1'))).not.toBe(fingerprintOf((c) => c.plain(0, 1)));
    expect(fingerprintOf((c) => c.plain(0, [[1]]))).not.toBe(fingerprintOf((c) => c.plain(0, [1])));
  });

  it('does not collide over a hundred thousand chains', () => {
    const seen = new Set<string>();
    for (let word = 0; word < 100_000; word++) seen.add(fingerprintOf((chains) => chains.word(0, word)));
    expect(seen.size).toBe(100_000);
  });
});
