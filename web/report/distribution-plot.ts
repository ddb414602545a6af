import { scaleLinear, scaleLog } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { element, textElement } from './markup.js';

/** Values of one contestant, in no order. */
export interface Series {
  readonly name: string;
  readonly cssClass: string;
  readonly values: readonly number[];
}

const WIDTH = 520;
const HEIGHT = 240;
const MARGIN = Object.freeze({ left: 46, right: 16, top: 14, bottom: 40 });

/**
 * Cumulative distributions, one step line for each series: for each duration on the logarithmic x axis, the share of cases
 * that took no longer. Medians and 99th percentiles are read off where a line crosses the two rules.
 */
export function distributionPlot(title: string, series: readonly Series[]): string {
  const all = series.flatMap(({ values }) => values).filter((value) => value > 0);
  const body =
    all.length === 0
      ? textElement(WIDTH / 2, HEIGHT / 2, 'no such case in this hunt', { 'text-anchor': 'middle' })
      : plotBody(series, all);
  return element('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title, class: 'plot' }, body);
}

function plotBody(series: readonly Series[], all: readonly number[]): string {
  const x = scaleLog([Math.min(...all) * 0.9, Math.max(...all) * 1.1], [MARGIN.left, WIDTH - MARGIN.right]);
  const y = scaleLinear([0, 1], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const rules = [0, 0.5, 0.99].map((share) =>
    [
      element('line', { x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(share), y2: y(share), class: 'rule' }),
      textElement(MARGIN.left - 6, y(share) + 4, share === 0.99 ? 'p99' : share === 0.5 ? 'p50' : '0', {
        'text-anchor': 'end',
      }),
    ].join(''),
  );
  const axis = thinned(x.ticks(6), x).map((tick) =>
    textElement(x(tick), HEIGHT - MARGIN.bottom + 16, durationLabel(tick), { 'text-anchor': 'middle' }),
  );
  const lines = series.map((one) => seriesLine(one, x, y));
  return [
    ...rules,
    ...axis,
    ...lines,
    textElement(WIDTH / 2, HEIGHT - 6, 'simulated time, logarithmic', { 'text-anchor': 'middle', class: 'quiet' }),
  ].join('');
}

function seriesLine(
  { values, name, cssClass }: Series,
  x: (value: number) => number,
  y: (share: number) => number,
): string {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  if (sorted.length === 0) return '';
  const points = sorted.map((value, index): [number, number] => [value, (index + 1) / sorted.length]);
  const path = line<[number, number]>(
    ([value]) => x(value),
    ([, share]) => y(share),
  ).curve(curveStepAfter)([[sorted[0] ?? 1, 0], ...points]);
  return element(
    'path',
    { d: path ?? '', class: `series ${cssClass}` },
    element('title', {}, `${name}: ${sorted.length} cases`),
  );
}

function thinned(ticks: readonly number[], x: (value: number) => number): readonly number[] {
  const kept: number[] = [];
  for (const tick of ticks) {
    const last = kept.at(-1);
    if (last === undefined || x(tick) - x(last) > 62) kept.push(tick);
  }
  return kept;
}

/** A duration in milliseconds for people. */
export function durationLabel(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 1 : 0)} s`;
  return `${(durationMs / 60_000).toFixed(1)} min`;
}
