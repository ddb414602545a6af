/** A mean with the tolerance that its number of trials gives: three standard errors, so that a right figure is outside once in 370 times. */
export interface Estimate {
  readonly trials: number;
  readonly mean: number;
  readonly tolerance: number;
}

const STANDARD_ERRORS = 3;

export function estimate(values: readonly number[]): Estimate {
  const trials = values.length;
  if (trials < 2) throw new Error(`an estimate of ${trials} trials says nothing; make more of them`);
  const mean = values.reduce((sum, value) => sum + value, 0) / trials;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (trials - 1);
  return { trials, mean, tolerance: STANDARD_ERRORS * Math.sqrt(variance / trials) };
}

/** The share of the trials in which something was so; its tolerance is at least that of one trial in either direction. */
export function estimateShare(values: readonly boolean[]): Estimate {
  const { trials, mean, tolerance } = estimate(values.map(Number));
  return { trials, mean, tolerance: Math.max(tolerance, STANDARD_ERRORS / trials) };
}

/** The value that a share of the others is below, of values in no order. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new Error('no values have no quantile');
  return value;
}

/** Between which values the true median lies, for all that as many trials can say: by the order of the values, as often as the tolerance of a mean. */
export function medianRange(values: readonly number[]): readonly [number, number] {
  const off = (STANDARD_ERRORS * Math.sqrt(values.length)) / 2 / values.length;
  return [quantile(values, Math.max(0, 0.5 - off)), quantile(values, Math.min(1, 0.5 + off))];
}
