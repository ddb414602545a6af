import type { TraceRecord } from '../../sim/run.js';
import { element, escapeText, textElement } from './markup.js';

/** A fault in time. */
interface FaultSpan {
  readonly name: string;
  readonly fault: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface FaultStrip {
  readonly markup: string;
  readonly heightPx: number;
}

const ROW_PX = 13;
const LETTER_PX = 5.6;

/** More rows would push the lanes out of sight; faults beyond share rows, and those have no name written but in their tooltip. */
const ROWS_MAX = 8;

/**
 * The faults of a stretch of time, above its lanes: a bar for each, with its name where that covers no other name or bar. Every bar
 * has the fault's name and times as a tooltip.
 */
export function faultStrip(
  trace: readonly TraceRecord[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  x: (ms: number) => number,
): FaultStrip {
  const rowEnds: number[] = [];
  const bars = faultSpans(trace, toMs)
    .filter((span) => span.toMs >= fromMs && span.fromMs <= toMs)
    .map((span) => {
      const left = x(Math.max(span.fromMs, fromMs));
      const right = Math.max(x(Math.min(span.toMs, toMs)), left + 2);
      const namePx = span.fault.length * LETTER_PX;
      // At the right edge a name moves to the left of where its bar begins, so that it ends inside the picture.
      const nameLeft = Math.min(left + 3, x(toMs) - namePx);
      const { row, isNamed } = placeInRow(rowEnds, Math.min(left, nameLeft), left);
      const end = (isNamed ? Math.max(right, nameLeft + namePx) : right) + 8;
      rowEnds[row] = Math.max(rowEnds[row] ?? 0, end);
      const title = element('title', {}, escapeText(`${span.name}: ${span.fault}, ${span.fromMs} to ${span.toMs} ms`));
      const bar = { x: left, y: row * ROW_PX + 1, width: right - left, height: ROW_PX - 3, rx: 2, class: 'fault' };
      const name = isNamed ? textElement(nameLeft, row * ROW_PX + 9.5, span.fault, { class: 'fault' }) : '';
      return element('rect', bar, title) + name;
    });
  return { markup: bars.join(''), heightPx: rowEnds.length * ROW_PX + 6 };
}

/** The first row with room from `nameLeft` on, or a new one; where there is none, the row that is free first, for the bar alone. */
function placeInRow(
  rowEnds: readonly number[],
  nameLeft: number,
  left: number,
): { readonly row: number; readonly isNamed: boolean } {
  const free = rowEnds.findIndex((taken) => taken <= nameLeft);
  if (free >= 0) return { row: free, isNamed: true };
  if (rowEnds.length < ROWS_MAX) return { row: rowEnds.length, isNamed: true };
  const forBar = rowEnds.findIndex((taken) => taken <= left);
  return { row: forBar >= 0 ? forBar : rowEnds.indexOf(Math.min(...rowEnds)), isNamed: false };
}

function faultSpans(trace: readonly TraceRecord[], endMs: number): readonly FaultSpan[] {
  const begun = new Map<string, { readonly fault: string; readonly fromMs: number }>();
  const spans: FaultSpan[] = [];
  const end = (name: string, toMs: number): void => {
    const span = begun.get(name);
    begun.delete(name);
    if (span !== undefined) spans.push({ name, ...span, toMs });
  };
  for (const record of trace) {
    if (record.kind !== 'fault') continue;
    if (record.what === 'do') begun.set(record.name, { fault: record.fault, fromMs: record.atUs / 1000 });
    else end(record.name, record.atUs / 1000);
  }
  for (const name of [...begun.keys()]) end(name, endMs);
  return spans.sort((a, b) => a.fromMs - b.fromMs);
}
