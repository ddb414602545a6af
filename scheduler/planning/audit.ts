import type { Calendar } from '../../runtime/ports.js';
import type { Cursor } from '../store/records.js';
import { cronOf } from './plan-ticks.js';

/** Ticks of one generation in `(afterMs, throughMs]`: all that the calendar has there must be in the ledger. */
export interface SettledRange {
  readonly generation: number;
  readonly expression: string;
  readonly timeZone: string;
  readonly afterMs: number;
  readonly throughMs: number;
}

/**
 * What a change of a cursor says to be settled that was not before. `before` undefined: all of the schedule, as far back as
 * `oldestMs`, since older ticks are no longer kept.
 */
export function settledRanges(before: Cursor | undefined, after: Cursor, oldestMs: number): readonly SettledRange[] {
  // Replicas that each registered the schedule keep one registration when they meet; it has a start of its own.
  const isSame = before?.generation === after.generation && before.startMs === after.startMs;
  const { expression, timeZone } = cronOf(after);
  const fromMs = isSame ? before.throughMs : Math.max(after.startMs, oldestMs);
  const ranges: SettledRange[] = [
    { generation: after.generation, expression, timeZone, afterMs: fromMs, throughMs: after.throughMs },
  ];
  if (before === undefined) return nonEmpty(ranges);
  if (isSame && before.replaced !== null) {
    const throughMs = after.replaced?.throughMs ?? before.replaced.endMs;
    ranges.push({ ...before.replaced, afterMs: before.replaced.throughMs, throughMs });
  }
  // A change owes the rest of the generation before it; where it says nothing of that, it says that there is none.
  if (after.generation === before.generation + 1 && after.replaced?.generation !== before.generation) {
    const { expression, timeZone } = cronOf(before);
    const { generation, throughMs: afterMs } = before;
    ranges.push({ generation, expression, timeZone, afterMs, throughMs: after.startMs });
  }
  return nonEmpty(ranges);
}

function nonEmpty(ranges: readonly SettledRange[]): readonly SettledRange[] {
  return ranges.filter((range) => range.throughMs > range.afterMs);
}

/** The nominal times of a range, at most `limit` of them. */
export function ticksIn(calendar: Calendar, range: SettledRange, limit: number): readonly number[] {
  const found: number[] = [];
  let nominalMs = calendar.nextTick(range.expression, range.timeZone, range.afterMs);
  while (nominalMs !== undefined && nominalMs <= range.throughMs && found.length < limit) {
    found.push(nominalMs);
    nominalMs = calendar.nextTick(range.expression, range.timeZone, nominalMs);
  }
  return found;
}
