import { assert } from '../../../runtime/assert.js';
import type { Plain } from '../../../runtime/data.js';

/** How a member deals with its store; all of it has defaults. */
export interface MemberOptions {
  /** Time to live of the member's own lease: after so long without it the others may go on without this member. */
  readonly sessionTtlMs: number;
  readonly keepAliveEveryMs: number;
  /**
   * The member stops relying on its lease this share of the time to live before the store may end it. It covers what the two clocks
   * may drift apart in that time: the budget of clock skew that exclusive leadership in real time rests on.
   */
  readonly clockMarginPercent: number;
  /** How often the store is told where each watch stands. */
  readonly roundEveryMs: number;
  /** A request without an answer is sent again after this, then after twice as long, up to `retryAtMostMs`. */
  readonly retryAfterMs: number;
  readonly retryAtMostMs: number;
  /** A client's request without an answer fails after this. */
  readonly giveUpAfterMs: number;
  /** What the member and its clients see of the store: the keys that begin with this, as if they were all. '' is the whole store. */
  readonly namespace: string;
  readonly maxPending: number;
  readonly maxWatches: number;
}

export const defaultMemberOptions: MemberOptions = Object.freeze({
  sessionTtlMs: 3000,
  keepAliveEveryMs: 500,
  clockMarginPercent: 10,
  roundEveryMs: 300,
  retryAfterMs: 100,
  retryAtMostMs: 800,
  giveUpAfterMs: 5000,
  namespace: '',
  maxPending: 256,
  maxWatches: 128,
});

export function memberOptions(given: Plain): MemberOptions {
  const options = { ...defaultMemberOptions, ...(given as Partial<MemberOptions> | null) };
  const { sessionTtlMs, keepAliveEveryMs, clockMarginPercent } = options;
  assert(clockMarginPercent >= 0 && clockMarginPercent < 100, 'clockMarginPercent is in 0..99');
  assert(
    keepAliveEveryMs * 2 <= sessionTtlMs,
    'keepAliveEveryMs leaves time for a second try: at most half of sessionTtlMs',
  );
  return options;
}
