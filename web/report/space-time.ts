import { scaleLinear } from 'd3-scale';
import type { Violation } from '../../sim/properties/property.js';
import type { TraceRecord } from '../../sim/run.js';
import { faultStrip } from './fault-strip.js';
import { element, escapeText, textElement } from './markup.js';

/** What a picture shows: a stretch of a run, with or without every message. */
export interface SpaceTimeView {
  readonly nodes: readonly string[];
  readonly trace: readonly TraceRecord[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Draw each message as an arrow; for short stretches. */
  readonly messages: boolean;
  /** Observation types that get a mark, with the CSS class of the mark. */
  readonly marks: Readonly<Record<string, string>>;
  /** Stretches of a node between two observation types, drawn as a thick line: who led, who was down. */
  readonly spans: readonly SpanRule[];
  /** Each is ringed at the node and the time at which it was noticed. */
  readonly violations?: readonly Violation[];
}

export interface SpanRule {
  readonly begins: string;
  readonly ends: readonly string[];
  readonly cssClass: string;
}

const WIDTH = 1060;
const LANE = 44;
const LEFT = 92;
const MOST_MESSAGES = 1500;
const CHARACTER = 7;

/**
 * A run as space and time: a lane for each node, time to the right, messages as slanted lines from the sending to the receiving,
 * faults as bands, observations as marks. Every mark and line carries its step as a tooltip.
 */
export function spaceTimePicture(title: string, view: SpaceTimeView): string {
  const x = scaleLinear([view.fromMs, view.toMs], [LEFT, WIDTH - 14]);
  const faults = faultStrip(view.trace, view, x);
  const top = faults.heightPx + 4;
  const height = top + view.nodes.length * LANE + 30;
  const laneOf = new Map(view.nodes.map((node, index) => [node, top + index * LANE + LANE / 2]));
  const layers = [
    faults.markup,
    textElement(LEFT - 10, 10, 'faults', { 'text-anchor': 'end', class: 'quiet' }),
    ...axis(view, x, top, height),
    ...lanes(view, laneOf),
    ...spans(view, x, laneOf),
    ...(view.messages ? messageLines(view, x, laneOf) : []),
    ...marks(view, x, laneOf),
    ...rings(view, x, laneOf),
  ];
  return element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': title, class: 'space-time' },
    ...layers,
  );
}

type Lanes = ReadonlyMap<string, number>;
type Scale = (ms: number) => number;

function lanes(view: SpaceTimeView, laneOf: Lanes): readonly string[] {
  return view.nodes.map((node) => {
    const y = laneOf.get(node) ?? 0;
    const lane = element('line', { x1: LEFT, x2: WIDTH - 14, y1: y, y2: y, class: 'lane' });
    return lane + textElement(LEFT - 10, y + 4, node, { 'text-anchor': 'end' });
  });
}

function axis({ fromMs, toMs }: SpaceTimeView, x: Scale, top: number, height: number): readonly string[] {
  const spanMs = toMs - fromMs;
  return scaleLinear([fromMs, toMs], [0, 1])
    .ticks(10)
    .map((ms) => {
      const label = spanMs < 3000 ? `${(ms / 1000).toFixed(3)} s` : `${(ms / 1000).toFixed(spanMs < 20_000 ? 1 : 0)} s`;
      const rule = element('line', { x1: x(ms), x2: x(ms), y1: top, y2: height - 26, class: 'tick' });
      const isClipped = x(ms) + (label.length * CHARACTER) / 2 > WIDTH;
      const [place, anchor] = isClipped ? [WIDTH - 2, 'end'] : [x(ms), 'middle'];
      return rule + textElement(place, height - 10, label, { 'text-anchor': anchor, class: 'quiet' });
    });
}

function spans(view: SpaceTimeView, x: Scale, laneOf: Lanes): readonly string[] {
  return view.spans.flatMap((rule) => {
    const begun = new Map<string, number>();
    const drawn: string[] = [];
    const close = (node: string, toMs: number): void => {
      const fromMs = begun.get(node);
      const y = laneOf.get(node);
      begun.delete(node);
      if (fromMs === undefined || y === undefined || toMs < view.fromMs || fromMs > view.toMs) return;
      const x1 = x(Math.max(fromMs, view.fromMs));
      const x2 = x(Math.min(toMs, view.toMs));
      drawn.push(element('line', { x1, x2: Math.max(x2, x1 + 2), y1: y, y2: y, class: `span ${rule.cssClass}` }));
    };
    for (const record of view.trace) {
      if (record.kind !== 'observation') continue;
      const { node, atUs, observation } = record.record;
      if (observation.type === rule.begins && !begun.has(node)) begun.set(node, atUs / 1000);
      else if (rule.ends.includes(observation.type)) close(node, atUs / 1000);
    }
    for (const node of [...begun.keys()]) close(node, view.toMs);
    return drawn;
  });
}

function messageLines(view: SpaceTimeView, x: Scale, laneOf: Lanes): readonly string[] {
  const lines: string[] = [];
  for (const record of view.trace) {
    if (lines.length >= MOST_MESSAGES) break;
    if (record.kind === 'lost') lines.push(...cutArrow(view, record, x, laneOf));
    if (record.kind !== 'delivery') continue;
    const source = record.from.slice(0, record.from.indexOf('/'));
    const y1 = laneOf.get(source);
    const y2 = laneOf.get(record.node);
    const sentMs = record.sentAtUs / 1000;
    const atMs = record.atUs / 1000;
    if (y1 === undefined || y2 === undefined || source === record.node || atMs < view.fromMs || sentMs > view.toMs)
      continue;
    const label = `${record.type}: ${source}:${record.causeStep} to ${record.node}:${record.step}`;
    const x1 = x(Math.max(sentMs, view.fromMs));
    const x2 = x(Math.min(atMs, view.toMs));
    lines.push(element('line', { x1, y1, x2, y2, class: 'message' }, element('title', {}, escapeText(label))));
  }
  return lines;
}

const CROSS_PX = 3.5;
const ARROW_PX = 10;

/** A message that never came: a dashed line that ends in a cross half-way. */
function cutArrow(
  view: SpaceTimeView,
  record: Extract<TraceRecord, { kind: 'lost' }>,
  x: Scale,
  laneOf: Lanes,
): readonly string[] {
  const source = record.from.slice(0, record.from.indexOf('/'));
  const target = record.to.slice(0, record.to.indexOf('/'));
  const y1 = laneOf.get(source);
  const y2 = laneOf.get(target);
  const sentMs = record.sentAtUs / 1000;
  const lostMs = record.atUs / 1000;
  if (y1 === undefined || y2 === undefined || source === target || lostMs < view.fromMs || sentMs > view.toMs)
    return [];
  const x1 = x(Math.max(sentMs, view.fromMs));
  const x2 = Math.max(x(Math.min(lostMs, view.toMs)), x1 + ARROW_PX);
  const middle = (y1 + y2) / 2;
  const cross = `M${x1} ${y1}L${x2} ${middle}m${-CROSS_PX} ${-CROSS_PX}l${2 * CROSS_PX} ${2 * CROSS_PX}m0 ${-2 * CROSS_PX}l${-2 * CROSS_PX} ${2 * CROSS_PX}`;
  const label = `${record.type}: ${source}:${record.causeStep} to ${target}, lost by ${record.by}`;
  return [element('path', { d: cross, class: 'message lost' }, element('title', {}, escapeText(label)))];
}

function marks(view: SpaceTimeView, x: Scale, laneOf: Lanes): readonly string[] {
  const drawn: string[] = [];
  for (const record of view.trace) {
    if (record.kind !== 'observation') continue;
    const { node, step, atUs, observation } = record.record;
    const cssClass = view.marks[observation.type];
    const y = laneOf.get(node);
    const atMs = atUs / 1000;
    if (cssClass === undefined || y === undefined || atMs < view.fromMs || atMs > view.toMs) continue;
    const label = `${node}:${step} ${JSON.stringify(observation)}`.slice(0, 400);
    drawn.push(
      element(
        'circle',
        { cx: x(atMs), cy: y, r: 3.6, class: `mark ${cssClass}` },
        element('title', {}, escapeText(label)),
      ),
    );
  }
  return drawn;
}

function rings({ violations = [], fromMs, toMs }: SpaceTimeView, x: Scale, laneOf: Lanes): readonly string[] {
  return violations.flatMap(({ property, step, atMs, message }) => {
    const y = laneOf.get(step.slice(0, step.lastIndexOf(':')));
    if (y === undefined || atMs < fromMs || atMs > toMs) return [];
    const label = `${property} at step ${step}: ${message}`.slice(0, 400);
    const ring = { cx: x(atMs), cy: y, r: 7, class: 'violated' };
    return [element('circle', ring, element('title', {}, escapeText(label)))];
  });
}
