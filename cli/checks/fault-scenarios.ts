// Which built-in scenarios draw which kinds of faults, for docs/faults.md.
import { randomStream } from '../../runtime/random.js';
import { gossipScenario } from '../../props/scenarios/gossip.js';
import { leaseReplicatedScenario } from '../../props/scenarios/lease-replicated.js';
import { leaseScenario } from '../../props/scenarios/lease.js';
import { raftScenario } from '../../props/scenarios/raft.js';
import {
  schedulerGossipScenario,
  schedulerLeaseScenario,
  schedulerRaftScenario,
} from '../../props/scenarios/scheduler.js';
import { paletteOf } from '../../sim/faults/palette.js';
import { faultRegistry } from '../../sim/faults/registry.js';
import type { Scenario } from '../../sim/scenario.js';

const SCENARIOS: readonly Scenario[] = [
  raftScenario,
  leaseScenario,
  leaseReplicatedScenario,
  gossipScenario,
  schedulerRaftScenario,
  schedulerLeaseScenario,
  schedulerGossipScenario,
];

/** A section that tells of each kind of fault which scenarios draw it from a seed. */
export function faultScenarios(scenarios: readonly Scenario[] = SCENARIOS): string {
  const drawnBy = new Map([...faultRegistry.keys()].map((kind) => [kind, [] as string[]]));
  for (const scenario of scenarios) for (const kind of drawnKinds(scenario)) drawnBy.get(kind)!.push(scenario.name);
  const kindsWhere = (is: (names: readonly string[]) => boolean): string[] =>
    [...drawnBy].filter(([, names]) => is(names)).map(([kind]) => kind);
  const some = kindsWhere((names) => names.length > 0 && names.length < scenarios.length);
  return [
    '## Who draws what\n',
    `Of the built-in scenarios (${scenarios.map(({ name }) => name).join(', ')}):\n`,
    `- all draw ${kindsWhere((names) => names.length === scenarios.length).join(', ')};`,
    ...some.map((kind) => `- ${kind} is drawn by ${drawnBy.get(kind)!.join(', ')};`),
    `- none draws ${kindsWhere((names) => names.length === 0).join(', ')}.\n`,
    'What none draws ends a node for good, loses more than its members may lose, or needs a second build; a plan may name it all the same.',
    'Clusters of two builds under all faults are in `props/scenarios/builds.test.ts`, disks that lie in `props/raft/damaged-disks.test.ts`, and for',
    'each kind a mistake that only it brings to light in `sim/faults/only-this-fault.test.ts`.\n',
  ].join('\n');
}

function drawnKinds(scenario: Scenario): readonly string[] {
  const palette = paletteOf(scenario, scenario.setup(randomStream(`docs/${scenario.name}`), {}));
  if (palette === undefined) return [];
  const drawn = palette.entries.filter(
    (entry) => entry.draw(randomStream(`docs/${scenario.name}/${entry.name}`), palette.context) !== undefined,
  );
  return drawn.map(({ name }) => name);
}
