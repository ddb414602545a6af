import type { TraceRecord } from '../run.js';

/** A message that came for the first time. */
export interface Arrival {
  readonly n: number;
  readonly sentUs: number;
  readonly atUs: number;
}

/** What came over one directed link, from one life of its sender to one life of its receiver. */
export interface LinkLog {
  readonly from: string;
  readonly to: string;
  /** By number. */
  readonly byNumber: readonly Arrival[];
  /** In the order in which they came. */
  readonly byTime: readonly Arrival[];
  /** What came again: how long after the first time. */
  readonly repeatsAfterUs: readonly number[];
}

/** All that was said and heard in a run of `chatter`. */
export interface Log {
  readonly links: readonly LinkLog[];
  readonly nodes: readonly string[];
  /** By node, when it spoke, in order. */
  readonly spokeUs: ReadonlyMap<string, readonly number[]>;
}

/** Gathers what the observations `sent` and `heard` tell. */
export function logOf(nodes: readonly string[], trace: readonly TraceRecord[]): Log {
  const spokeUs = new Map<string, number[]>(nodes.map((node) => [node, []]));
  const sentUs = new Map<string, number>();
  const links = new Map<string, GrowingLink>();
  for (const line of trace) {
    if (line.kind !== 'observation') continue;
    const { node, atUs, observation } = line.record;
    const { type, n, from, life, ownLife } = observation;
    if (type === 'sent') {
      spokeUs.get(node)!.push(atUs);
      sentUs.set(`${node} ${String(life)} ${String(n)}`, atUs);
    }
    if (type !== 'heard') continue;
    const sender = `${String(from)} ${String(life)}`;
    const key = `${sender} ${node} ${String(ownLife)}`;
    const link = links.get(key) ?? { from: String(from), to: node, byTime: [], first: new Map(), repeats: [] };
    links.set(key, link);
    const sent = sentUs.get(`${sender} ${String(n)}`);
    if (sent !== undefined) hear(link, { n: Number(n), sentUs: sent, atUs });
  }
  return { nodes, spokeUs, links: [...links.values()].map(finished) };
}

interface GrowingLink {
  readonly from: string;
  readonly to: string;
  readonly byTime: Arrival[];
  readonly first: Map<number, Arrival>;
  readonly repeats: number[];
}

function hear(link: GrowingLink, arrival: Arrival): void {
  const first = link.first.get(arrival.n);
  if (first !== undefined) return void link.repeats.push(arrival.atUs - first.atUs);
  link.first.set(arrival.n, arrival);
  link.byTime.push(arrival);
}

function finished({ from, to, byTime, repeats }: GrowingLink): LinkLog {
  const byNumber = [...byTime].sort((a, b) => a.n - b.n);
  return { from, to, byTime, byNumber, repeatsAfterUs: repeats };
}

/** Messages that never came, between two that did. */
export interface Gap {
  readonly count: number;
  /** When the last before it and the first after it were sent. */
  readonly fromUs: number;
  readonly untilUs: number;
  readonly before: number;
}

export function gapsOf({ byNumber }: LinkLog): readonly Gap[] {
  return byNumber.slice(1).flatMap((after, at) => {
    const before = byNumber[at]!;
    const count = after.n - before.n - 1;
    return count === 0 ? [] : [{ count, fromUs: before.sentUs, untilUs: after.sentUs, before: before.n }];
  });
}

export const tookUs = ({ sentUs, atUs }: Arrival): number => atUs - sentUs;

const GRID_US = 10_000;
/** Whoever was heard from within this time is heard. */
const FRESH_US = 60_000;
const SPOKE_US = 12_000;

/** Who hears whom, and who lives, at one moment. */
export interface Moment {
  hears(node: string, other: string): boolean;
  speaks(node: string): boolean;
}

/** One moment every 10 ms, from when all have been heard. */
export function momentsOf({ nodes, links, spokeUs }: Log): readonly Moment[] {
  const endUs = Math.max(...nodes.map((node) => spokeUs.get(node)!.at(-1) ?? 0));
  const count = Math.floor(endUs / GRID_US);
  const mark = (marked: Uint8Array, atUs: number, forUs: number): void => {
    const last = Math.min(count, Math.floor((atUs + forUs) / GRID_US));
    for (let place = Math.ceil(atUs / GRID_US); place <= last; place++) marked[place] = 1;
  };
  const heard = new Map<string, Uint8Array>();
  for (const { from, to, byTime } of links) {
    const marked = heard.get(`${to}<${from}`) ?? new Uint8Array(count + 1);
    heard.set(`${to}<${from}`, marked);
    for (const { atUs } of byTime) mark(marked, atUs, FRESH_US);
  }
  const spoke = new Map<string, Uint8Array>();
  for (const [node, times] of spokeUs) {
    const marked = new Uint8Array(count + 1);
    spoke.set(node, marked);
    for (const atUs of times) mark(marked, atUs, SPOKE_US);
  }
  const first = (2 * FRESH_US) / GRID_US;
  return Array.from({ length: Math.max(0, count + 1 - first) }, (_, place) => ({
    hears: (node, other) => heard.get(`${node}<${other}`)?.[first + place] === 1,
    speaks: (node) => spoke.get(node)?.[first + place] === 1,
  }));
}

/** For how long at a stretch it was so, in microseconds. */
export function longestUs(moments: readonly Moment[], isSo: (moment: Moment) => boolean): number {
  let longest = 0;
  let stretch = 0;
  for (const moment of moments) {
    stretch = isSo(moment) ? stretch + GRID_US : 0;
    longest = Math.max(longest, stretch);
  }
  return longest;
}
