import type { PlannedFault } from '../faults/plan.js';
import type { TraceRecord } from '../run.js';
import { stepOf, timeOfUs } from './first-difference.js';

/** One line of a trace, for people. */
export interface TraceLine {
  readonly atMs: string;
  /** `node:step`, or '' for a fault. */
  readonly step: string;
  readonly kind: TraceRecord['kind'];
  readonly text: string;
}

const VALUE_MAX = 100;

export function traceLine(record: TraceRecord): TraceLine {
  return { atMs: formatMs(timeOfUs(record)), step: stepOf(record), kind: record.kind, text: describe(record) };
}

function describe(record: TraceRecord): string {
  switch (record.kind) {
    case 'observation': {
      const { type, ...fields } = record.record.observation;
      const where = record.record.actor === '' ? '' : `${record.record.actor}: `;
      return `${where}${type} ${describeFields(fields)}`.trimEnd();
    }
    case 'delivery': {
      const tookMs = formatMs(record.atUs - record.sentAtUs);
      return `${record.type} from ${record.from} to ${record.to} (took ${tookMs} ms)`;
    }
    case 'lost':
      return `${record.type} from ${record.from} to ${record.to} is lost by ${record.by}`;
    case 'step':
      return record.what;
    case 'fault':
      return `${record.what === 'do' ? 'begins' : 'ends'}: ${record.name} (${record.fault})`;
  }
}

function describeFields(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${describeValue(value)}`)
    .join(' ');
}

function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
}

/** Milliseconds with three digits after the point: microseconds are the unit of virtual time. */
export function formatMs(us: number): string {
  return (us / 1000).toFixed(3);
}

/** The records around a step: up to `before` before what it did, that itself, and `after` after it. */
export function aroundStep(
  trace: readonly TraceRecord[],
  step: string,
  before: number,
  after: number,
): readonly TraceRecord[] {
  // A message may be lost long after the step that sent it.
  const last = trace.findLastIndex((record) => record.kind !== 'lost' && stepOf(record) === step);
  if (last < 0) return trace.slice(-before);
  let first = last;
  while (first > 0 && stepOf(trace[first - 1]!) === step) first--;
  return trace.slice(Math.max(0, first - before), last + 1 + after);
}

/** Whom a fault of a plan concerns, for people. */
export function describeTarget({ target }: PlannedFault): string {
  switch (target.kind) {
    case 'node':
      return target.node;
    case 'observer':
      return target.others === undefined ? 'whoever is observed' : 'whoever is observed, and the other servers';
    case 'links':
      return `${target.from.join(', ')} -> ${target.to.join(', ')}`;
    case 'all':
      return 'all';
  }
}

/** When a fault of a plan begins, for people. */
export function describeMoment({ at }: PlannedFault): string {
  if ('ms' in at) return `${at.ms} ms`;
  if ('on' in at) return `${at.on} no. ${at.occurrence}${at.node === undefined ? '' : ` of ${at.node}`}`;
  const { onMessage, occurrence, from, to, when = 'sent' } = at;
  const link = `${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`;
  return `message ${onMessage} no. ${occurrence} ${when}${link}`;
}
