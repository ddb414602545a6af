import { assert } from '../../runtime/assert.js';
import type { Clock } from '../../runtime/ports.js';
import { drawFate, hashText, scaleFate } from '../fate.js';
import { DRIFT_MAX_PPM, DRIFT_MIN_PPM, gainUs, trueSpanUs } from './drift.js';

/**
 * The clocks of one node: one quartz, which may go too fast or too slow, and two readings of it. `nowUs` is virtual time, and the
 * host moves it. The monotonic clock begins anew with each life and never goes back; the wall clock may be shifted besides.
 */
export class NodeClock implements Clock {
  nowUs = 0;
  /** How much faster than true time the quartz goes at present, in parts per million. */
  ratePpm = 0;
  /** When the present rate began, and how far ahead of true time the quartz was then. */
  private rateSinceUs = 0;
  private aheadUs = 0;
  private originUs = 0;
  private wallOffsetUs = 0;

  /** @param epochUs wall-clock time, in microseconds since 1970, at which virtual time is 0. */
  constructor(private readonly epochUs: number) {}

  monotonicUs(): number {
    return this.quartzUs() - this.originUs;
  }

  wallUs(): number {
    return this.epochUs + this.quartzUs() + this.wallOffsetUs;
  }

  beginLife(): void {
    this.originUs = this.quartzUs();
  }

  /** Moves the wall clock, and nothing else. */
  shiftWall(byUs: number): void {
    this.wallOffsetUs += byUs;
  }

  /** From now on; what was gained or lost before stays. */
  setRate(ppm: number): void {
    assert(ppm >= DRIFT_MIN_PPM && ppm <= DRIFT_MAX_PPM, `a clock cannot go ${ppm} ppm beside true time`);
    this.aheadUs = this.quartzUs() - this.nowUs;
    this.rateSinceUs = this.nowUs;
    this.ratePpm = ppm;
  }

  /** How far this clock goes on in a span of virtual time from now. */
  ownSpanUs(spanUs: number): number {
    if (this.ratePpm === 0) return spanUs;
    const goneUs = this.nowUs - this.rateSinceUs;
    return spanUs + gainUs(goneUs + spanUs, this.ratePpm) - gainUs(goneUs, this.ratePpm);
  }

  /** How long, in virtual time from now, until this clock has gone on by `ownUs`. */
  untilUs(ownUs: number): number {
    if (this.ratePpm === 0) return ownUs;
    // In one piece from where the rate began, so that the roundings of many spans do not add up.
    const goneUs = this.nowUs - this.rateSinceUs;
    // A slow clock shows one time for several microseconds: it may have come to that before now.
    return Math.max(0, trueSpanUs(goneUs + gainUs(goneUs, this.ratePpm) + ownUs, this.ratePpm) - goneUs);
  }

  private quartzUs(): number {
    const { nowUs, ratePpm } = this;
    return nowUs + this.aheadUs + (ratePpm === 0 ? 0 : gainUs(nowUs - this.rateSinceUs, ratePpm));
  }
}

const FIRST_EPOCH_MS = 1_704_067_200_000; // 2024-01-01T00:00:00Z
const EPOCH_MINUTES = 4 * 366 * 24 * 60;

/** The wall-clock time at which a run begins: some millisecond of the four years from 2024, drawn by the seed. */
export function drawEpochUs(seedHash: number): number {
  const key = seedHash ^ hashText('epoch');
  const minutes = scaleFate(drawFate(key, 1, 0, 0), EPOCH_MINUTES);
  const milliseconds = scaleFate(drawFate(key, 2, 0, 0), 60_000);
  return (FIRST_EPOCH_MS + minutes * 60_000 + milliseconds) * 1000;
}
