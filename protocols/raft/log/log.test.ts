import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Digest } from './digest.js';
import {
  appendEntry,
  emptyLog,
  isUpToDate,
  lastIndexOfTermAtMost,
  prefixHashAt,
  truncateFrom,
  type RaftLog,
} from './log.js';
import { quorumIndex, quorumOf } from '../configuration/majority.js';
import { raftParameters } from '../parameters.js';

function logOf(terms: readonly number[]): RaftLog {
  const log = emptyLog();
  terms.forEach((term, i) => appendEntry(log, { term, requestId: `r${i}`, command: i }));
  return log;
}

const risingTerms = fc
  .array(fc.integer({ min: 1, max: 6 }), { maxLength: 30 })
  .map((terms) => terms.sort((a, b) => a - b));

describe('log', () => {
  it('equal prefixes have equal hashes; one changed entry changes all that follow', () => {
    fc.assert(
      fc.property(risingTerms, fc.nat(), (terms, at) => {
        fc.pre(terms.length > 0);
        const changed = at % terms.length;
        const log = logOf(terms);
        const other = emptyLog();
        terms.forEach((term, i) => appendEntry(other, { term, requestId: `r${i}`, command: i === changed ? 'x' : i }));
        terms.forEach((_, i) => expect(prefixHashAt(log, i + 1) === prefixHashAt(other, i + 1)).toBe(i < changed));
      }),
    );
  });

  it('what is truncated and appended again is as if it had never been', () => {
    fc.assert(
      fc.property(risingTerms, fc.nat(), (terms, at) => {
        fc.pre(terms.length > 0);
        const log = logOf(terms);
        const from = at % terms.length;
        truncateFrom(log, from + 1);
        terms
          .slice(from)
          .forEach((term, i) => appendEntry(log, { term, requestId: `r${from + i}`, command: from + i }));
        expect(log).toEqual(logOf(terms));
      }),
    );
  });

  it('finds the last entry of a term by halving as a walk would', () => {
    fc.assert(
      fc.property(risingTerms, fc.nat(35), fc.nat(8), (terms, index, term) => {
        let expected = Math.min(index, terms.length);
        while (expected > 0 && (terms[expected - 1] ?? 0) > term) expected--;
        expect(lastIndexOfTermAtMost(logOf(terms), index, term)).toBe(expected);
      }),
    );
  });

  it('of two logs at least one is up to date in the eyes of the other (§5.4.1 is a total order)', () => {
    fc.assert(
      fc.property(risingTerms, risingTerms, (a, b) => {
        const sees = isUpToDate(logOf(a), b.length, b.at(-1) ?? 0);
        const seen = isUpToDate(logOf(b), a.length, a.at(-1) ?? 0);
        expect(sees || seen).toBe(true);
        if (sees && seen) expect([a.length, a.at(-1)]).toEqual([b.length, b.at(-1)]);
      }),
    );
  });

  it('an entry of an earlier term after one of a later is a bug', () => {
    expect(() => appendEntry(logOf([2]), { term: 1, requestId: '', command: null })).toThrow(/terms never fall/);
  });
});

describe('quorum', () => {
  it('any two majorities share a voter', () => {
    for (let voters = 1; voters <= 15; voters++) expect(2 * quorumOf(voters)).toBeGreaterThan(voters);
  });

  it('the index reached by a majority is the one that sorting would give', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }), (reached) => {
        const sorted = [...reached].sort((a, b) => b - a);
        expect(quorumIndex(reached)).toBe(sorted[quorumOf(reached.length) - 1]);
      }),
    );
  });
});

describe('digest', () => {
  it.each([
    [1, '1'],
    [null, false],
    [
      [1, 2],
      [2, 1],
    ],
    [
      [[1], 2],
      [1, [2]],
    ],
    [{ a: 1 }, { b: 1 }],
    [new Uint8Array([1, 2]), [1, 2]],
    [1.5, 1],
    [0x1_0000_0001, 1],
  ])('tells %j from %j', (left, right) => {
    const digestOf = (value: unknown): number => {
      const digest = new Digest();
      digest.plain(value as never);
      return digest.value();
    };
    expect(digestOf(left)).not.toBe(digestOf(right));
    expect(Number.isSafeInteger(digestOf(left))).toBe(true);
  });
});

describe('parameters', () => {
  it.each([
    [{ members: [] }, /members: 0 given; name 1 to 15/],
    [{ members: ['a', 'a'] }, /named twice/],
    [{ members: ['a/b'] }, /no node id/],
    [{ members: ['a'], heartbeatMs: 600 }, /at least twice heartbeatMs/],
    [{ members: ['a'], electionTimeoutMs: { min: 500, max: 500 } }, /must exceed min/],
    [{ members: ['a'], maxWaiting: 0 }, /maxWaiting: 0; it must be a positive integer/],
  ])('%j is refused with its place and the remedy', (given, message) => {
    expect(() => raftParameters(given)).toThrow(message);
  });
});
