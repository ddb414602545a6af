const DURATION_MAX_MS = 366 * 24 * 3_600_000;

/** Milliseconds of a scenario as whole microseconds. Throws with the field and the remedy where they cannot be used. */
export function toUs(scenario: string, field: string, ms: number, least: number): number {
  const us = Math.round(ms * 1000);
  if (!Number.isFinite(ms) || ms < least || ms > DURATION_MAX_MS) {
    throw new RangeError(
      `scenario ${scenario}: ${field} is ${ms}; give milliseconds from ${least} to ${DURATION_MAX_MS}`,
    );
  }
  return us;
}
