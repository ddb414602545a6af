import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { confirmationsExpected, confirmedTimeoutMs, retransmitLimit, suspicionTimeoutMs, syncScale } from './timing.js';

const vectorsFile = new URL('../../../shared/data/memberlist/vectors.json', import.meta.url);

interface Vectors {
  readonly remainingSuspicionTime_ms: readonly (readonly [number, number, number, number, number, number])[];
  readonly suspicionTimeout_mult3_div3_interval1s_ms: Readonly<Record<string, number>>;
  readonly retransmitLimit: readonly (readonly [number, number, number])[];
  readonly pushPullScale_mult: Readonly<Record<string, number>>;
}

if (!existsSync(vectorsFile)) console.warn(`SKIPPED: memberlist's vectors are not at ${vectorsFile.pathname}`);

describe.skipIf(!existsSync(vectorsFile))("memberlist's published vectors", () => {
  const vectors = existsSync(vectorsFile) ? (JSON.parse(readFileSync(vectorsFile, 'utf8')) as Vectors) : undefined;

  it('gives its remaining suspicion times', () => {
    const cases = vectors?.remainingSuspicionTime_ms ?? [];
    expect(cases.length).toBe(6);
    for (const [confirmations, expected, elapsed, min, max, remaining] of cases) {
      expect(confirmedTimeoutMs(confirmations, expected, min, max) - elapsed).toBe(remaining);
    }
  });

  it('gives its suspicion timeouts', () => {
    const cases = Object.entries(vectors?.suspicionTimeout_mult3_div3_interval1s_ms ?? {});
    expect(cases.length).toBe(6);
    for (const [n, timeoutMs] of cases) expect(suspicionTimeoutMs(3, Number(n), 1000) / 3).toBe(timeoutMs);
  });

  it('gives its retransmit limits', () => {
    const cases = vectors?.retransmitLimit ?? [];
    expect(cases.length).toBe(3);
    for (const [multiplier, n, limit] of cases) expect(retransmitLimit(multiplier, n)).toBe(limit);
  });

  it('slows push/pull down as it does', () => {
    const cases = Object.entries(vectors?.pushPullScale_mult ?? {});
    expect(cases.length).toBe(3);
    for (const [range, scale] of cases) {
      const [from, to] = range.split('..').map(Number);
      expect([syncScale(from ?? 0), syncScale(to ?? 0)]).toEqual([scale, scale]);
    }
  });
});

describe('formulas', () => {
  it('agrees with floating-point logarithms away from their rounding', () => {
    for (let n = 1; n <= 2000; n++) {
      const exact = 1000 * Math.log10(n);
      if (Math.abs(exact - Math.round(exact)) < 1e-6) continue;
      expect(suspicionTimeoutMs(1, n, 1000)).toBe(Math.max(1000, Math.floor(exact)));
    }
  });

  it.each([
    [5, 4000, 24_000, 4],
    [30, 5908, 35_448, 8],
    [100, 8000, 48_000, 12],
    [1000, 12_000, 72_000, 16],
    [10_000, 16_000, 96_000, 20],
  ])('in a group of %i with the LAN multipliers: %i..%i ms, %i retransmissions', (n, minMs, maxMs, limit) => {
    expect(suspicionTimeoutMs(4, n, 1000)).toBe(minMs);
    expect(suspicionTimeoutMs(4, n, 1000) * 6).toBe(maxMs);
    expect(retransmitLimit(4, n)).toBe(limit);
  });

  it('expects no confirmation where too few members could give one', () => {
    expect([confirmationsExpected(4, 3), confirmationsExpected(4, 4), confirmationsExpected(2, 100)]).toEqual([
      0, 2, 0,
    ]);
    expect(confirmedTimeoutMs(0, 0, 1000, 6000)).toBe(1000);
  });

  it('shortens with every confirmation, never below the minimum', () => {
    for (let expected = 1; expected <= 31; expected++) {
      let last = confirmedTimeoutMs(0, expected, 1000, 6000);
      expect(last).toBe(6000);
      for (let confirmations = 1; confirmations <= expected + 2; confirmations++) {
        const next = confirmedTimeoutMs(confirmations, expected, 1000, 6000);
        expect(next).toBeLessThanOrEqual(last);
        last = next;
      }
      expect(last).toBe(1000);
    }
  });
});
