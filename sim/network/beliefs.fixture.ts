import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import type { PlannedFault } from '../faults/plan.js';
import type { RunResult } from '../run.js';
import type { Scenario } from '../scenario.js';
import { noCalendar, quiet } from '../world/probe.fixture.js';
import { runInline } from '../world/run-inline.js';

/**
 * Small wrong beliefs about networks, such as real protocols have rested on. Five nodes number their messages to each other, one every
 * 2 ms, and tell when what they hear breaks a belief. Which fault breaks which shows what it brings to light, and what it does not.
 */
export type Belief =
  /** What comes twice comes twice soon: the last 16 numbers are all that has to be remembered. */
  | 'repeats-come-soon'
  /** A new message is at most 8 behind. */
  | 'window-of-eight'
  /** Nothing overtakes. */
  | 'order'
  /** Out of a link that is heard all the while no three messages in a row are lost. */
  | 'single-losses'
  /** Losses of several in a row strike one direction of a pair at a time. */
  | 'losses-have-one-direction'
  /** Whoever floods after a silence has lost nothing. */
  | 'floods-lose-nothing'
  /** No more than 40 messages of a peer come within 6 ms. */
  | 'no-floods'
  /** A flood keeps its order. */
  | 'floods-are-in-order'
  /** A small message does not wait for a large one. */
  | 'size-does-not-matter'
  /** Out of a link that is heard all the while nothing takes longer than eight times the average so far. */
  | 'average-tells-all'
  /** Messages mostly take as long as the last one. */
  | 'steady-latency'
  /** All peers are equally far. */
  | 'equal-distances'
  /** Whomever a peer hears I hear too. */
  | 'hearing-is-transitive'
  /** Who hears a majority, and nobody before it by name, is the only leader. */
  | 'majority-means-leader'
  /** The first that I hear of leads. */
  | 'my-leader-leads'
  /** Whoever hears me I hear. */
  | 'hearing-is-mutual';

const NODES = Object.freeze(['a', 'b', 'c', 'd', 'e']);
const EVERY_MS = 2;
const FRESH_MS = 60;
const LATENCY_MS = 8;
const PADDING_BYTES = 3_000;
const LARGE_EVERY = 40;
/** Before that nobody has heard much. */
const SETTLED_MS = 100;

const talk = messages('belief', {
  tick: {},
  word: { n: t.int, atMs: t.number, hears: t.array(t.string), gapAtMs: t.number, leads: t.bool, padding: t.bytes },
});

interface Peer {
  max: number;
  lastAtMs: number;
  silentUntilMs: number;
  afterSilenceGap: boolean;
  floodDisordered: number;
  readonly seen: Set<number>;
  readonly recentAtMs: number[];
  delays: number;
  delaySum: number;
  lastDelay: number;
  delayBefore: number;
  ownGapAtMs: number;
  steady: number;
  waitedForLarge: number;
  gapAtMs: number;
  hears: readonly string[];
  leads: boolean;
  notTransitiveSinceMs: number;
  notMutualSinceMs: number;
}

interface BelieverState {
  sent: number;
  wrongLeaderSinceMs: number;
  twoLeadersSinceMs: number;
  readonly peers: Map<string, Peer>;
  readonly broken: Set<Belief>;
}

function newPeer(): Peer {
  return {
    ...{ max: 0, lastAtMs: 0, silentUntilMs: 0, afterSilenceGap: false, floodDisordered: 0, delays: 0 },
    ...{
      delaySum: 0,
      lastDelay: 0,
      delayBefore: 0,
      ownGapAtMs: -1000,
      steady: 0,
      waitedForLarge: 0,
      gapAtMs: -1000,
      hears: [],
      leads: false,
    },
    ...{ seen: new Set<number>(), recentAtMs: [], notTransitiveSinceMs: Infinity, notMutualSinceMs: Infinity },
  };
}

const believer = actor(talk, {
  init: (_params: null): BelieverState => ({
    ...{ sent: 0, wrongLeaderSinceMs: Infinity, twoLeadersSinceMs: Infinity },
    ...{ peers: new Map<string, Peer>(), broken: new Set<Belief>() },
  }),
  start: (context) => context.setTimer('tick', EVERY_MS, { type: 'tick' }),
  on: {
    tick(context, state) {
      context.setTimer('tick', EVERY_MS, { type: 'tick' });
      state.sent++;
      const nowMs = context.nowMs();
      const hears = heardBy(state, nowMs);
      const leads = hears.length >= 2 && hears.every((peer) => peer > context.node);
      const padding = new Uint8Array(state.sent % LARGE_EVERY === 0 ? PADDING_BYTES : 0);
      const word = { n: state.sent, atMs: nowMs, hears, leads, padding };
      for (const peer of NODES)
        if (peer !== context.node) {
          const gapAtMs = state.peers.get(peer)?.ownGapAtMs ?? -1000;
          context.send(believer.at(peer, 'b'), { type: 'word', ...word, gapAtMs });
        }
      for (const belief of breaksOf(state, context.node, hears, leads, nowMs)) tell(belief);

      function tell(belief: Belief): void {
        if (state.broken.has(belief)) return;
        state.broken.add(belief);
        context.observe({ type: 'belief-broken', belief });
      }
    },
    word(context, state, word) {
      const from = context.sender.slice(0, 1);
      const peer = state.peers.get(from) ?? newPeer();
      state.peers.set(from, peer);
      const nowMs = context.nowMs();
      const broken = [...hear(peer, word, nowMs)];
      for (const belief of broken) {
        if (state.broken.has(belief) || nowMs < SETTLED_MS) continue;
        state.broken.add(belief);
        context.observe({ type: 'belief-broken', belief });
      }
    },
  },
});

function heardBy({ peers }: BelieverState, nowMs: number): readonly string[] {
  return [...peers].filter(([, { lastAtMs }]) => nowMs - lastAtMs <= FRESH_MS).map(([name]) => name);
}

interface Word {
  readonly n: number;
  readonly atMs: number;
  readonly hears: readonly string[];
  readonly gapAtMs: number;
  readonly leads: boolean;
}

function* hear(peer: Peer, word: Word, nowMs: number): Generator<Belief> {
  const { n } = word;
  const isRepeat = peer.seen.has(n);
  if (isRepeat && n < peer.max - 16) yield 'repeats-come-soon';
  const silenceMs = nowMs - peer.lastAtMs;
  peer.lastAtMs = nowMs;
  if (isRepeat) return;
  peer.seen.add(n);
  yield* hearOrder(peer, n, nowMs, silenceMs);
  yield* hearDelay(peer, word, nowMs);
  peer.max = Math.max(peer.max, n);
  Object.assign(peer, { hears: word.hears, leads: word.leads, gapAtMs: word.gapAtMs });
  if (peer.gapAtMs > 0 && Math.abs(peer.gapAtMs - peer.ownGapAtMs) < 40) yield 'losses-have-one-direction';
}

const SILENCE_MS = 100;
/** After a silence a link is not lively for so long. */
const WARY_MS = 200;
/** How many messages back nothing comes any more. */
const SETTLED_BACK = 60;
const FLOOD_MS = 6;
const LATE_MS = 10;

function* hearOrder(peer: Peer, n: number, nowMs: number, silenceMs: number): Generator<Belief> {
  if (n < peer.max) yield 'order';
  if (n < peer.max - 8) yield 'window-of-eight';
  const missing = n - peer.max - 1;
  const old = n - SETTLED_BACK;
  const isGap = old > 3 && !peer.seen.has(old) && !peer.seen.has(old - 1) && !peer.seen.has(old - 2);
  if (isGap && isLively(peer, nowMs) && silenceMs < SILENCE_MS) {
    peer.ownGapAtMs = nowMs;
    yield 'single-losses';
  }
  if (silenceMs >= SILENCE_MS) {
    peer.silentUntilMs = nowMs;
    peer.afterSilenceGap = missing >= 3;
    peer.floodDisordered = 0;
  }
  peer.recentAtMs.push(nowMs);
  while (peer.recentAtMs[0]! < nowMs - FLOOD_MS) peer.recentAtMs.shift();
  const isAfterSilence = nowMs - peer.silentUntilMs < LATE_MS;
  if (isAfterSilence && n < peer.max) peer.floodDisordered++;
  if (peer.recentAtMs.length > 40) yield 'no-floods';
  if (peer.recentAtMs.length > 40 && peer.floodDisordered > 2) yield 'floods-are-in-order';
  if (isAfterSilence && peer.afterSilenceGap && peer.recentAtMs.length > 10) yield 'floods-lose-nothing';
}

function isLively({ silentUntilMs }: Peer, nowMs: number): boolean {
  return nowMs - silentUntilMs > WARY_MS || silentUntilMs < SETTLED_MS;
}

function* hearDelay(peer: Peer, { n, atMs }: Word, nowMs: number): Generator<Belief> {
  const delayMs = nowMs - atMs;
  const average = peer.delays === 0 ? delayMs : peer.delaySum / peer.delays;
  if (peer.delays > 20 && delayMs > 8 * average && isLively(peer, nowMs)) yield 'average-tells-all';
  const isBehindLarge = n % LARGE_EVERY === 1 && n > LARGE_EVERY;
  if (isBehindLarge && delayMs > peer.delayBefore + LATE_MS && peer.lastDelay > peer.delayBefore + LATE_MS) {
    if (++peer.waitedForLarge >= 2) yield 'size-does-not-matter';
  }
  peer.steady += Math.abs(delayMs - peer.lastDelay) < 1 ? 1 : -1;
  peer.steady = Math.min(20, peer.steady);
  if (peer.steady < -20) yield 'steady-latency';
  peer.delays++;
  peer.delaySum += delayMs;
  peer.delayBefore = peer.lastDelay;
  peer.lastDelay = delayMs;
}

const LASTING_MS = 70;

function* breaksOf(
  state: BelieverState,
  node: string,
  hears: readonly string[],
  leads: boolean,
  nowMs: number,
): Generator<Belief> {
  if (nowMs < SETTLED_MS) return;
  const fresh = hears.map((name) => [name, state.peers.get(name)!] as const);
  const distances = fresh.map(([, { delaySum, delays }]) => delaySum / delays);
  if (Math.max(...distances) - Math.min(...distances) > LATE_MS && isLivelyAll(fresh)) yield 'equal-distances';
  for (const [, peer] of fresh) {
    const isWrong = peer.hears.some((other) => other !== node && !hears.includes(other));
    peer.notTransitiveSinceMs = isWrong ? Math.min(peer.notTransitiveSinceMs, nowMs) : Infinity;
    if (nowMs - peer.notTransitiveSinceMs > LASTING_MS) yield 'hearing-is-transitive';
    peer.notMutualSinceMs = peer.hears.includes(node) ? Infinity : Math.min(peer.notMutualSinceMs, nowMs);
    if (nowMs - peer.notMutualSinceMs > LASTING_MS) yield 'hearing-is-mutual';
  }
  const first = [...hears].sort()[0];
  const isLedByAnother = first !== undefined && first < node;
  const isWrongLeader = isLedByAnother && hears.length >= 2 && !state.peers.get(first)!.leads;
  state.wrongLeaderSinceMs = isWrongLeader ? Math.min(state.wrongLeaderSinceMs, nowMs) : Infinity;
  if (nowMs - state.wrongLeaderSinceMs > LASTING_MS) yield 'my-leader-leads';
  const leaders = fresh.filter(([, peer]) => peer.leads).length + (leads ? 1 : 0);
  state.twoLeadersSinceMs = leaders > 1 ? Math.min(state.twoLeadersSinceMs, nowMs) : Infinity;
  if (nowMs - state.twoLeadersSinceMs > LASTING_MS) yield 'majority-means-leader';
}

function isLivelyAll(fresh: readonly (readonly [string, Peer])[]): boolean {
  return fresh.length === NODES.length - 1 && fresh.every(([, { delays }]) => delays > 150);
}

export const believing: Scenario = {
  name: 'believing',
  programs: { believer: () => [{ name: 'b', definition: believer, params: null }] },
  setup: () => ({
    nodes: NODES.map((id) => ({ id, program: 'believer', params: null, role: 'server' as const })),
    workload: [],
  }),
  latency: { kind: 'uniform', minMs: LATENCY_MS, maxMs: LATENCY_MS },
  ...{ faultMs: 500, healMs: 100, faults: 'none', properties: quiet },
};

/** The beliefs that break while these faults strike. */
export function brokenBeliefs(faults: readonly PlannedFault[], seed = 1): readonly string[] {
  const result: RunResult = runInline(believing, { seed, plan: { faults } }, { calendar: noCalendar, keepTrace: true });
  const broken = new Set<string>();
  for (const line of result.trace ?? []) {
    if (line.kind !== 'observation' || line.record.observation.type !== 'belief-broken') continue;
    broken.add(line.record.observation['belief'] as string);
  }
  return [...broken].sort();
}
