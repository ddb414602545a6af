import type { Random } from '../../runtime/ports.js';
import { pickOne } from '../faults/draws.js';
import { drawFault, planWithinBudget, type FaultPalette } from '../faults/palette.js';
import type { FaultPlan, PlannedFault } from '../faults/plan.js';
import { faultRegistry } from '../faults/registry.js';

const SHIFT_SCALES_MS = Object.freeze([5, 50, 500, 5_000]);
const LENGTH_PERCENTS = Object.freeze([10, 50, 150, 400]);
const CHANGES = Object.freeze([
  'add',
  'add',
  'remove',
  'shift',
  'shift',
  'follow',
  'repeat',
  'repeat',
  'retarget',
  'stretch',
  'redraw',
] as const);

/**
 * A plan that differs from another in one thing: a fault more or less, earlier or later, close behind another, elsewhere, longer or
 * shorter, or with other parameters. What stays keeps its name and so its fates. Within the budget and the number of faults of the scenario.
 */
export function mutatePlan(plan: FaultPlan, palette: FaultPalette, random: Random): FaultPlan {
  const { faults } = plan;
  const change = pickOne(random, CHANGES);
  if (faults.length === 0 || (change === 'add' && faults.length < palette.maxFaults)) {
    return planWithinBudget(withOneMore(faults, palette, random), palette);
  }
  const index = random.between(0, faults.length - 1);
  if (change === 'remove' || change === 'add') return { ...plan, faults: faults.filter((_, at) => at !== index) };
  const old = faults[index]!;
  if (change === 'repeat') return planWithinBudget(withRepeated(old, faults, palette, random), palette);
  const changed = changeFault(change, old, faults, palette, random);
  // First in the list, it is the others that give way to it where both are too much.
  return planWithinBudget([changed, ...faults.filter((_, at) => at !== index)], palette);
}

/** The faults of one plan up to a moment, and those of another from then on; reactions come from either. */
export function splicePlans(first: FaultPlan, second: FaultPlan, palette: FaultPalette, random: Random): FaultPlan {
  const cutMs = random.between(0, palette.context.faultMs);
  const isBefore = ({ at }: PlannedFault): boolean => ('ms' in at ? at.ms < cutMs : random.between(0, 1) === 0);
  const kept = first.faults.filter(isBefore);
  const names = new Set(kept.map(({ name }) => name));
  // What healing passes by was drawn for its own plan, whose budget allows one such fault.
  const added = second.faults.filter(
    (fault) => !isBefore(fault) && !names.has(fault.name) && fault.outlastsHealing !== true,
  );
  return planWithinBudget([...kept, ...added].slice(0, palette.maxFaults), palette);
}

/** The same fault at another time: what went wrong half may go wrong wholly the second time. */
function withRepeated(
  fault: PlannedFault,
  faults: readonly PlannedFault[],
  palette: FaultPalette,
  random: Random,
): readonly PlannedFault[] {
  if (faults.length >= palette.maxFaults || fault.outlastsHealing === true) return faults;
  const name = freeName(fault.fault, faults);
  const at =
    'ms' in fault.at
      ? { ms: random.between(0, Math.max(0, palette.context.faultMs - 1)) }
      : { ...fault.at, occurrence: fault.at.occurrence + random.between(1, 4) };
  return [...faults, { ...fault, name, at }];
}

function freeName(kind: string, faults: readonly PlannedFault[]): string {
  const names = new Set(faults.map(({ name }) => name));
  let n = 1;
  while (names.has(`${kind}-${n}`)) n++;
  return `${kind}-${n}`;
}

function withOneMore(faults: readonly PlannedFault[], palette: FaultPalette, random: Random): readonly PlannedFault[] {
  if (palette.entries.length === 0) return faults;
  const entry = pickOne(random, palette.entries);
  const planned = drawFault(palette, entry, freeName(entry.name, faults), random);
  if (planned === undefined) return faults;
  const isFollowing = faults.length > 0 && random.between(0, 1) === 0;
  return [isFollowing ? follow(planned, faults, palette, random) : planned, ...faults];
}

function changeFault(
  change: Exclude<(typeof CHANGES)[number], 'add' | 'remove' | 'repeat'>,
  fault: PlannedFault,
  all: readonly PlannedFault[],
  palette: FaultPalette,
  random: Random,
): PlannedFault {
  if (fault.outlastsHealing === true) return fault;
  switch (change) {
    case 'shift':
      return shift(fault, palette, random);
    case 'follow':
      return follow(fault, all, palette, random);
    case 'stretch':
      return stretch(fault, palette, random);
    default:
      return redraw(change, fault, palette, random);
  }
}

function shift(fault: PlannedFault, { context }: FaultPalette, random: Random): PlannedFault {
  const { at } = fault;
  if (!('ms' in at)) {
    const occurrence = Math.max(1, at.occurrence + random.between(-2, 2));
    return { ...fault, at: { ...at, occurrence } };
  }
  const scale = pickOne(random, SHIFT_SCALES_MS);
  return { ...fault, at: { ms: within(at.ms + random.between(-scale, scale), context.faultMs) } };
}

/** Bugs of two faults often want the second soon after the first. */
function follow(
  fault: PlannedFault,
  all: readonly PlannedFault[],
  { context }: FaultPalette,
  random: Random,
): PlannedFault {
  const times = all.flatMap(({ at, name }) => ('ms' in at && name !== fault.name ? [at.ms] : []));
  if (!('ms' in fault.at) || times.length === 0) return fault;
  const ms = pickOne(random, times) + random.between(0, pickOne(random, SHIFT_SCALES_MS));
  return { ...fault, at: { ms: within(ms, context.faultMs) } };
}

function stretch(fault: PlannedFault, { context }: FaultPalette, random: Random): PlannedFault {
  if (fault.forMs === undefined) return fault;
  const forMs = Math.floor((fault.forMs * pickOne(random, LENGTH_PERCENTS)) / 100);
  return { ...fault, forMs: Math.max(1, Math.min(forMs, context.faultMs)) };
}

function redraw(
  change: 'retarget' | 'redraw',
  fault: PlannedFault,
  { context }: FaultPalette,
  random: Random,
): PlannedFault {
  const drawn = faultRegistry.get(fault.fault)?.draw(random, context);
  if (drawn === undefined) return fault;
  if (change === 'redraw') return { ...fault, params: drawn.params };
  // Whoever happens to be the observer stays the target of a reaction.
  return fault.target.kind === 'observer' ? fault : { ...fault, target: drawn.target };
}

function within(ms: number, faultMs: number): number {
  return Math.max(0, Math.min(Math.floor(ms), Math.max(0, faultMs - 1)));
}
