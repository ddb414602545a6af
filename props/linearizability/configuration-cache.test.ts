import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfigurationCache, type Configuration } from './configuration-cache.js';

/** A few sets and states, and hashes so few that most of them collide. */
const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    hash: fc.nat(2),
    state: fc.nat(3),
    bits: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
    openBits: fc.array(fc.nat(2), { minLength: 2, maxLength: 2 }),
  })
  .map(({ hash, state, bits, openBits }) => {
    const words = Int32Array.from(bits, (bit) => (bit === 3 ? -1 : bit));
    const openWords = Int32Array.from(openBits);
    let low = 0;
    while (words[low] === -1) low++;
    const high = Math.max(low, words.findLastIndex((word) => word !== 0) + 1);
    return { hash, state, words, openWords, low, high, openHigh: openWords.findLastIndex((word) => word !== 0) + 1 };
  });

it('knows a configuration again, and takes no other for it, however their hashes collide', () => {
  fc.assert(
    fc.property(fc.array(configuration, { maxLength: 60 }), (configurations) => {
      const cache = new ConfigurationCache();
      const known = new Set<string>();
      for (const one of configurations) {
        const name = `${one.hash} ${one.state} ${one.words.join()} ${one.openWords.join()}`;
        expect(cache.add(one)).toBe(!known.has(name));
        known.add(name);
      }
    }),
    { numRuns: 500, seed: 4 },
  );
});

it('goes on knowing all while it grows', () => {
  const cache = new ConfigurationCache();
  const of = (state: number): Configuration => ({
    hash: 1,
    state,
    words: new Int32Array(1),
    openWords: new Int32Array(1),
    low: 0,
    high: 0,
    openHigh: 0,
  });
  for (let state = 0; state < 5000; state++) expect(cache.add(of(state))).toBe(true);
  for (let state = 0; state < 5000; state++) expect(cache.add(of(state))).toBe(false);
});

it('takes no state for another where the mixed hashes are one', () => {
  const cache = new ConfigurationCache();
  const of = (state: number): Configuration => ({
    ...{ hash: Math.imul(state + 1, 0x9e3779b1), state, words: new Int32Array(1), openWords: new Int32Array(1) },
    ...{ low: 0, high: 0, openHigh: 0 },
  });
  expect([0, 1, 2, 0, 1, 2].map((state) => cache.add(of(state)))).toEqual([true, true, true, false, false, false]);
});
