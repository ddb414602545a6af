import { actor } from '../../runtime/actor.js';
import { messages, t } from '../../runtime/schema.js';
import type { FaultParams } from '../faults/fault-entry.js';
import type { FaultTarget, PlannedFault } from '../faults/plan.js';
import { kindsOf, trials, type OnlyThisFault } from '../faults/only-this-fault.fixture.js';
import type { Scenario } from '../scenario.js';
import { noCalendar, quiet } from '../world/probe.fixture.js';
import { runInline } from '../world/run-inline.js';
import { logOf, momentsOf } from './link-log.fixture.js';
import {
  BASE_US,
  EVERY_US,
  LARGE_EVERY,
  networkBeliefs,
  seldomBelief,
  type NetworkBelief,
} from './network-beliefs.fixture.js';

// Nodes that number what they say to each other, and tell what they hear. Which fault breaks which belief about that shows what it brings
// to light, and what no other does.

const talk = messages('chatter', { tick: {}, word: { n: t.int, life: t.number, padding: t.bytes } });

type ChatterParams = { readonly nodes: readonly string[]; readonly everyMs: number };

const LARGE_BYTES = 3_000;

const chatter = actor(talk, {
  init: (params: ChatterParams) => ({ ...params, sent: 0, life: 0 }),
  recover: (_durable, params) => ({ ...params, sent: 0, life: 0 }),
  start(context, state) {
    // Not the incarnation: who has lost its disk counts those anew.
    state.life = context.wallMs();
    context.setTimer('tick', state.everyMs, { type: 'tick' });
  },
  on: {
    tick(context, state) {
      context.setTimer('tick', state.everyMs, { type: 'tick' });
      const n = ++state.sent;
      context.observe({ type: 'sent', n, life: state.life });
      const padding = new Uint8Array(n % LARGE_EVERY === 0 ? LARGE_BYTES : 0);
      for (const peer of state.nodes) {
        if (peer === context.node) continue;
        context.send(chatter.at(peer, 'c'), { type: 'word', n, life: state.life, padding });
      }
    },
    word: (context, state, { n, life }) =>
      context.observe({ type: 'heard', from: context.sender.slice(0, 1), life, n, ownLife: state.life }),
  },
});

function chattering(
  nodes: readonly string[],
  everyMs: number,
  latency: { readonly minMs: number; readonly maxMs: number },
): Scenario {
  const params: ChatterParams = { nodes, everyMs };
  const program = (): readonly { name: string; definition: typeof chatter; params: ChatterParams }[] => [
    { name: 'c', definition: chatter, params },
  ];
  return {
    name: 'chattering',
    programs: { chatter: program, next: program },
    setup: () => ({
      nodes: nodes.map((id) => ({ id, program: 'chatter', params: null, role: 'server' as const })),
      workload: [],
    }),
    latency: { kind: 'uniform', ...latency },
    ...{ faultMs: 550, healMs: 150, faults: 'none', properties: quiet },
  };
}

const NODES = Object.freeze(['a', 'b', 'c', 'd', 'e']);
export const chatteringOften: Scenario = chattering(NODES, EVERY_US / 1000, {
  minMs: BASE_US / 1000,
  maxMs: BASE_US / 1000,
});
const seldom = chattering(NODES, 25, { minMs: 5, maxMs: 15 });

/** Sizes that fit to this chatter. */
const SIZES: Readonly<Record<string, FaultParams>> = {
  drop: { ppm: 20_000 },
  corrupt: { ppm: 10_000, mostPerLink: 1 },
  bandwidth: { bytesPerS: 120_000, queueBytes: 20_000 },
  'partition-partial': { ppm: 250_000 },
  'latency-uniform': { maxMs: 30 },
};
const FOR_MS = 300;

function sized(planned: PlannedFault): PlannedFault {
  return { ...planned, params: SIZES[planned.fault] ?? planned.params, target: wider(planned.target), forMs: FOR_MS };
}

/** The trials are for three nodes. */
function wider(target: FaultTarget): FaultTarget {
  if (target.kind !== 'links') return target;
  return { kind: 'links', from: [...target.from, 'd', 'e'], to: target.to };
}

const SEEDS = Object.freeze([1, 2]);

/** The beliefs that break in some run with these faults. */
function brokenIn(
  scenario: Scenario,
  beliefs: readonly NetworkBelief[],
  faults: readonly PlannedFault[],
): readonly NetworkBelief[] {
  const broken = new Set<NetworkBelief>();
  for (const seed of SEEDS) {
    const { trace, setup } = runInline(scenario, { seed, plan: { faults } }, { calendar: noCalendar, keepTrace: true });
    const nodes = setup.nodes.map(({ id }) => id);
    const log = logOf(nodes, trace ?? []);
    const moments = momentsOf(log);
    for (const belief of beliefs) if (belief.isBroken(log, moments)) broken.add(belief);
  }
  return [...broken];
}

/** Tries all kinds of faults at once on all beliefs; what was found is kept for as long as the cases are. */
export function networkMistakes(): readonly OnlyThisFault[] {
  return [
    ...casesOf(networkBeliefs, (faults) => brokenIn(chatteringOften, networkBeliefs, faults)),
    ...casesOf([seldomBelief], (faults) => brokenIn(seldom, [seldomBelief], faults)),
  ];
}

function casesOf(
  beliefs: readonly NetworkBelief[],
  tryOut: (faults: readonly PlannedFault[]) => readonly NetworkBelief[],
): readonly OnlyThisFault[] {
  let known: readonly { readonly faults: readonly PlannedFault[]; readonly broken: readonly NetworkBelief[] }[] = [];
  const all = (): typeof known => {
    if (known.length === 0) {
      known = [[], ...trials.map((planned) => [sized(planned)])].map((faults) => ({ faults, broken: tryOut(faults) }));
    }
    return known;
  };
  return beliefs.map((belief) => ({
    kind: belief.kind,
    mistake: `who believes that ${belief.belief}`,
    tried: kindsOf(trials),
    isRightWithoutFaults: () => !all().some(({ faults, broken }) => faults.length === 0 && broken.includes(belief)),
    finders: () =>
      kindsOf(
        all()
          .filter(({ broken }) => broken.includes(belief))
          .flatMap(({ faults }) => [...faults]),
      ),
  }));
}
