/**
 * The wall-clock time that the members agree on, so that one clock that is far off neither runs schedules ahead nor holds them
 * back. Each member publishes its wall clock; everybody notes how far it is ahead of the own *monotonic* clock, and takes the
 * median. A jump of the own wall clock thus changes nothing until the others have jumped too.
 */
export interface ClusterTime {
  /** For each member: its wall clock less the own monotonic clock at the moment of hearing. */
  readonly epochsMs: Map<string, number>;
  /** What everybody here adds to the monotonic clock; null as long as too few members were heard. */
  epochMs: number | null;
}

/** Differences up to here are latency and drift, and are not followed. */
export const CLOCK_TOLERANCE_MS = 250;

export function newClusterTime(): ClusterTime {
  return { epochsMs: new Map(), epochMs: null };
}

/** Notes a member's wall clock as heard at `nowMs` of the own monotonic clock. */
export function hearClock(time: ClusterTime, member: string, wallMs: number, nowMs: number): void {
  time.epochsMs.set(member, wallMs - nowMs);
}

/**
 * Follows the median once at least `quorum` members were heard. Of two middle ones the lower is taken: late ticks are made up for,
 * early ones cannot be taken back. Answers whether the time has changed.
 */
export function settleTime(time: ClusterTime, quorum: number): boolean {
  if (time.epochsMs.size < Math.max(1, quorum)) return false;
  const median = lowerMedian([...time.epochsMs.values()]);
  const { epochMs } = time;
  if (epochMs !== null && Math.abs(median - epochMs) <= CLOCK_TOLERANCE_MS) return false;
  time.epochMs = Math.floor(median);
  return true;
}

function lowerMedian(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = (values.length - 1) >> 1;
  return values[middle] ?? 0;
}
