import { leaseReplicatedScenario } from '../props/scenarios/lease-replicated.js';
import { raftScenario } from '../props/scenarios/raft.js';
import {
  schedulerGossipScenario,
  schedulerLeaseScenario,
  schedulerRaftScenario,
} from '../props/scenarios/scheduler.js';
import type { Plain } from '../runtime/data.js';
import type { Scenario } from '../sim/index.js';
import { lastingAMinute, measureRun, measureSeeds, type Measured } from './measure.js';
import { gossipGroup } from './scenarios/gossip.js';
import { busyRaft, idleRaft } from './scenarios/raft.js';
import { toyScenario, type ToyShape } from './scenarios/toy.js';

const SCENARIOS: readonly Scenario[] = [
  raftScenario,
  leaseReplicatedScenario,
  schedulerRaftScenario,
  schedulerLeaseScenario,
  schedulerGossipScenario,
];

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const MEASURE_MS = 4_000;

const simulatedSecondsPerSecond = ({ simulatedMs, wallMs }: Measured): number => simulatedMs / wallMs;
const seedsPerMinute = ({ runs, wallMs }: Measured): number => runs / (wallMs / 60_000);
const stepsPerSecond = ({ steps, wallMs }: Measured): number => steps / (wallMs / 1000);
const shape = (given: Partial<ToyShape>): Plain => given;

/** Everything on one core, in this one process, one after the other; the fingerprint is on throughout. */
export function measureSimulation(tell: (what: string) => void): readonly Figure[] {
  const figures: Figure[] = [];
  const measure = (name: string, unit: string, run: () => number): void => {
    tell(name);
    figures.push({ name, value: run(), unit });
  };
  const toy = (given: Partial<ToyShape>): number => stepsPerSecond(measureSeeds(toyScenario, MEASURE_MS, shape(given)));
  measure('toy: five nodes, messages of four scalars', 'events/s', () => toy({}));
  measure('toy: five nodes, messages of two log entries', 'events/s', () => toy({ payload: 'entries' }));
  measure('five Raft nodes, idle', 'simulated s/s', () =>
    simulatedSecondsPerSecond(measureSeeds(idleRaft, MEASURE_MS)),
  );
  measure('five Raft nodes, clients and swarm faults', 'simulated s/s', () =>
    simulatedSecondsPerSecond(measureSeeds(busyRaft, MEASURE_MS)),
  );
  for (const scenario of SCENARIOS) {
    measure(`${scenario.name}, 60 simulated s a seed`, 'seeds/min', () =>
      seedsPerMinute(measureSeeds(lastingAMinute(scenario), MEASURE_MS)),
    );
  }
  return figures;
}

/** What an event costs where there are many nodes, each with the same number of messages on their way. */
export function measureScaling(tell: (what: string) => void): readonly Figure[] {
  const figures: Figure[] = [];
  for (const nodes of [10, 100, 1000]) {
    const name = `toy: ${nodes} nodes, ten messages on their way from each`;
    tell(name);
    const measured = measureSeeds(toyScenario, MEASURE_MS, shape({ nodes, tokens: 10 }));
    figures.push({ name, value: (measured.wallMs * 1e6) / measured.steps, unit: 'ns/event' });
  }
  const [small, , large] = figures;
  if (small !== undefined && large !== undefined) {
    figures.push({
      name: 'an event among 1000 nodes to one among 10',
      value: large.value / small.value,
      unit: 'times',
    });
  }
  return figures;
}

const GOSSIP_MEMBERS = 1000;
const GOSSIP_MS = 3_600_000;

/** A thousand members of a SWIM group for an hour, from their first contact on. */
export function measureGossip(tell: (what: string) => void): readonly Figure[] {
  const name = `gossip: ${GOSSIP_MEMBERS} members, one simulated hour`;
  tell(name);
  const { wallMs, steps } = measureRun(gossipGroup(GOSSIP_MEMBERS, GOSSIP_MS), 1);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return [
    { name, value: wallMs / 1000, unit: 's' },
    { name: `${name}: events`, value: steps, unit: 'events' },
    { name: `${name}: most memory of the process`, value: peakBytes / 1e6, unit: 'MB' },
  ];
}
