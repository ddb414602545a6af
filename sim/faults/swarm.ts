import { randomStream } from '../../runtime/random.js';
import type { Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';
import { pickOne } from './draws.js';
import { drawFault, paletteOf, planWithinBudget, type FaultPalette } from './palette.js';
import type { FaultEntry } from './fault-entry.js';
import type { FaultPlan, PlannedFault } from './plan.js';
import { faultFamilies } from './registry.js';

const MOST_OF_A_KIND = 4;
/** Which part of the kinds of a family a run has, in thousandths: with many kinds, runs with few of them must not be rare. */
const SHARES_OF_KINDS = Object.freeze([250, 500, 1000]);
const SHARE_OF_NAMED_KINDS = 500;

interface Candidate {
  readonly planned: PlannedFault;
  /** Which candidates stay where there are too many. */
  readonly rank: number;
}

/**
 * Draws a plan from the seed, swarm fashion (Groce et al., "Swarm Testing", ISSTA 2012): first which families of faults exist in this
 * run at all, then which of their kinds, how many of each, when and whom. Each kind has a random stream of its own, so that a new kind
 * moves no old one. Throws where the scenario names a fault that does not exist.
 */
export function drawPlan(scenario: Scenario, setup: Setup, seed: number): FaultPlan {
  const palette = paletteOf(scenario, setup);
  if (palette === undefined) return { faults: [] };
  const families = palette.areNamed
    ? [drawCandidates(palette, palette.entries, SHARE_OF_NAMED_KINDS, seed)]
    : faultFamilies.map(({ name, entries }) => {
        const random = randomStream(`${seed}/swarm/family/${name}`);
        const share = random.between(0, 1) === 0 ? 0 : pickOne(random, SHARES_OF_KINDS);
        const usable = palette.entries.filter((entry) => entries.includes(entry));
        return drawCandidates(palette, usable, share, seed);
      });
  const kept = dealFairly(families).slice(0, palette.maxFaults);
  const mayLast = scenario.faults !== 'none' && scenario.faults.leavesBroken === true;
  const lasting = mayLast ? drawLasting(palette, seed) : [];
  kept.splice(Math.max(0, palette.maxFaults - lasting.length));
  return planWithinBudget([...lasting, ...kept], palette);
}

/** Best rank first. */
function drawCandidates(
  palette: FaultPalette,
  entries: readonly FaultEntry[],
  share: number,
  seed: number,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const entry of entries) {
    const random = randomStream(`${seed}/swarm/${entry.name}`);
    if (random.between(0, 999) >= share) continue;
    const count = random.between(1, MOST_OF_A_KIND);
    for (let n = 1; n <= count; n++) {
      const rank = random.uint32();
      const planned = drawFault(palette, entry, `${entry.name}-${n}`, random);
      if (planned !== undefined) candidates.push({ planned, rank });
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
