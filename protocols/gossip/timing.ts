import { assert } from '../../runtime/assert.js';

/**
 * The formulas that make the load of a member and the time to detect a failure follow the size of the group: memberlist's
 * adaptation (suspicion by log10 n, retransmissions by log10 (n + 1), push/pull by log2 n) of SWIM section 4.1, and
 * Lifeguard's suspicion that shortens with each confirmation (Dadgar, Phillips, Currey, DSN 2018, section IV-B).
 * Logarithms are exact integers or tables of integers, so every engine decides the same.
 */

/** floor(1000 * log10 n): n to the power of 1,000 has one digit more than that. */
function log10Thousandths(n: number): number {
  let power = 1n;
  let square = BigInt(n);
  for (let exponent = 1000; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) === 1) power *= square;
    square *= square;
  }
  return power.toString().length - 1;
}

/** The least d with 10^d >= n. */
function ceilLog10(n: number): number {
  let digits = 0;
  for (let power = 1; power < n; power *= 10) digits++;
  return digits;
}

/**
 * ln i for i = 1..32, in billionths; composites are the sums of their primes, so that ln 4 is exactly twice ln 2.
 */
const LN_BILLIONTHS: readonly number[] = lnTable();

function lnTable(): readonly number[] {
  const primes: Readonly<Record<number, number>> = {
    2: 693147181,
    3: 1098612289,
    5: 1609437912,
    7: 1945910149,
    11: 2397895273,
    13: 2564949357,
    17: 2833213344,
    19: 2944438979,
    23: 3135494216,
    29: 3367295830,
    31: 3433987204,
  };
  const table = [0, 0];
  for (let n = 2; n <= 32; n++) {
    let divisor = 2;
    while (n % divisor !== 0) divisor++;
    table.push((primes[divisor] ?? 0) + (table[n / divisor] ?? 0));
  }
  return table;
}

const CONFIRMATIONS_MAX = 31;

/** How long a suspicion may last at least in a group of n: multiplier * max(1, log10 n) * interval, in milliseconds. */
export function suspicionTimeoutMs(multiplier: number, n: number, intervalMs: number): number {
  const scaleThousandths = Math.max(1000, log10Thousandths(Math.max(1, n)));
  return Math.floor((multiplier * scaleThousandths * intervalMs) / 1000);
}

/** How many independent confirmations bring a suspicion from its longest to its shortest time; 0 where too few members are there to give them. */
export function confirmationsExpected(multiplier: number, n: number): number {
  const expected = Math.max(0, Math.min(CONFIRMATIONS_MAX, multiplier - 2));
  return n - 2 < expected ? 0 : expected;
}

/**
 * How long a suspicion lasts in all after `confirmations` of `expected`, in milliseconds:
 * max(min, floor(max - (max - min) * ln(C + 1) / ln(k + 1))); with nothing to expect, min.
 */
export function confirmedTimeoutMs(confirmations: number, expected: number, minMs: number, maxMs: number): number {
  assert(minMs <= maxMs, 'a suspicion lasts at least its minimum');
  if (expected < 1) return minMs;
  const whole = LN_BILLIONTHS[Math.min(expected, CONFIRMATIONS_MAX) + 1];
  const part = LN_BILLIONTHS[Math.min(confirmations, CONFIRMATIONS_MAX) + 1];
  assert(whole !== undefined && part !== undefined, 'the table of logarithms covers every count of confirmations');
  return Math.max(minMs, maxMs - Math.ceil(((maxMs - minMs) * part) / whole));
}

/** How often one piece of news is sent on in a group of n: multiplier * ceil(log10(n + 1)). */
export function retransmitLimit(multiplier: number, n: number): number {
  return multiplier * ceilLog10(n + 1);
}

/** By what push/pull slows down in a large group, since each exchange grows with it: 1 up to 32 members, one more for each doubling. */
export function syncScale(n: number): number {
  let scale = 1;
  for (let covered = 32; covered < n; covered *= 2) scale++;
  return scale;
}
