import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareStandings,
  firstIncarnationOf,
  judgeRumour,
  judgeRumourOfSelf,
  refutingIncarnation,
  type Standing,
} from './table.js';

const standing: fc.Arbitrary<Standing> = fc.record({
  incarnation: fc.integer({ min: 0, max: 3 }),
  status: fc.constantFrom('alive', 'suspect', 'dead', 'left'),
});

function merge(a: Standing, b: Standing): Standing {
  return compareStandings(a, b) >= 0 ? a : b;
}

describe('precedence (SWIM section 4.2)', () => {
  it.each([
    ['alive', 1, 'alive', 1, 'known'],
    ['alive', 1, 'alive', 2, 'news'],
    ['alive', 2, 'alive', 1, 'stale'],
    ['alive', 1, 'suspect', 1, 'news'],
    ['alive', 2, 'suspect', 1, 'stale'],
    ['alive', 1, 'dead', 1, 'news'],
    ['alive', 2, 'dead', 1, 'stale'],
    ['suspect', 1, 'alive', 1, 'stale'],
    ['suspect', 1, 'alive', 2, 'news'],
    ['suspect', 1, 'suspect', 1, 'known'],
    ['suspect', 2, 'suspect', 1, 'stale'],
    ['suspect', 1, 'dead', 1, 'news'],
    ['dead', 1, 'alive', 1, 'stale'],
    ['dead', 1, 'suspect', 1, 'stale'],
    ['dead', 1, 'dead', 1, 'known'],
    ['dead', 1, 'alive', 2, 'news'],
    ['dead', 1, 'suspect', 2, 'news'],
    ['alive', 1, 'left', 1, 'news'],
    ['dead', 1, 'left', 1, 'news'],
    ['left', 1, 'dead', 1, 'stale'],
    ['left', 1, 'alive', 2, 'news'],
    ['alive', 2, 'left', 1, 'stale'],
  ] as const)('%s at %i hears %s at %i: %s', (status, incarnation, heard, heardIncarnation, verdict) => {
    expect(judgeRumour({ status, incarnation }, { status: heard, incarnation: heardIncarnation })).toBe(verdict);
  });

  it.each([
    ['alive', 'news'],
    ['suspect', 'news'],
    ['dead', 'known'],
    ['left', 'known'],
  ] as const)('takes %s of somebody unknown as %s: who is gone and forgotten stays so', (status, verdict) => {
    expect(judgeRumour(undefined, { status, incarnation: 7 })).toBe(verdict);
  });

  it('merges commutatively, associatively and idempotently', () => {
    fc.assert(
      fc.property(standing, standing, standing, (a, b, c) => {
        expect(merge(a, b)).toEqual(merge(b, a));
        expect(merge(a, merge(b, c))).toEqual(merge(merge(a, b), c));
        expect(merge(a, a)).toEqual(a);
      }),
    );
  });
});

describe('rumours of oneself', () => {
  it.each([
    ['alive', 5, 'suspect', 5, 'refute'],
    ['alive', 5, 'dead', 5, 'refute'],
    ['alive', 5, 'dead', 9, 'refute'],
    ['alive', 5, 'alive', 9, 'refute'],
    ['alive', 5, 'alive', 5, 'true'],
    ['alive', 5, 'suspect', 4, 'correct'],
    ['alive', 5, 'alive', 4, 'correct'],
    ['alive', 5, 'left', 5, 'refute'],
    ['alive', 5, 'left', 9, 'refute'],
    ['alive', 5, 'left', 4, 'correct'],
    ['left', 5, 'left', 5, 'true'],
    ['left', 5, 'dead', 5, 'correct'],
    ['left', 5, 'alive', 5, 'correct'],
    ['left', 5, 'alive', 6, 'refute'],
  ] as const)('%s at %i hears that it is %s at %i: %s', (own, ownIncarnation, status, incarnation, verdict) => {
    expect(judgeRumourOfSelf({ status: own, incarnation: ownIncarnation }, { status, incarnation })).toBe(verdict);
  });

  it('refutes with an incarnation that overrides the accusation and its own last one', () => {
    expect(refutingIncarnation(5, 5)).toBe(6);
    expect(refutingIncarnation(5, 9)).toBe(10);
    expect(refutingIncarnation(5, 2)).toBe(6);
  });

  it('begins each life above all refutations of the one before', () => {
    const last = refutingIncarnation(firstIncarnationOf(3) + 1000, 0);
    expect(firstIncarnationOf(4)).toBeGreaterThan(last);
  });
});
