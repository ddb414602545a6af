import type { Random } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import { pickOne } from './draws.js';
import type { DrawContext, FaultEntry } from './fault-entry.js';
import type { FaultPlan, PlannedFault } from './plan.js';
import { faultRegistry } from './registry.js';

const MAX_FAULTS = 12;
const MOST_OF_A_KIND = 4;

interface Candidate {
  readonly planned: PlannedFault;
  readonly entry: FaultEntry;
  /** Which candidates stay where there are too many. */
  readonly rank: number;
}

/**
 * Draws a plan from the seed, swarm fashion (Groce et al., "Swarm Testing", ISSTA 2012): first which kinds of faults exist in this
 * run at all, then how many, when and whom. Each kind has a random stream of its own, so that a new kind moves no old one.
 * Throws where the scenario names a fault that does not exist.
 */
export function drawPlan(scenario: Scenario, setup: Setup, seed: number): FaultPlan {
  const swarm = scenario.faults;
  if (swarm === 'none') return { faults: [] };
  const context: DrawContext = { nodes: setup.nodes, faultMs: Math.floor(scenario.faultMs) };
  const maxDown = swarm.maxDown ?? minorityOf(setup);
  const candidates: Candidate[] = [];
  for (const entry of entriesFor(scenario.name, swarm.faults)) {
    const random = randomStream(`${seed}/swarm/${entry.name}`);
    if (random.between(0, 1) === 0) continue;
    const count = random.between(1, MOST_OF_A_KIND);
    for (let n = 1; n <= count; n++) {
      const candidate = drawFault(entry, n, random, context, swarm.reactTo ?? []);
      if (candidate !== undefined) candidates.push(candidate);
    }
  }
  candidates.sort((a, b) => a.rank - b.rank || (a.planned.name < b.planned.name ? -1 : 1));
  const kept = withinBudget(candidates.slice(0, swarm.maxFaults ?? MAX_FAULTS), setup, maxDown);
  kept.sort((a, b) => startOf(a) - startOf(b) || (a.name < b.name ? -1 : 1));
  return { faults: kept, maxDown };
}

function entriesFor(scenario: string, names: readonly string[] | undefined): readonly FaultEntry[] {
  if (names === undefined) return [...faultRegistry.values()].filter((entry) => entry.inSwarm);
  return names.map((name) => {
    const entry = faultRegistry.get(name);
    if (entry !== undefined) return entry;
    throw new RangeError(
      `scenario ${scenario}: faults.faults names ${JSON.stringify(name)}; known are ${[...faultRegistry.keys()].join(', ')}`,
    );
  });
}

function minorityOf(setup: Setup): number {
  const servers = setup.nodes.filter(({ role }) => role === 'server').length;
  return Math.max(0, Math.floor((servers - 1) / 2));
}

function drawFault(
  entry: FaultEntry,
  n: number,
  random: Random,
  context: DrawContext,
  reactTo: readonly string[],
): Candidate | undefined {
  const rank = random.uint32();
  const startMs = random.between(0, Math.max(0, context.faultMs - 1));
  const isReaction = random.between(0, 2) === 0 && reactTo.length > 0;
  const drawn = entry.draw(random, context);
  if (drawn === undefined) return undefined;
  const { target, forMs, params } = drawn;
  const planned: PlannedFault = {
    name: `${entry.name}-${n}`,
    fault: entry.name,
    at: isReaction ? { on: pickOne(random, reactTo), occurrence: random.between(1, 4) } : { ms: startMs },
    target: isReaction && target.kind === 'node' ? { kind: 'observer' } : target,
    forMs,
    params,
  };
  return { planned, entry, rank };
}

/** Leaves out what would have more servers down at once than the budget has. Reactions are judged when they come. */
function withinBudget(candidates: readonly Candidate[], setup: Setup, maxDown: number): PlannedFault[] {
  const servers = new Set(setup.nodes.filter(({ role }) => role === 'server').map(({ id }) => id));
  const taken: PlannedFault[] = [];
  const kept: PlannedFault[] = [];
  for (const { planned, entry } of candidates) {
    const { target, at } = planned;
    const costs = entry.costPerNode > 0 && 'ms' in at && target.kind === 'node' && servers.has(target.node);
    if (costs) {
      const overlapping = taken.filter((other) => overlap(planned, other)).length;
      if (overlapping >= maxDown) continue;
      taken.push(planned);
    }
    kept.push(planned);
  }
  return kept;
}

function overlap(a: PlannedFault, b: PlannedFault): boolean {
  return startOf(a) <= endOf(b) && startOf(b) <= endOf(a);
}

function startOf({ at }: PlannedFault): number {
  return 'ms' in at ? at.ms : Infinity;
}

function endOf(planned: PlannedFault): number {
  return startOf(planned) + (planned.forMs ?? Infinity);
}
