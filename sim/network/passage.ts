import { assert } from '../../runtime/assert.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { ActiveRule } from './active-rule.js';

const COPIES_MAX = 16;

/** One message on its way past the faults of its link; one object serves all messages of a group. */
export class Passage {
  from = 0;
  to = 0;
  /** Hashes: of the directed link, and of the pair whichever way. */
  link = 0;
  pair = 0;
  typeHash = 0;
  occurrence = 0;
  nowUs = 0;
  /** What the link takes without faults. */
  baseUs = 0;
  envelope: Envelope | undefined;

  /** Before it may leave. */
  waitUs = 0;
  extraUs = 0;
  lostBy = '';
  keptBy: ActiveRule | undefined;
  copyCount = 0;
  /** Microseconds that each copy takes longer than the original. */
  readonly copyExtraUs = new Float64Array(COPIES_MAX);

  begin(nowUs: number, baseUs: number, envelope: Envelope | undefined): void {
    this.nowUs = nowUs;
    this.baseUs = baseUs;
    this.envelope = envelope;
    this.waitUs = 0;
    this.extraUs = 0;
    this.lostBy = '';
    this.keptBy = undefined;
    this.copyCount = 0;
  }

  /** From being sent to arriving. */
  get latencyUs(): number {
    return this.waitUs + this.baseUs + this.extraUs;
  }

  addCopy(extraUs: number): void {
    // More copies of one message than this show nothing more.
    if (this.copyCount < COPIES_MAX) this.copyExtraUs[this.copyCount++] = extraUs;
  }

  /** Nothing leaves before this time. */
  waitUntil(timeUs: number): void {
    assert(timeUs >= this.nowUs, 'a message cannot wait for a time that has passed');
    this.waitUs = Math.max(this.waitUs, timeUs - this.nowUs);
  }
}
