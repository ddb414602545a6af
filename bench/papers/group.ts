import type { NodeId } from '../../runtime/address.js';
import type { ActorSpec } from '../../runtime/actor.js';
import { createCalendar } from '../../runtime/node/calendar.js';
import {
  gossipOptions,
  membershipSpec,
  type GossipObservation,
  type GossipOptions,
} from '../../protocols/gossip/index.js';
import { runInline, type Gauge, type PlannedFault, type RunResult, type Scenario } from '../../sim/index.js';

const calendar = createCalendar();

export function membersOf(n: number): readonly NodeId[] {
  return Array.from({ length: n }, (_, index) => `n${index + 1}`);
}

/** memberlist's times for a LAN. Push/pull and pings to the dead are left out, since they are not in the paper of SWIM. */
const LAN: Partial<GossipOptions> = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  gossipIntervalMs: 200,
  membershipSyncIntervalMs: 100_000_000,
  deadProbePeriods: 1_000_000,
};

/** SWIM without what Lifeguard adds to it. */
export const PLAIN_SWIM: Partial<GossipOptions> = { healthMax: 1, suspicionMaxMultiplier: 1, buddySystem: false };

export interface GroupTrial {
  readonly members: number;
  readonly options: Partial<GossipOptions>;
  readonly seed: number;
  readonly simulatedMs: number;
  readonly faults: readonly PlannedFault[];
  readonly gauge?: () => Gauge;
  readonly keepTrace?: boolean;
}

/** A group that knows all its members from the beginning, and what the test plans happens to it: on the actors that run in production, in simulated time. */
export function runGroup({ members, options, seed, simulatedMs, faults, gauge, keepTrace }: GroupTrial): RunResult {
  const ids = membersOf(members);
  const given = gossipOptions({ ...LAN, ...PLAIN_SWIM, membersMax: members + 1, ...options });
  const scenario: Scenario = {
    name: `group-of-${members}`,
    programs: { member: (node): readonly ActorSpec[] => [membershipSpec({ node, seeds: ids, options: given })] },
    setup: () => ({ nodes: ids.map((id) => ({ id, program: 'member', params: null, role: 'server' })), workload: [] }),
    latencyMs: { min: 1, max: 5 },
    faultMs: simulatedMs,
    healMs: 0,
    faults: 'none',
    properties: {},
    ...(gauge === undefined ? {} : { gauge }),
  };
  const result = runInline(
    scenario,
    { seed, plan: { faults } },
    { calendar, keepTrace: keepTrace === true, maxSteps: 1e9 },
  );
  if (result.verdict !== 'passed')
    throw new Error(`group of ${members}, seed ${seed}: ${result.violations[0]?.message ?? 'failed'}`);
  return result;
}

export function crashOf(node: NodeId, ms: number): PlannedFault {
  return { name: 'crash-1', fault: 'crash', at: { ms }, target: { kind: 'node', node }, params: {} };
}

/** What was observed, where it is gossip's. */
export function gossipSeen(observation: { readonly type: string }): GossipObservation {
  return observation as GossipObservation;
}
