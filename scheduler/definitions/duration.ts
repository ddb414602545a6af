const UNITS_MS: Readonly<Record<string, number>> = Object.freeze({
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
});

/** The spelling that error messages teach. */
export const DURATION_FORM = 'an integer with one of ms, s, m, h, d, such as 250ms, 5s or 2h';

/** `250ms`, `5s`, `2h` as milliseconds; undefined where the text is none of these or the number is not safe. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const [, digits = '', unit = ''] = match;
  const durationMs = Number(digits) * (UNITS_MS[unit] ?? 0);
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/** The shortest exact spelling: 90000 is `90s`. */
export function formatDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const unitMs = UNITS_MS[unit] ?? 1;
    if (durationMs >= unitMs && durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}
