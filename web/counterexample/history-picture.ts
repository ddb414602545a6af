import type { Operation, ProcessName } from '../../props/histories/index.js';
import { describeOperation, type Counterexample } from '../../props/linearizability/index.js';
import { element, escapeText, textElement } from '../report/markup.js';
import { shownOperations, type ShownOperation } from './shown-operations.js';

const LEFT = 108;
const TOP = 30;
const LANE = 46;
const EVENT = 38;
const BAR = 15;
const BADGE = 8.5;
const CHARACTER = 6.1;
/** Half the room that the text above the line of the dead end takes. */
const LIMIT_TEXT = 150;

/** Where things are: the events that are shown stand at equal distances. */
interface Layout {
  readonly xOf: (position: number) => number;
  readonly laneOf: ReadonlyMap<ProcessName, number>;
  readonly right: number;
  readonly height: number;
}

/**
 * A history around its dead end: a lane for each process, operations as bars from call to return, numbers at the moments at which they took effect in
 * the longest legal order, and a line that no order crosses.
 */
export function historyPicture(title: string, counterexample: Counterexample): string {
  const operations = shownOperations(counterexample);
  const layout = layoutOf(operations);
  const { right, height } = layout;
  const layers = [
    ...lanes(layout),
    ...operations.map((shown) => bar(shown, operations, layout)),
    limit(counterexample.culprit, layout),
    moments(operations, layout),
  ];
  const width = Math.max(right + 20, layout.xOf(counterexample.culprit.returnedAt) + LIMIT_TEXT);
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  return element('svg', { ...size, role: 'img', 'aria-label': title, class: 'history' }, ...layers);
}

function layoutOf(operations: readonly ShownOperation[]): Layout {
  const times = operations.flatMap(({ operation }) => [operation.calledAt, operation.returnedAt]);
  const positions = [...new Set(times.filter(Number.isFinite))].sort((left, right) => left - right);
  const rank = new Map(positions.map((position, index) => [position, index]));
  const right = LEFT + (positions.length + 1) * EVENT;
  const laneOf = new Map<ProcessName, number>();
  for (const { operation } of operations) {
    if (!laneOf.has(operation.process)) laneOf.set(operation.process, TOP + laneOf.size * LANE + LANE / 2);
  }
  const xOf = (position: number): number =>
    position === Infinity ? right : LEFT + ((rank.get(position) ?? 0) + 0.5) * EVENT;
  return { xOf, laneOf, right, height: TOP + laneOf.size * LANE + 10 };
}

function lanes({ laneOf, right }: Layout): readonly string[] {
  return [...laneOf].map(([process, y]) => {
    const lane = element('line', { x1: LEFT, x2: right, y1: y, y2: y, class: 'tick' });
    return lane + textElement(LEFT - 10, y + 4, `process ${process}`, { 'text-anchor': 'end', class: 'process' });
  });
}

function bar({ operation, role, place }: ShownOperation, all: readonly ShownOperation[], layout: Layout): string {
  const y = layout.laneOf.get(operation.process) ?? 0;
  const x = layout.xOf(operation.calledAt);
  const end = layout.xOf(operation.returnedAt);
  const text = describeOperation(operation);
  const openClass = operation.returnedAt === Infinity ? ' open' : '';
  const where = operation.line > 0 ? `, line ${operation.line}` : '';
  const placed = place === undefined ? '' : `, number ${place} in the order`;
  const tip = element('title', {}, escapeText(`process ${operation.process}${where}: ${text}${placed}`));
  const box = { x, y: y - BAR / 2, width: end - x, height: BAR, rx: 3, class: `operation ${role}${openClass}` };
  const room = Math.floor((nextCall(operation, all, layout) - x - 6) / CHARACTER);
  const label = text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
  return element('g', {}, tip, element('rect', box), textElement(x, y - BAR / 2 - 4, label, { class: role }));
}

/** Where the room for the text of an operation ends: at the next bar of its lane. */
function nextCall(operation: Operation, all: readonly ShownOperation[], { xOf, right }: Layout): number {
  const next = all.find(
    ({ operation: other }) => other.process === operation.process && other.calledAt > operation.calledAt,
  );
  return next === undefined ? right : xOf(next.operation.calledAt);
}

function limit({ returnedAt }: Operation, { xOf, height }: Layout): string {
  const x = xOf(returnedAt);
  const line = element('line', { x1: x, x2: x, y1: TOP - 10, y2: height - 4, class: 'limit' });
  return (
    line +
    textElement(x, TOP - 15, 'no order explains what returned up to here', {
      'text-anchor': 'middle',
      class: 'culprit',
    })
  );
}

/** The numbers of the order, each at a moment between call and return, from left to right. */
function moments(operations: readonly ShownOperation[], layout: Layout): string {
  const ordered = operations
    .filter(({ place }) => place !== undefined)
    .sort((left, right) => (left.place ?? 0) - (right.place ?? 0));
  const gaps: ShownOperation[][] = [];
  let latest = -Infinity;
  for (const shown of ordered) {
    // None can have taken effect before the last call of those that came before it in the order.
    if (shown.operation.calledAt > latest || gaps.length === 0) gaps.push([]);
    latest = Math.max(latest, shown.operation.calledAt);
    gaps.at(-1)?.push(shown);
  }
  const points = gaps.flatMap((gap) => {
    const start = layout.xOf(Math.max(...gap.map(({ operation }) => operation.calledAt)));
    return gap.map((shown, index) => ({
      x: start + ((index + 1) * EVENT) / (gap.length + 1),
      y: layout.laneOf.get(shown.operation.process) ?? 0,
      place: shown.place ?? 0,
    }));
  });
  const path = element('polyline', {
    points: points.map(({ x, y }) => `${x.toFixed(1)},${y}`).join(' '),
    class: 'moments',
  });
  const badges = points.map(({ x, y, place }) =>
    element(
      'g',
      { class: 'moment' },
      element('circle', { cx: x, cy: y, r: BADGE }),
      textElement(x, y + 3.5, String(place), { 'text-anchor': 'middle' }),
    ),
  );
  return path + badges.join('');
}
