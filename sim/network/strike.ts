import { drawFate, isWithinPpm, scaleFate } from '../fate.js';
import type { ActiveRule } from './active-rule.js';
import { encodedBytes } from './encoded-size.js';
import { drawLatencyUs } from './latency.js';
import type { LinkEffect } from './link-rule.js';
import type { Passage } from './passage.js';

const COPY = 0x636f7079;
const EXTRA = 0x65787472;
const REDIAL = 0x72656469;

/** The transport's first redial: half of its least back-off to the whole of it. */
const REDIAL_MIN_US = 25_000;
const REDIAL_MAX_US = 50_000;
/** Opening a connection takes two round trips: TCP's and the introduction. */
const ONE_WAY_TRIPS_TO_OPEN = 4;

type Effect<K extends LinkEffect['kind']> = Extract<LinkEffect, { kind: K }>;

/** What one rule does to a message; `leastUs` is the least latency of any link. */
export function strike(rule: ActiveRule, passage: Passage, leastUs: number): void {
  const { effect } = rule;
  switch (effect.kind) {
    case 'slow':
      passage.extraUs += effect.extraUs;
      return;
    case 'latency':
      passage.extraUs += drawOnTop(rule, effect, passage);
      return;
    case 'bandwidth':
      return queueUp(rule, effect, passage);
    case 'reconnect':
      return waitForConnection(passage, rule.sinceUs + reconnectUs(rule, passage, leastUs));
    case 'half-open':
      return meetHalfOpen(rule, effect, passage, leastUs);
    case 'corrupt':
      return corrupt(rule, effect, passage, leastUs);
    default:
      if (isStruck(rule, effect, passage) && rule.mayStrike(passage.to, passage.typeHash))
        strikeOne(rule, effect, passage);
  }
}

/** Effects that strike single messages, or each. */
type StrikingEffect = Exclude<
  LinkEffect,
  { kind: 'slow' | 'latency' | 'bandwidth' | 'reconnect' | 'half-open' | 'corrupt' }
>;

function isStruck({ key }: ActiveRule, effect: StrikingEffect, passage: Passage): boolean {
  if (!('ppm' in effect)) return true;
  if (effect.kind === 'cut-pairs') return isWithinPpm(drawFate(key, passage.pair, 0, 0), effect.ppm);
  return isWithinPpm(drawFate(key, passage.link, passage.typeHash, passage.occurrence), effect.ppm);
}

function strikeOne(rule: ActiveRule, effect: StrikingEffect, passage: Passage): void {
  const { link, typeHash, occurrence } = passage;
  switch (effect.kind) {
    case 'cut':
    case 'cut-pairs':
    case 'drop':
      passage.lostBy = rule.name;
      return;
    case 'duplicate':
      // The copy takes a way of its own, up to as long again as the original's.
      return passage.addCopy(scaleFate(drawFate(rule.key ^ COPY, link, typeHash, occurrence), passage.baseUs + 1));
    case 'replay': {
      const { minUs, maxUs } = effect;
      return passage.addCopy(
        minUs + scaleFate(drawFate(rule.key ^ COPY, link, typeHash, occurrence), maxUs - minUs + 1),
      );
    }
    case 'reorder':
      passage.extraUs += scaleFate(drawFate(rule.key ^ EXTRA, link, typeHash, occurrence), effect.extraUs + 1);
      return;
    case 'clog':
    case 'hold':
      passage.keptBy ??= rule;
  }
}

function drawOnTop({ key }: ActiveRule, { latency }: Effect<'latency'>, passage: Passage): number {
  return drawLatencyUs(latency, key, passage.link, passage.typeHash, passage.occurrence);
}

function queueUp(rule: ActiveRule, effect: Effect<'bandwidth'>, passage: Passage): void {
  const { nowUs, to, envelope } = passage;
  if (envelope === undefined) return;
  const { bytesPerS, queueBytes } = effect;
  const busyUntilUs = Math.max(nowUs, rule.busyUntilUs.get(to) ?? 0);
  const bytes = encodedBytes(envelope);
  const queuedBytes = Math.floor(((busyUntilUs - nowUs) * bytesPerS) / 1_000_000);
  // An idle link takes any message: a queue shorter than the message would else never let it pass.
  if (queuedBytes > 0 && queuedBytes + bytes > queueBytes) {
    passage.lostBy = rule.name;
    return;
  }
  const leavesUs = busyUntilUs + Math.ceil((bytes * 1_000_000) / bytesPerS);
  rule.busyUntilUs.set(to, leavesUs);
  passage.extraUs += leavesUs - nowUs;
}

/** How long it takes from noticing that a connection is gone to having the next one. */
function reconnectUs({ key }: ActiveRule, { link }: Passage, leastUs: number): number {
  const redialUs = scaleFate(drawFate(key ^ REDIAL, link, 0, 0), REDIAL_MAX_US - REDIAL_MIN_US + 1);
  return REDIAL_MIN_US + redialUs + ONE_WAY_TRIPS_TO_OPEN * leastUs;
}

function waitForConnection(passage: Passage, reopenUs: number): void {
  if (passage.nowUs < reopenUs) passage.waitUntil(reopenUs);
}

function meetHalfOpen(rule: ActiveRule, { timeoutUs }: Effect<'half-open'>, passage: Passage, leastUs: number): void {
  const noticedUs = rule.sinceUs + timeoutUs;
  if (passage.nowUs < noticedUs) passage.lostBy = rule.name;
  else waitForConnection(passage, noticedUs + reconnectUs(rule, passage, leastUs));
}

/**
 * The checksum of the transport's frames detects every flipped bit, so the receiver closes the connection on reading the frame.
 * What stands behind it in the stream is lost until the sender has heard of that; what stands before it arrives.
 */
function corrupt(rule: ActiveRule, { ppm }: Effect<'corrupt'>, passage: Passage, leastUs: number): void {
  const { nowUs, to, link, typeHash, occurrence } = passage;
  const broken = rule.broken.get(to);
  if (broken !== undefined && nowUs < broken.noticedUs) {
    passage.lostBy = rule.name;
    return;
  }
  if (broken !== undefined) waitForConnection(passage, broken.reopenUs);
  if (!isWithinPpm(drawFate(rule.key, link, typeHash, occurrence), ppm) || !rule.mayStrike(to, typeHash)) return;
  passage.lostBy = rule.name;
  const noticedUs = nowUs + passage.latencyUs + passage.baseUs;
  rule.broken.set(to, { noticedUs, reopenUs: noticedUs + reconnectUs(rule, passage, leastUs) });
}
