import type { TraceRecord } from '../run.js';

/** Where two traces part: the step and what each run did there. */
export interface TraceDifference {
  readonly index: number;
  /** `node:step`, or '' where the difference is a fault. */
  readonly step: string;
  readonly atMs: number;
  readonly first: TraceRecord | undefined;
  readonly second: TraceRecord | undefined;
}

/** The first record in which two traces differ, or undefined where they are equal. */
export function findFirstDifference(
  first: readonly TraceRecord[],
  second: readonly TraceRecord[],
): TraceDifference | undefined {
  const length = Math.max(first.length, second.length);
  for (let index = 0; index < length; index++) {
    const a = first[index];
    const b = second[index];
    if (a !== undefined && b !== undefined && isSame(a, b)) continue;
    const there = (a ?? b)!;
    return { index, step: stepOf(there), atMs: timeOfUs(there) / 1000, first: a, second: b };
  }
  return undefined;
}

/** The step that a record belongs to, as `node:step`; '' for a fault. */
export function stepOf(record: TraceRecord): string {
  if (record.kind === 'fault') return '';
  const { node, step } = record.kind === 'observation' ? record.record : record;
  return `${node}:${step}`;
}

export function timeOfUs(record: TraceRecord): number {
  return record.kind === 'observation' ? record.record.atUs : record.atUs;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
