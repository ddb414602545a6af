import type { NodeId } from '../../runtime/address.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';
import type { GossipCoordinatorState } from '../../protocols/gossip/index.js';
import type { EndOfRun, Monitor } from '../../sim/index.js';
import { lifeOf, observed } from './observed.js';

/** Clocks go wrong by 500 ppm at most, sweeps come eight times in the life of a tombstone, and an observation waits for the disk. */
function longestUs(ms: number): number {
  return ms * 1002 * 1.125 + LATE_US;
}
const LATE_US = 3_000_000;

/** Offices are given back, not deleted; all other keys have their tombstones forgotten. */
const OFFICES = '!election/';

/**
 * The memory that deleted registers take is bounded: each is remembered for the time stated, not less, and not longer, whatever kind of key it is; so
 * there are never more tombstones than keys were deleted in that time. A life remembers what the last one did, and counts their time anew.
 */
export function registerTombstonesKept(): Monitor {
  const changedUs = new Map<string, number>();
  const startedUs = new Map<NodeId, number>();
  return {
    observe(record) {
      const seen = observed(record);
      const { node, atUs } = record;
      if (seen.type === 'member-started') startedUs.set(node, atUs);
      if (seen.type === 'siblings-written' || seen.type === 'siblings-merged')
        changedUs.set(`${node} ${seen.key}`, atUs);
      if (seen.type === 'register-written' || seen.type === 'register-merged')
        changedUs.set(`${node} ${seen.key}`, atUs);
      if (seen.type !== 'register-collected' || seen.heldMs >= seen.tombstoneMs) return undefined;
      // By its own clock: when a deletion is observed depends on the disk, and may be much later.
      return `${lifeOf(record)} forgot ${seen.key} after ${seen.heldMs} ms, before its ${seen.tombstoneMs} ms were over`;
    },
    end(end: EndOfRun) {
      for (const node of end.core) {
        const state = end.state(node, COORDINATOR_ACTOR) as GossipCoordinatorState | undefined;
        if (state === undefined) continue;
        const limitUs = longestUs(state.options.registerTombstoneMs);
        for (const [key, { register }] of state.replica.held) {
          if (!register.deleted || key.startsWith(OFFICES)) continue;
          const sinceUs = Math.max(changedUs.get(`${node} ${key}`) ?? 0, startedUs.get(node) ?? 0);
          const heldUs = end.simulatedMs * 1000 - sinceUs;
          if (heldUs > limitUs) return `${node} still remembers ${key}, deleted for ${heldUs / 1000} ms`;
        }
      }
      return undefined;
    },
  };
}
