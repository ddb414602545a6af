import type { ObservedRecord } from '../../runtime/observation.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';
import type { GossipCoordinatorState } from '../../protocols/gossip/index.js';
import type { EndOfRun } from '../../sim/index.js';
import { observed } from './observed.js';

/** Clocks go wrong by 500 ppm at most. */
const RATE = 0.999;

/** Keys whose tombstone some node has forgotten: others may still have it, for a while. */
export class ForgottenKeys {
  private readonly collected = new Set<string>();
  /** When a key was deleted, where that was the last write of it. */
  private readonly deletedUs = new Map<string, number>();

  observe(record: ObservedRecord): void {
    const seen = observed(record);
    if (seen.type === 'register-collected') this.collected.add(seen.key);
    if (seen.type !== 'register-written' && seen.type !== 'siblings-written') return;
    if (seen.deleted) this.deletedUs.set(seen.key, record.atUs);
    else this.deletedUs.delete(seen.key);
  }

  has(key: string, end: EndOfRun): boolean {
    return this.collected.has(key) || this.isOver(key, end);
  }

  /** Whoever forgot it as the run ended has not told: an observation waits for the disk. */
  private isOver(key: string, end: EndOfRun): boolean {
    const atUs = this.deletedUs.get(key);
    if (atUs === undefined || end.core[0] === undefined) return false;
    const state = end.state(end.core[0], COORDINATOR_ACTOR) as GossipCoordinatorState | undefined;
    return state !== undefined && end.simulatedMs * 1000 - atUs >= state.options.registerTombstoneMs * 1000 * RATE;
  }
}
