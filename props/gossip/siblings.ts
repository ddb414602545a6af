import type { NodeId } from '../../runtime/address.js';
import { COORDINATOR_ACTOR } from '../../protocols/coordinator/index.js';
import type { GossipCoordinatorState, GossipObservation, Register } from '../../protocols/gossip/index.js';
import type { EndOfRun, Lookout, Monitor } from '../../sim/index.js';
import { isClaimed } from './convergence.js';
import { ForgottenKeys } from './forgotten-keys.js';
import { observed } from './observed.js';

type Vector = Extract<GossipObservation, { type: 'siblings-written' }>['seen'];

/** The nth write of a node to a register, by an author who had seen `seen`. */
interface Event {
  readonly node: NodeId;
  readonly count: number;
  readonly seen: Vector;
}

function covers(vector: Vector, { node, count }: Pick<Event, 'node' | 'count'>): boolean {
  return vector.some((entry) => entry.node === node && entry.count >= count);
}

/** A write that a crash kept from being observed: what it replaced is not known. */
function hasUnknown(vector: Vector, events: readonly Event[]): boolean {
  const known = new Set(events.map(({ node, count }) => `${node} ${count}`));
  return vector.some(({ node, count }) => {
    for (let n = 1; n <= count; n++) if (!known.has(`${node} ${n}`)) return true;
    return false;
  });
}

function judge(register: Register | undefined, events: readonly Event[], core: readonly NodeId[]): string | undefined {
  const { vector = [], siblings = [] } = register?.siblings ?? {};
  const isHeld = (event: Event): boolean =>
    siblings.some(({ node, count }) => node === event.node && count === event.count);
  const isUnsure = hasUnknown(vector, events);
  for (const event of events) {
    const name = `the write ${event.count} of ${event.node}`;
    if (!covers(vector, event)) {
      if (core.includes(event.node)) return `${name} never came`;
      continue;
    }
    const replacing = events.find((other) => covers(vector, other) && covers(other.seen, event));
    if (isHeld(event) && replacing !== undefined) {
      return `${name} stands there, though the write ${replacing.count} of ${replacing.node} had seen it`;
    }
    if (!isHeld(event) && replacing === undefined && !isUnsure)
      return `${name} is gone, and no other write had seen it`;
  }
  return undefined;
}

/** At every core node stand exactly the writes that no other write had seen; none that a core node acknowledged is missing. */
export function siblingsSurvive(): Monitor {
  const written = new Map<string, Event[]>();
  const forgotten = new ForgottenKeys();
  return {
    observe(record) {
      forgotten.observe(record);
      const { node } = record;
      const seen = observed(record);
      if (seen.type !== 'siblings-written') return undefined;
      written.set(seen.key, [...(written.get(seen.key) ?? []), { node, count: seen.count, seen: seen.seen }]);
      return undefined;
    },
    end(end: EndOfRun) {
      if (!isClaimed(end)) return undefined;
      for (const node of end.core) {
        const state = end.state(node, COORDINATOR_ACTOR) as GossipCoordinatorState | undefined;
        for (const [key, events] of written) {
          // Forgotten with its tombstone, by all sooner or later.
          if (forgotten.has(key, end)) continue;
          const fault = judge(state?.replica.held.get(key)?.register, events, end.core);
          if (fault !== undefined) return `at ${node}, under ${key}: ${fault}`;
        }
      }
      return undefined;
    },
  };
}

/** Writes of two replicas that knew nothing of each other stood beside each other. */
export function siblingsStood(): Lookout {
  return {
    observe(record) {
      const seen = observed(record);
      return seen.type === 'siblings-merged' && seen.siblings > 1;
    },
  };
}
