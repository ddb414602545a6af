/** How fast a clock may go, in parts per million beside true time: from a tenth as fast to five times as fast. */
export const DRIFT_MIN_PPM = -900_000;
export const DRIFT_MAX_PPM = 4_000_000;

/**
 * What a clock that is off by `ppm` has gained over a span of true time: exactly `floor(spanUs * ppm / 1,000,000)`, in whole
 * numbers that stay below 2^53 for spans of a hundred years.
 */
export function gainUs(spanUs: number, ppm: number): number {
  const seconds = Math.floor(spanUs / 1_000_000);
  const rest = spanUs - seconds * 1_000_000;
  return seconds * ppm + Math.floor((rest * ppm) / 1_000_000);
}

/** 250 years: added to the time of any run, this is still a whole number of microseconds. */
const LONGEST_SPAN_US = 8_000_000_000_000_000;

/**
 * The shortest span of true time in which a clock that is off by `ppm` goes on by `ownUs` at least; 250 years where it is longer than
 * that.
 */
export function trueSpanUs(ownUs: number, ppm: number): number {
  if (ppm === 0 || ownUs <= 0) return Math.max(0, ownUs);
  const rate = 1_000_000 + ppm;
  const seconds = Math.floor(ownUs / rate);
  if (seconds * 1_000_000 >= LONGEST_SPAN_US) return LONGEST_SPAN_US;
  const rest = ownUs - seconds * rate;
  // Rounding leaves it one beside the mark at most.
  const spanUs = seconds * 1_000_000 + Math.ceil((rest * 1_000_000) / rate);
  const isEnough = (us: number): boolean => us + gainUs(us, ppm) >= ownUs;
  if (spanUs > 0 && isEnough(spanUs - 1)) return spanUs - 1;
  return isEnough(spanUs) ? spanUs : spanUs + 1;
}
