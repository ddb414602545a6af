import type { Random } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import { pickOne } from './draws.js';
import { drawAgain, drawFault, paletteOf, planWithinBudget, type FaultPalette } from './palette.js';
import type { FaultEntry } from './fault-entry.js';
import type { FaultPlan, PlannedFault } from './plan.js';
import { faultFamilies } from './registry.js';

/** How many kinds of faults a run has, and how many faults of each. */
interface Profile {
  /** How likely each family is, in hundredths. */
  readonly familyPercent: number;
  /** Which part of the kinds of a family there is, in thousandths: one of these. */
  readonly shares: readonly number[];
  readonly mostOfAKind: number;
  /** Faults in all, at most: one of these. */
  readonly mostInAll: readonly number[];
}

/** A little of everything: what several kinds bring about together. */
const BROAD: Profile = Object.freeze({
  ...{ familyPercent: 50, shares: [250, 500, 1000], mostOfAKind: 4 },
  mostInAll: [8, 12, 16],
});
/** Few kinds, many times: what one kind has to do again and again, and what the others would have hidden or prevented. */
const FOCUSED: Profile = Object.freeze({
  ...{ familyPercent: 30, shares: [200, 400], mostOfAKind: 12 },
  mostInAll: [Infinity],
});
/** Hardly a fault: what needs the cluster to work on around it. */
const SPARSE: Profile = Object.freeze({
  ...{ familyPercent: 50, shares: [250, 500, 1000], mostOfAKind: 4 },
  mostInAll: [1, 2, 4],
});
/** Kinds that a scenario names are few, and each is drawn as if it were alone. */
const NAMED: Profile = Object.freeze({
  ...{ familyPercent: 100, shares: [500], mostOfAKind: 4 },
  mostInAll: [Infinity],
});
const PROFILES: readonly Profile[] = Object.freeze([BROAD, FOCUSED, FOCUSED, SPARSE]);

const REACTION_PERCENTS = Object.freeze([10, 33, 75]);
/** What is common is in so many times as many runs, unless every other run has it anyhow. */
const COMMON_TIMES = 3;
const EVERY_OTHER = 500;

interface Candidate {
  readonly planned: PlannedFault;
  /** Which candidates stay where there are too many. */
  readonly rank: number;
}

/**
 * Draws a plan from the seed, swarm fashion (Groce et al., "Swarm Testing", ISSTA 2012): first how manifold the faults of this run are and
 * what they may react to, then which families of faults exist at all, which of their kinds, how many of each, when and whom. Each kind has
 * a random stream of its own, so that a new kind moves no old one. Throws where the scenario names a fault that does not exist.
 */
export function drawPlan(scenario: Scenario, setup: Setup, seed: number): FaultPlan {
  const given = paletteOf(scenario, setup);
  if (given === undefined) return { faults: [] };
  const whole = oftenNarrowed(given, seed);
  const random = randomStream(`${seed}/swarm/profile`);
  const drawn = pickOne(random, PROFILES);
  const profile = whole.areNamed ? NAMED : drawn;
  const palette = withTriggers(whole, random);
  const families = palette.areNamed
    ? [drawCandidates(palette, palette.entries, NAMED.shares[0]!, profile, seed)]
    : faultFamilies.map(({ name, entries }) => {
        const ofFamily = randomStream(`${seed}/swarm/family/${name}`);
        const share = ofFamily.between(0, 99) < profile.familyPercent ? pickOne(ofFamily, profile.shares) : 0;
        const usable = palette.entries.filter((entry) => entries.includes(entry));
        return drawCandidates(palette, usable, share, profile, seed);
      });
  const mostInAll = Math.min(palette.maxFaults, pickOne(random, profile.mostInAll));
  const kept = dealFairly(families).slice(0, mostInAll);
  const mayLast = scenario.faults !== 'none' && scenario.faults.leavesBroken === true;
  const lasting = mayLast ? drawLasting(palette, seed) : [];
  kept.splice(Math.max(0, palette.maxFaults - lasting.length));
  return planWithinBudget([...lasting, ...kept], palette);
}

function oftenNarrowed(palette: FaultPalette, seed: number): FaultPalette {
  const { oftenOnly } = palette;
  if (oftenOnly.length === 0 || randomStream(`${seed}/swarm/only`).between(0, 2) > 0) return palette;
  return { ...palette, entries: oftenOnly, areNamed: true };
}

/** What this run's faults may react to: all that the scenario names, or in every other run one or two of these. */
function withTriggers(palette: FaultPalette, random: Random): FaultPalette {
  const reactionPercent = pickOne(random, REACTION_PERCENTS);
  const all = [...palette.reactTo, ...palette.reactToMessages];
  const count = random.between(0, 1) === 0 ? all.length : random.between(1, 2);
  const chosen = new Set(count >= all.length ? all : Array.from({ length: count }, () => pickOne(random, all)));
  const isChosen = (trigger: string): boolean => chosen.has(trigger);
  return {
    ...{ ...palette, reactionPercent },
    reactTo: palette.reactTo.filter(isChosen),
    reactToMessages: palette.reactToMessages.filter(isChosen),
  };
}

/** Best rank first. */
function drawCandidates(
  palette: FaultPalette,
  entries: readonly FaultEntry[],
  share: number,
  { mostOfAKind }: Profile,
  seed: number,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const entry of entries) {
    const random = randomStream(`${seed}/swarm/${entry.name}`);
    const own = entry.isCommon === true && share < EVERY_OTHER ? COMMON_TIMES * share : share;
    if (random.between(0, 999) >= own) continue;
    const count = random.between(1, mostOfAKind);
    for (let n = 1; n <= count; n++) {
      const rank = random.uint32();
      const planned = drawFault(palette, entry, `${entry.name}-${n}`, random);
      if (planned === undefined) continue;
      for (const again of drawAgain(random, palette, planned)) candidates.push({ planned: again, rank });
    }
  }
  return candidates.sort((a, b) => a.rank - b.rank || (a.planned.name < b.planned.name ? -1 : 1));
}

/** The best of each family, then the second of each, and so on. */
function dealFairly(families: readonly (readonly Candidate[])[]): PlannedFault[] {
  const dealt: PlannedFault[] = [];
  const longest = Math.max(0, ...families.map(({ length }) => length));
  for (let round = 0; round < longest; round++) {
    const inRound = families.flatMap((candidates) => candidates.slice(round, round + 1));
    inRound.sort((a, b) => a.rank - b.rank);
    for (const { planned } of inRound) dealt.push(planned);
  }
  return dealt;
}

const LASTING_FAULTS = Object.freeze(['crash', 'pause', 'partition']);

/** In one seed of four: some of a minority of servers are broken late in the phase of faults, and stay so for ever. */
function drawLasting(
  { servers, maxDown, maxFaults, context, entries }: FaultPalette,
  seed: number,
): readonly PlannedFault[] {
  const random = randomStream(`${seed}/swarm/lasting`);
  const kinds = LASTING_FAULTS.filter((name) => entries.some((entry) => entry.name === name));
  if (random.between(0, 3) > 0 || maxDown === 0 || kinds.length === 0) return [];
  const left = [...servers];
  const count = random.between(1, Math.min(maxDown, maxFaults, left.length));
  return Array.from({ length: count }, (_, n) => {
    const [node] = left.splice(random.between(0, left.length - 1), 1);
    const fault = pickOne(random, kinds);
    const ms = random.between(Math.floor(context.faultMs / 2), Math.max(0, context.faultMs - 1));
    return {
      ...{ name: `lasting-${n + 1}`, fault, at: { ms }, target: { kind: 'node', node: node! }, params: {} },
      outlastsHealing: true,
    };
  });
}
