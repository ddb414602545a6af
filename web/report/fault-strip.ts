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

/** The faults of a stretch of time, above its lanes: a bar for each, in as many rows as it takes to write all names. */
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
      const right = x(Math.min(span.toMs, toMs));
      const end = Math.max(right, left + span.fault.length * LETTER_PX) + 8;
      const found = rowEnds.findIndex((taken) => taken <= left);
      const row = found < 0 ? rowEnds.length : found;
      rowEnds[row] = end;
      const title = element('title', {}, escapeText(`${span.name}: ${span.fromMs} to ${span.toMs} ms`));
      const bar = {
        x: left,
        y: row * ROW_PX + 1,
        width: Math.max(2, right - left),
        height: ROW_PX - 3,
        rx: 2,
        class: 'fault',
      };
      return element('rect', bar, title) + textElement(left + 3, row * ROW_PX + 9.5, span.fault, { class: 'fault' });
    });
  return { markup: bars.join(''), heightPx: rowEnds.length * ROW_PX + 6 };
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
