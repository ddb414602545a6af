import type { NodeId } from '../../runtime/address.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Lookout } from '../../sim/index.js';
import { isClaimed } from './convergence.js';
import { lifeOf, observed } from './observed.js';

// What ought to happen in some run of a hunt, or the properties beside it would say nothing.

/** An observation of one of these types. */
export function sawAny(...types: readonly string[]): () => Lookout {
  return () => ({ observe: (record: ObservedRecord) => types.includes(record.observation.type) });
}

/** A suspicion was confirmed by a second member. */
export function suspicionConfirmed(): Lookout {
  return {
    observe(record) {
      const seen = observed(record);
      return seen.type === 'suspicion-timed' && seen.confirmations > 0;
    },
  };
}

/** A member was declared dead and came back in the same view. */
export function deadCameBack(): Lookout {
  const dead = new Set<string>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type === 'member-dead') dead.add(`${lifeOf(record)} ${seen.member}`);
      return seen.type === 'member-alive' && dead.has(`${lifeOf(record)} ${seen.member}`);
    },
  };
}

/** Two nodes held the office at once: split brain, which this coordinator allows and does not hide. */
export function twoLed(): Lookout {
  const leading = new Map<NodeId, number>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type === 'elected') leading.set(record.node, seen.token);
      if (seen.type === 'deposed' || record.observation.type === 'node-crashed') leading.delete(record.node);
      return leading.size > 1;
    },
  };
}

/** A deletion made elsewhere was merged. */
export function tombstoneMerged(): Lookout {
  return {
    observe(record) {
      const seen = observed(record);
      return seen.type === 'register-merged' && seen.deleted && seen.replacedCounter > 0;
    },
  };
}

/** A lease was ended by another node than its owner. */
export function leaseOfDeadEnded(): Lookout {
  return {
    observe(record) {
      const seen = observed(record);
      return seen.type === 'lease-expired' && seen.owner !== record.node;
    },
  };
}

/** A node was left down and the core was judged. */
export function leftDown(): Lookout {
  return { end: (end) => end.core.length < end.nodes.length && isClaimed(end) };
}
