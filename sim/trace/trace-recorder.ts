import type { TraceRecord } from '../run.js';

interface PlacedRecord {
  readonly atUs: number;
  readonly nodeIndex: number;
  readonly record: TraceRecord;
}

/** Collects the lines of the trace of one group during a window. Lines of one node come in the order of its doings. */
export class TraceRecorder {
  private placed: PlacedRecord[] = [];

  add(atUs: number, nodeIndex: number, record: TraceRecord): void {
    this.placed.push({ atUs, nodeIndex, record });
  }

  /** What was recorded since the last call. */
  take(): readonly PlacedRecord[] {
    const { placed } = this;
    this.placed = [];
    return placed;
  }
}

export type { PlacedRecord };

/** Merges what several nodes did within one window: by time, then node; the order of each node's own doings is kept. */
export function mergeInTraceOrder<T extends { readonly atUs: number; readonly nodeIndex: number }>(
  parts: readonly (readonly T[])[],
): readonly T[] {
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only !== undefined && isInOrder(only)) return only;
  return parts.flat().sort((a, b) => a.atUs - b.atUs || a.nodeIndex - b.nodeIndex);
}

function isInOrder(part: readonly { readonly atUs: number; readonly nodeIndex: number }[]): boolean {
  for (let i = 1; i < part.length; i++) {
    const before = part[i - 1]!;
    const after = part[i]!;
    if (before.atUs > after.atUs || (before.atUs === after.atUs && before.nodeIndex > after.nodeIndex)) return false;
  }
  return true;
}
