import type { Plain } from '../../runtime/data.js';
import type { PlannedFault } from '../faults/plan.js';
import type { Setup } from '../setup.js';

const SHARE_OF_ALL_PPM = 1_000_000;
const DURATIONS_MS = Object.freeze([1, 10, 100, 1_000, 10_000]);
const GRIDS_MS = Object.freeze([1_000, 100, 10]);

/** In one respect, what a fault could be instead of what it is: the simplest first, none that is the fault itself. */
export type Simplification = (fault: PlannedFault, setup: Setup) => readonly PlannedFault[];

/** One node in place of all. */
const oneNode: Simplification = (fault, { nodes }) =>
  fault.target.kind === 'all' && nodes.length > 1
    ? nodes.map(({ id }) => ({ ...fault, target: { kind: 'node', node: id } }))
    : [];

/** As short as will do, of few sizes; then a round length. */
const shorter: Simplification = (fault) => {
  const { forMs } = fault;
  if (forMs === undefined) return [];
  const round = roundDown(forMs);
  const lengths = DURATIONS_MS.filter((ms) => ms < forMs);
  if (round < forMs && !lengths.includes(round)) lengths.push(round);
  return lengths.map((ms) => ({ ...fault, forMs: ms }));
};

/** A whole share leaves nothing to the draws of the seed; other numbers become round. */
const plainParams: Simplification = (fault) => {
  const simpler: PlannedFault[] = [];
  for (const [name, value] of Object.entries(fault.params)) {
    const better = plainNumber(name, value);
    if (better !== undefined) simpler.push({ ...fault, params: { ...fault.params, [name]: better } });
  }
  return simpler;
};

function plainNumber(name: string, value: Plain): number | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
  const isShare = name === 'ppm' || name.endsWith('Ppm');
  const plain = isShare ? SHARE_OF_ALL_PPM : value < 0 ? 0 - roundDown(0 - value) : roundDown(value);
  return plain === value ? undefined : plain;
}

/** At a round time; the first of its kind. */
const roundMoment: Simplification = (fault) => {
  const { at } = fault;
  if (!('ms' in at)) return at.occurrence > 1 ? [{ ...fault, at: { ...at, occurrence: 1 } }] : [];
  const times = GRIDS_MS.map((grid) => Math.round(at.ms / grid) * grid).filter((ms) => ms !== at.ms);
  return [...new Set(times)].map((ms) => ({ ...fault, at: { ms } }));
};

export const simplifications: readonly Simplification[] = Object.freeze([oneNode, shorter, plainParams, roundMoment]);

/** The lists inside of a fault of which a part may do: the sides of links, and lists of texts among the parameters. */
export function listsOf(fault: PlannedFault): readonly FaultList[] {
  const { target, params } = fault;
  const lists: FaultList[] = [];
  if (target.kind === 'links') {
    lists.push({ items: target.to, replace: (to) => (now) => withSides(now, { to }) });
    lists.push({ items: target.from, replace: (from) => (now) => withSides(now, { from }) });
  }
  for (const [name, value] of Object.entries(params)) {
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) continue;
    const items = value as readonly string[];
    lists.push({ items, replace: (kept) => (now) => ({ ...now, params: { ...now.params, [name]: kept } }) });
  }
  return lists.filter(({ items }) => items.length > 1);
}

export interface FaultList {
  readonly items: readonly string[];
  /** The fault with other items in place of these. */
  replace(items: readonly string[]): (fault: PlannedFault) => PlannedFault;
}

function withSides(
  fault: PlannedFault,
  sides: { readonly from?: readonly string[]; readonly to?: readonly string[] },
): PlannedFault {
  return fault.target.kind === 'links' ? { ...fault, target: { ...fault.target, ...sides } } : fault;
}

/** As long and as hard as faults of its kind are drawn at most: one such may do what several weak ones did together. */
export function strongerFault(fault: PlannedFault): PlannedFault {
  const params = Object.entries(fault.params).map(([name, value]) => [name, strongerValue(name, value)]);
  const lasting = fault.forMs === undefined ? {} : { forMs: Math.max(fault.forMs, LONG_MS) };
  return { ...fault, ...lasting, params: Object.fromEntries(params) as PlannedFault['params'] };
}

const LONG_MS = 10_000;
const HARD_MS = 300;

function strongerValue(name: string, value: Plain): Plain {
  if (typeof value !== 'number') return value;
  if (name === 'ppm' || name.endsWith('Ppm')) return SHARE_OF_ALL_PPM;
  return name.endsWith('Ms') && value >= 0 ? Math.max(value, HARD_MS) : value;
}

/** The largest number with one digit that is not zero and is no greater; numbers below 1 stay. */
function roundDown(value: number): number {
  if (value < 1) return value;
  let power = 1;
  while (power * 10 <= value) power *= 10;
  return Math.floor(value / power) * power;
}
