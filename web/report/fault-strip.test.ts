import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '../../sim/run.js';
import { faultStrip } from './fault-strip.js';

interface Fault {
  readonly name: string;
  readonly fault: string;
  readonly fromMs: number;
  readonly toMs: number;
}

function traceOf(faults: readonly Fault[]): readonly TraceRecord[] {
  return faults
    .flatMap(({ name, fault, fromMs, toMs }): TraceRecord[] => [
      { kind: 'fault', atUs: fromMs * 1000, name, fault, what: 'do' },
      { kind: 'fault', atUs: toMs * 1000, name, fault, what: 'undo' },
    ])
    .sort((a, b) => (a.kind === 'fault' && b.kind === 'fault' ? a.atUs - b.atUs : 0));
}

const WIDTH_PX = 1000;
const draw = (faults: readonly Fault[]) =>
  faultStrip(traceOf(faults), { fromMs: 0, toMs: 10_000 }, (ms) => (ms / 10_000) * WIDTH_PX);

/** Names as written, each with its row and where it begins and ends: no letter is wider than 5.6 px on the average. */
function namesIn(markup: string): readonly { row: number; left: number; right: number; text: string }[] {
  return [...markup.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="fault">([^<]+)</g)].map(([, x, y, text]) => ({
    row: Number(y),
    left: Number(x),
    right: Number(x) + text!.length * 5.6,
    text: text!,
  }));
}

const barsIn = (markup: string): number => markup.match(/<rect [^>]*class="fault"/g)?.length ?? 0;

describe('the faults of a picture', () => {
  it('are named where there is room', () => {
    const { markup } = draw([
      { name: 'f1', fault: 'crash', fromMs: 1000, toMs: 2000 },
      { name: 'f2', fault: 'partition', fromMs: 1500, toMs: 4000 },
      { name: 'f3', fault: 'pause', fromMs: 5000, toMs: 5100 },
    ]);
    expect(namesIn(markup).map(({ text, row }) => [text, row])).toEqual([
      ['crash', 9.5],
      ['partition', 22.5],
      ['pause', 9.5],
    ]);
  });

  it('keep every bar with its tooltip where they are dense, but write no name over another', () => {
    const dense = Array.from({ length: 200 }, (_, n) => ({
      name: `f${n}`,
      fault: n % 2 === 0 ? 'partition-one-way' : 'slow-disk',
      fromMs: 1000 + n * 7,
      toMs: 1400 + n * 31,
    }));
    const { markup, heightPx } = draw(dense);
    expect(barsIn(markup)).toBe(200);
    for (const { name, fault, fromMs, toMs } of dense) {
      expect(markup).toContain(`<title>${name}: ${fault}, ${fromMs} to ${toMs} ms</title>`);
    }
    expect(heightPx).toBeLessThanOrEqual(8 * 13 + 6);
    const names = namesIn(markup);
    expect(names.length).toBeGreaterThan(7);
    expect(names.length).toBeLessThan(200);
    for (const one of names) {
      const over = names.find(
        (other) => other !== one && other.row === one.row && other.left < one.right && one.left < other.right,
      );
      expect(over, `${one.text} at ${one.left}`).toBeUndefined();
    }
  });

  it('end their names inside the picture', () => {
    const { markup } = draw([{ name: 'f1', fault: 'partition-one-way', fromMs: 9900, toMs: 9950 }]);
    expect(namesIn(markup)[0]!.right).toBeLessThanOrEqual(WIDTH_PX);
  });
});
