import type { ScenarioReference } from '../sim/scenario.js';

interface BuiltIn {
  readonly module: string;
  readonly export: string;
}

const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  raft: { module: 'raft', export: 'raftScenario' },
  'raft-membership': { module: 'raft-membership', export: 'raftMembershipScenario' },
  'raft-reads': { module: 'raft-reads', export: 'raftReadsScenario' },
  'raft-lost-disks': { module: 'raft-lost-disks', export: 'raftLostDisksScenario' },
  lease: { module: 'lease', export: 'leaseScenario' },
  'lease-replicated': { module: 'lease-replicated', export: 'leaseReplicatedScenario' },
  gossip: { module: 'gossip', export: 'gossipScenario' },
  'scheduler-raft': { module: 'scheduler', export: 'schedulerRaftScenario' },
  'scheduler-lease': { module: 'scheduler', export: 'schedulerLeaseScenario' },
  'scheduler-gossip': { module: 'scheduler', export: 'schedulerGossipScenario' },
};

export const BUILT_IN_NAMES: readonly string[] = Object.keys(BUILT_IN);

/** Where a scenario of the package is found, or undefined where there is none of that name. */
export function builtInReference(name: string): ScenarioReference | undefined {
  if (!Object.hasOwn(BUILT_IN, name)) return undefined;
  const { module, export: exportName } = BUILT_IN[name] as BuiltIn;
  return { module: new URL(`../props/scenarios/${module}.js`, import.meta.url).href, export: exportName, params: {} };
}
