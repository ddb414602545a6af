import type { NodeId } from '../../runtime/address.js';
import type { Program } from '../../runtime/actor.js';
import { gossipOptions, membershipSpec } from '../../protocols/gossip/index.js';
import { scenario, type Scenario } from '../../sim/index.js';

/** memberlist's periods for a LAN; its push/pull comes every 30 s and rarer the larger the cluster is: 180 s for a thousand. */
const LAN = gossipOptions({
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  gossipIntervalMs: 200,
  membershipSyncIntervalMs: 180_000,
});

const programs: Readonly<Record<string, Program>> = Object.freeze({
  member: (node, params) => [
    membershipSpec({ node, seeds: (params as { readonly seeds: readonly NodeId[] }).seeds, options: LAN }),
  ],
});

/** A group of members that watch each other with SWIM while now and then one of them crashes and comes back. */
export function gossipGroup(members: number, simulatedMs: number): Scenario {
  const ids = Array.from({ length: members }, (_, index) => `n${index + 1}`);
  return scenario({
    name: `gossip-${members}`,
    programs,
    setup: () => ({
      nodes: ids.map((id) => ({ id, program: 'member', params: { seeds: ids.slice(0, 3) }, role: 'server' })),
      workload: [],
    }),
    latencyMs: { min: 1, max: 5 },
    faultMs: simulatedMs,
    healMs: 0,
    faults: { faults: ['crash'] },
    properties: { always: {}, eventually: {}, sometimes: {} },
  });
}
