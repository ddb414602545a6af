import type { Calendar } from '../runtime/ports.js';
import { runInline, type Scenario } from '../sim/index.js';
import { gossipScenario } from './scenarios/gossip.js';
import { leaseReplicatedScenario } from './scenarios/lease-replicated.js';
import { leaseScenario } from './scenarios/lease.js';
import { raftMembershipScenario } from './scenarios/raft-membership.js';
import { raftLostDisksScenario } from './scenarios/raft-lost-disks.js';
import { raftReadsScenario } from './scenarios/raft-reads.js';
import { raftScenario } from './scenarios/raft.js';
import { schedulerGossipScenario, schedulerLeaseScenario, schedulerRaftScenario } from './scenarios/scheduler.js';

const SCENARIOS: Readonly<Record<string, Scenario>> = Object.freeze({
  raft: raftScenario,
  'raft-membership': raftMembershipScenario,
  'raft-reads': raftReadsScenario,
  'raft-lost-disks': raftLostDisksScenario,
  lease: leaseScenario,
  'lease-replicated': leaseReplicatedScenario,
  gossip: gossipScenario,
  'scheduler-raft': schedulerRaftScenario,
  'scheduler-lease': schedulerLeaseScenario,
  'scheduler-gossip': schedulerGossipScenario,
});
const SEEDS = Object.freeze([1, 2, 3, 4, 5]);

/** By scenario, then by seed. */
export type Fingerprints = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The fingerprints of a few seeds of each built-in scenario: they change where anything that a run does has changed. */
export function frozenFingerprints(calendar: Calendar): Fingerprints {
  const fingerprintOf = (scenario: Scenario, seed: number): string =>
    runInline(scenario, { seed }, { calendar }).fingerprint;
  return Object.fromEntries(
    Object.entries(SCENARIOS).map(([name, scenario]) => [
      name,
      Object.fromEntries(SEEDS.map((seed) => [String(seed), fingerprintOf(scenario, seed)])),
    ]),
  );
}
