/**
 * A hybrid logical clock in one integer (Kulkarni and others: *Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases*,
 * OPODIS 2014): milliseconds of the wall clock times 1024, and what was counted on since in the lower bits. Whoever has seen a reading reads a higher
 * one, whatever its wall clock says; and where the wall clocks are right, the later of two writes that knew nothing of each other has the higher reading.
 * A wall clock that is ahead takes the readings with it until time has caught up; meanwhile they count on from there.
 */
export const TICKS_PER_MS = 1024;

/** In the year 2223. A wall clock beyond is not believed: there would be no room left to count on. */
const WALL_MS_MAX = 8_000_000_000_000;
const COUNTED_BEYOND_MAX = 562_949_953_421_312;

/** No reading is higher; one from outside that is would leave no room for a later one. */
export const READING_MAX = WALL_MS_MAX * TICKS_PER_MS + COUNTED_BEYOND_MAX;

/** The reading after `last`, the highest one made or seen so far. */
export function nextReading(last: number, wallMs: number): number {
  const believedMs = wallMs >= 0 && wallMs <= WALL_MS_MAX ? wallMs : 0;
  return Math.max(last + 1, Math.floor(believedMs * TICKS_PER_MS));
}
