import type { TraceEvent, TraceMessage } from './event.js';
import { keyOf } from './model-state.js';

/**
 * The event stream in the terms of etcd's specification, which knows no network that doubles messages, and moves them out of a
 * member only by the event `Ready`.
 *
 * - A request that came twice is written as sent twice; a doubled answer as heard once, since hearing it again changes nothing.
 * - A message that rests on nothing new, or went out before its entries were durable (thesis, §10.2.1), is followed by a `Ready` of its
 *   sender, which shows what was durable already.
 */
export function inSpecifiedTerms(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const deliveries = matchDeliveries(events);
  const written: TraceEvent[] = [];
  const durable = new Map<string, TraceEvent>();
  events.forEach((event, position) => {
    if (event.name === 'Ready' || event.name === 'InitState') durable.set(event.nid, event);
    if (deliveries.superfluous.has(position)) return;
    for (let copies = deliveries.copies.get(position) ?? 0; copies >= 0; copies--) written.push(event);
    const kept = durable.get(event.nid);
    if (deliveries.needReady.has(position) && kept !== undefined) written.push(readyOf(event, kept));
  });
  return written;
}

function readyOf({ nid, state: { commit }, role, conf }: TraceEvent, { state, log }: TraceEvent): TraceEvent {
  return { name: 'Ready', nid, state: { ...state, commit }, role, log, conf };
}

interface Deliveries {
  /** Positions of sendings, with how many more there should have been. */
  readonly copies: ReadonlyMap<number, number>;
  /** Positions of receipts that the specification cannot express and need not. */
  readonly superfluous: ReadonlySet<number>;
  /** Positions of sendings whose sender makes nothing durable between them and their receipt. */
  readonly needReady: ReadonlySet<number>;
}

interface Sendings {
  readonly positions: number[];
  received: number;
}

function matchDeliveries(events: readonly TraceEvent[]): Deliveries {
  const copies = new Map<number, number>();
  const superfluous = new Set<number>();
  const needReady = new Set<number>();
  const sendings = new Map<string, Sendings>();
  const lastReady = new Map<string, number>();
  const receive = (msg: TraceMessage, position: number): void => {
    const sent = sendings.get(keyOf(msg));
    if (sent === undefined) return;
    const { positions, received } = sent;
    const source = positions[Math.min(received, positions.length - 1)] ?? 0;
    if (received >= positions.length) {
      if (msg.type.endsWith('Resp')) superfluous.add(position);
      else copies.set(source, (copies.get(source) ?? 0) + 1);
    }
    sent.received++;
    if ((lastReady.get(msg.from) ?? -1) < source) needReady.add(source);
  };
  events.forEach(({ name, nid, msg }, position) => {
    if (name === 'Ready') lastReady.set(nid, position);
    if (msg === undefined) return;
    if (name.startsWith('Receive')) return receive(msg, position);
    const sent = sendings.get(keyOf(msg));
    if (sent === undefined) sendings.set(keyOf(msg), { positions: [position], received: 0 });
    else sent.positions.push(position);
  });
  return { copies, superfluous, needReady };
}

/**
 * One line for each event, for etcd's TLA+ trace specification. `ts` counts them in a fixed width: the script that comes with the
 * specification sorts by it, as text.
 */
export function linesOf(events: readonly TraceEvent[]): string {
  const line = (event: TraceEvent, position: number): string => {
    const ts = String(position + 1).padStart(12, '0');
    return `${JSON.stringify({ level: 'debug', ts, msg: 'trace', tag: 'trace', event })}\n`;
  };
  return events.map(line).join('');
}
