import { actor, type Program } from '../../runtime/actor.js';
import type { PlainObject } from '../../runtime/data.js';
import { messages, t } from '../../runtime/schema.js';
import type { Lookout, Scenario } from '../../sim/index.js';
import { simulate } from '../vitest.js';
import { raftScenario } from './raft.js';
import { schedulerRaftScenario } from './scheduler.js';

// Two builds in one cluster: members are given the next one and the old one back, by switching and by rolling, while other faults
// strike. The next build has other parameters and one actor more, which the old one has neither code nor storage for.

const census = messages('census', { tick: {}, here: { counted: t.int } });

const EVERY_MS = 100;
/** Few enough that other builds come in most of the seeds. */
const FAULTS = Object.freeze([
  ...['switch-program', 'rolling-upgrade', 'crash', 'pause', 'slow-node', 'partition', 'drop', 'duplicate'],
  ...['clock-skew', 'unsynced-lost', 'slow-disk'],
]);
const NODES = Object.freeze(['n1', 'n2', 'n3', 'n4', 'n5']);

/** Counts durably, and tells everybody: where the old build runs nobody knows such an actor. */
const counter = actor(census, {
  init: () => ({ counted: 0, heard: 0 }),
  recover: ({ cells }) => ({ counted: Number(cells.get('counted') ?? 0), heard: 0 }),
  start(context, { counted }) {
    context.observe({ type: 'next-build-started', counted });
    context.setTimer('tick', EVERY_MS, { type: 'tick' });
  },
  on: {
    tick(context, state) {
      context.setTimer('tick', EVERY_MS, { type: 'tick' });
      context.storage.put('counted', ++state.counted);
      for (const node of NODES) {
        if (node !== context.node) context.send(`${node}/census`, { type: 'here', counted: state.counted });
      }
    },
    here(context, state) {
      if (state.heard++ === 0) context.observe({ type: 'next-builds-met' });
    },
  },
});

/** Seen once a node has done something of this type while it runs the next build and another the old one. */
function inMixedCluster(type: string): () => Lookout {
  return () => {
    const isNext = new Map<string, boolean>();
    return {
      observe({ node, observation }) {
        if (observation.type === 'node-started') isNext.set(node, false);
        if (observation.type === 'next-build-started') isNext.set(node, true);
        return observation.type === type && isNext.get(node) === true && [...isNext.values()].includes(false);
      },
    };
  };
}

/** Seen once a node runs the old build on what the next one left on its disk. */
function wentBack(): Lookout {
  const ranNext = new Set<string>();
  const isNext = new Map<string, boolean>();
  return {
    observe({ node, observation: { type } }) {
      if (type === 'node-started') isNext.set(node, false);
      if (type === 'next-build-started') {
        isNext.set(node, true);
        ranNext.add(node);
      }
      return type === 'raft-appended' && ranNext.has(node) && isNext.get(node) === false;
    },
  };
}

/** As the scenario, with another build of its members, in which `change` has been made to their parameters. */
function withNextBuild(scenario: Scenario, change: (params: PlainObject) => PlainObject): Scenario {
  const member = scenario.programs['member']!;
  const next: Program = (node, params) => [
    ...member(node, params === null ? null : change(params as PlainObject)),
    { name: 'census', definition: counter, params: null },
  ];
  const swarm = scenario.faults === 'none' ? {} : scenario.faults;
  return {
    ...scenario,
    name: `${scenario.name}-builds`,
    programs: { ...scenario.programs, 'member-next': next },
    faults: {
      ...swarm,
      faults: FAULTS,
      builds: { member: ['member-next'] },
      reactTo: [...(swarm.reactTo ?? []), 'next-build-started'],
    },
    properties: {
      ...scenario.properties,
      sometimes: {
        'next-build-leads-old': inMixedCluster('raft-became-leader'),
        'next-build-follows-old': inMixedCluster('raft-appended'),
        'next-builds-meet': inMixedCluster('next-builds-met'),
        'old-build-returns': () => wentBack(),
      },
    },
    sometimesAfterSeeds: 1,
  };
}

const otherHabits = (params: PlainObject): PlainObject => ({
  ...params,
  preVote: params['preVote'] !== true,
  maxEntriesPerAppend: params['maxEntriesPerAppend'] === 1 ? 64 : 1,
  maxAppendsInFlight: params['maxAppendsInFlight'] === 1 ? 8 : 1,
});

simulate('two builds of raft members keep its promises in one cluster', withNextBuild(raftScenario, otherHabits), {
  seeds: 100,
});

simulate('two builds of the scheduler on raft keep its promises', withNextBuild(schedulerRaftScenario, otherHabits), {
  seeds: 20,
});
