import type { Clock } from '../../runtime/ports.js';
import { drawFate, hashText, scaleFate } from '../fate.js';

/** The clocks of one node. `nowUs` is virtual time, and the host moves it; the monotonic clock begins anew with each life. */
export class NodeClock implements Clock {
  nowUs = 0;
  private originUs = 0;
  private wallOffsetUs = 0;

  /** @param epochUs wall-clock time, in microseconds since 1970, at which virtual time is 0. */
  constructor(private readonly epochUs: number) {}

  monotonicUs(): number {
    return this.nowUs - this.originUs;
  }

  wallUs(): number {
    return this.epochUs + this.nowUs + this.wallOffsetUs;
  }

  beginLife(): void {
    this.originUs = this.nowUs;
  }

  /** Moves the wall clock, and nothing else. */
  shiftWall(byUs: number): void {
    this.wallOffsetUs += byUs;
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
