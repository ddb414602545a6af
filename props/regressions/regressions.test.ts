import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readRegressions, runSpecOf } from '../../sim/artifact/regressions.js';
import { PlacedRun } from '../../sim/hunt/placed-run.js';
import type { Scenario } from '../../sim/index.js';
import { gossipScenario } from '../scenarios/gossip.js';
import { leaseReplicatedScenario } from '../scenarios/lease-replicated.js';
import { leaseScenario } from '../scenarios/lease.js';
import { raftLostDisksScenario } from '../scenarios/raft-lost-disks.js';
import { raftMembershipScenario } from '../scenarios/raft-membership.js';
import { raftReadsScenario } from '../scenarios/raft-reads.js';
import { raftScenario } from '../scenarios/raft.js';
import { schedulerGossipScenario, schedulerLeaseScenario, schedulerRaftScenario } from '../scenarios/scheduler.js';

const scenarios = new Map<string, Scenario>(
  [
    raftScenario,
    raftLostDisksScenario,
    raftMembershipScenario,
    raftReadsScenario,
    leaseScenario,
    leaseReplicatedScenario,
    gossipScenario,
    schedulerRaftScenario,
    schedulerLeaseScenario,
    schedulerGossipScenario,
  ].map((scenario) => [scenario.name, scenario]),
);

// What each of them shows is tried the other way round by cli/regressions.test.ts: builds that have the bug again fail.
describe('what once broke stays mended', () => {
  const all = readRegressions(fileURLToPath(new URL('.', import.meta.url)));

  it('there is something to run, and each says what it broke', () => {
    expect(all.length).toBeGreaterThan(3);
    for (const { broke, artifact } of all) {
      expect(broke).not.toBe('');
      expect(artifact.violations).not.toEqual([]);
    }
  });

  it.each(all.map((kept) => [kept.name, kept] as const))('%s', (_name, { artifact }) => {
    const scenario = scenarios.get(artifact.scenario.name);
    expect(scenario, `scenario ${artifact.scenario.name}`).toBeDefined();
    const { result } = PlacedRun.inline(scenario!, false).runHere(runSpecOf(artifact), {});
    expect(result.violations).toEqual([]);
    // Were its faults passed over, the run would show nothing.
    for (const [kind, times] of Object.entries(artifact.faults)) {
      expect(result.faults[kind] ?? 0, `times that ${kind} took place`).toBeGreaterThanOrEqual(times);
    }
  });
});
