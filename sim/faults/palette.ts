import type { NodeId } from '../../runtime/address.js';
import type { Random } from '../../runtime/ports.js';
import type { Scenario, SwarmOptions } from '../scenario.js';
import type { Setup } from '../setup.js';
import { pickOne } from './draws.js';
import type { DrawContext, FaultEntry } from './fault-entry.js';
import type { FaultPlan, FaultTarget, PlannedFault } from './plan.js';
import { faultEntry, faultRegistry } from './registry.js';

const MAX_FAULTS = 24;
const REACTION_PERCENT = 33;

/** What faults of a scenario may be made of, for one cluster. */
export interface FaultPalette {
  readonly entries: readonly FaultEntry[];
  /** The only kinds of one run of three. */
  readonly oftenOnly: readonly FaultEntry[];
  /** The scenario names its kinds: they are few, and all of them are wanted. */
  readonly areNamed: boolean;
  readonly context: DrawContext;
  /** What faults may react to: observations, and messages. */
  readonly reactTo: readonly string[];
  readonly reactToMessages: readonly string[];
  readonly reactAgain: boolean;
  /** How many of its faults are reactions, in hundredths, where there is anything to react to. */
  readonly reactionPercent: number;
  readonly maxDown: number;
  readonly maxDiskLost: number | undefined;
  readonly maxFaults: number;
  readonly servers: ReadonlySet<string>;
}

/** Undefined where the scenario has no faults. Throws where it names one that does not exist. */
export function paletteOf(scenario: Scenario, setup: Setup): FaultPalette | undefined {
  const swarm = scenario.faults;
  if (swarm === 'none') return undefined;
  const servers = new Set(setup.nodes.filter(({ role }) => role === 'server').map(({ id }) => id));
  return {
    entries: entriesFor(scenario.name, swarm),
    oftenOnly: entriesFor(scenario.name, { faults: swarm.oftenOnly ?? [] }),
    areNamed: swarm.faults !== undefined,
    context: contextOf(scenario, swarm, setup),
    reactTo: swarm.reactTo ?? [],
    reactToMessages: swarm.reactToMessages ?? [],
    reactAgain: swarm.reactAgain === true,
    reactionPercent: REACTION_PERCENT,
    maxDiskLost: swarm.maxDiskLost,
    maxDown: swarm.maxDown ?? Math.max(0, Math.floor((servers.size - 1) / 2)),
    maxFaults: swarm.maxFaults ?? MAX_FAULTS,
    servers,
  };
}

function contextOf({ faultMs }: Scenario, swarm: SwarmOptions, setup: Setup): DrawContext {
  const { builds = {}, faultPoints = [], reactToMessages: messageTypes = [], maxDriftPpm } = swarm;
  const drift = typeof maxDriftPpm === 'function' ? maxDriftPpm(setup) : maxDriftPpm;
  return {
    ...{ nodes: setup.nodes, faultMs: Math.floor(faultMs), builds, faultPoints, messageTypes },
    cutsSpareClients: swarm.cutsSpareClients === true,
    ...(drift === undefined ? {} : { maxDriftPpm: drift }),
  };
}

function entriesFor(scenario: string, { faults, alsoFaults = [] }: SwarmOptions): readonly FaultEntry[] {
  const usual = (): readonly string[] =>
    [...faultRegistry.values()].filter((entry) => entry.inSwarm).map(({ name }) => name);
  return [...(faults ?? usual()), ...alsoFaults].map((name) => {
    const entry = faultRegistry.get(name);
    if (entry !== undefined) return entry;
    throw new RangeError(
      `scenario ${scenario}: faults.faults names ${JSON.stringify(name)}; known are ${[...faultRegistry.keys()].join(', ')}`,
    );
  });
}

/** One fault of a kind: when, whom, how long. Undefined where the cluster has nobody whom it could hit. */
export function drawFault(
  palette: FaultPalette,
  entry: FaultEntry,
  name: string,
  random: Random,
): PlannedFault | undefined {
  const { context, reactTo, reactToMessages, reactionPercent } = palette;
  const startMs = random.between(0, Math.max(0, context.faultMs - 1));
  const isReaction = random.between(0, 99) < reactionPercent && reactTo.length + reactToMessages.length > 0;
  const drawn = entry.draw(random, context);
  if (drawn === undefined) return undefined;
  const { forMs, params } = drawn;
  const target = isReaction ? reactionTarget(random, palette, entry, drawn.target) : drawn.target;
  return {
    name,
    fault: entry.name,
    at: isReaction ? drawReaction(random, palette, target) : { ms: startMs },
    target,
    forMs,
    params,
  };
}

/** In one of two cuts it is the observer that is parted from the others, mostly with clients that reach both sides. */
function reactionTarget(
  random: Random,
  { reactAgain }: FaultPalette,
  { bothWays, shape }: FaultEntry,
  target: FaultTarget,
): FaultTarget {
  if (target.kind === 'node') return { kind: 'observer' };
  const mayPart = reactAgain && target.kind === 'links' && bothWays && shape === undefined;
  if (!mayPart || random.between(0, 1) === 0) return target;
  return random.between(0, 2) === 0 ? { kind: 'observer' } : { kind: 'observer', others: 'servers' };
}

/** In one of two reactions, where the scenario wants them: whoever comes next is struck as well. */
export function drawAgain(
  random: Random,
  { reactAgain }: FaultPalette,
  planned: PlannedFault,
): readonly PlannedFault[] {
  const { at, name } = planned;
  if (!reactAgain || 'ms' in at || random.between(0, 1) === 0) return [planned];
  const step = pickOne(random, [1, 1, 2, 5]);
  const times = random.between(2, 5);
  return Array.from({ length: times }, (_, n) => ({
    ...planned,
    ...(n === 0 ? {} : { name: `${name}.${n + 1}`, at: { ...at, occurrence: at.occurrence + n * step } }),
  }));
}

const OCCURRENCES_OF_AN_OBSERVATION = Object.freeze([2, 4, 40]);
const OCCURRENCES_OF_A_MESSAGE = Object.freeze([1, 5, 40, 300]);

function drawReaction(random: Random, palette: FaultPalette, target: FaultTarget): PlannedFault['at'] {
  const { reactTo, reactToMessages } = palette;
  const which = random.between(0, reactTo.length + reactToMessages.length - 1);
  const aim = drawAim(random, palette, target);
  const on = reactTo[which];
  if (on !== undefined) {
    const occurrence = random.between(1, pickOne(random, OCCURRENCES_OF_AN_OBSERVATION));
    return { on, occurrence, ...(aim === undefined ? {} : { node: aim }) };
  }
  const onMessage = reactToMessages[which - reactTo.length]!;
  const occurrence = random.between(1, pickOne(random, OCCURRENCES_OF_A_MESSAGE));
  // Its receiver is as good an observer as its sender.
  const isReceiver = aim === undefined && palette.reactAgain && random.between(0, 1) === 0;
  if (isReceiver) return { onMessage, occurrence, when: 'delivered' };
  if (aim === undefined) return { onMessage, occurrence };
  return random.between(0, 1) === 0
    ? { onMessage, occurrence, from: aim }
    : { onMessage, occurrence, to: aim, when: 'delivered' };
}

/** Three cuts of four wait for a server on their smaller side: so it is whoever leads that is parted from most of the others. */
function drawAim(random: Random, { servers }: FaultPalette, target: FaultTarget): NodeId | undefined {
  if (target.kind !== 'links' || random.between(0, 3) === 0) return undefined;
  const sides = [target.from, target.to].map((side) => side.filter((id) => servers.has(id)));
  const [smaller] = sides.filter(({ length }) => length > 0).sort((a, b) => a.length - b.length);
  return smaller === undefined ? undefined : pickOne(random, smaller);
}

/**
 * A plan of these faults in the order of time, without those that would have more servers down at once than the budget has; of two that
 * exclude each other the earlier in the list stays. Reactions are judged when they come.
 */
export function planWithinBudget(
  faults: readonly PlannedFault[],
  { servers, maxDown, maxDiskLost }: FaultPalette,
): FaultPlan {
  const taken: PlannedFault[] = [];
  const kept: PlannedFault[] = [];
  for (const planned of faults) {
    const { target, at, fault } = planned;
    const costs = faultEntry(fault).costPerNode > 0 && 'ms' in at && target.kind === 'node' && servers.has(target.node);
    if (costs) {
      const overlapping = taken.filter((other) => overlap(planned, other)).length;
      if (overlapping >= maxDown) continue;
      taken.push(planned);
    }
    kept.push(planned);
  }
  kept.sort((a, b) => startOf(a) - startOf(b) || (a.name < b.name ? -1 : 1));
  return { faults: kept, maxDown, ...(maxDiskLost === undefined ? {} : { maxDiskLost }) };
}

function overlap(a: PlannedFault, b: PlannedFault): boolean {
  return startOf(a) <= endOf(b) && startOf(b) <= endOf(a);
}

function startOf({ at }: PlannedFault): number {
  return 'ms' in at ? at.ms : Infinity;
}

function endOf(planned: PlannedFault): number {
  // What a disk has lost is lost for good.
  const isForGood = planned.forMs === undefined || faultEntry(planned.fault).costClass === 'diskLost';
  return isForGood ? Infinity : startOf(planned) + planned.forMs;
}
