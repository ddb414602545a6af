import { scaleLinear } from 'd3-scale';
import { element, textElement } from './markup.js';

export interface Bar {
  readonly name: string;
  readonly cssClass: string;
  readonly value: number;
  readonly label: string;
}

const WIDTH = 520;
const ROW = 34;

/** Horizontal bars on one linear scale from zero, each with its value written out. */
export function barPlot(title: string, bars: readonly Bar[]): string {
  const most = Math.max(1e-9, ...bars.map(({ value }) => value));
  const x = scaleLinear([0, most], [0, WIDTH - 190]);
  const rows = bars.map(({ name, cssClass, value, label }, index) => {
    const y = index * ROW + 6;
    return [
      textElement(84, y + 16, name, { 'text-anchor': 'end' }),
      element('rect', { x: 92, y, width: Math.max(1, x(value)), height: ROW - 12, rx: 2, class: `bar ${cssClass}` }),
      textElement(92 + x(value) + 8, y + 16, label),
    ].join('');
  });
  const height = bars.length * ROW + 6;
  return element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': title, class: 'plot' },
    ...rows,
  );
}
