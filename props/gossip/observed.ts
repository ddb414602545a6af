import type { ObservedRecord } from '../../runtime/observation.js';
import type { GossipObservation } from '../../protocols/gossip/index.js';
import type { ReplicaUserObservation } from './replica-user.js';

type Observed = GossipObservation | ReplicaUserObservation;

/** What a record says, where it says one of these things; others have other types and match no case. */
export function observed(record: ObservedRecord): Observed {
  return record.observation as unknown as Observed;
}

/** One life of one node. */
export function lifeOf({ node, incarnation }: ObservedRecord): string {
  return `${node} (life ${incarnation})`;
}
