import { nodeOf } from '../../runtime/address.js';
import type { Random } from '../../runtime/ports.js';
import { pickOne } from '../faults/draws.js';
import type { Setup, WorkItem } from '../setup.js';

const RUN_LENGTHS = Object.freeze([1, 1, 2, 5, 20]);
const SHIFT_SCALES_MS = Object.freeze([5, 50, 500, 5_000]);

/**
 * A workload that differs from another a little. Only what is asked for during the phase of faults changes, and stays within it: what a
 * scenario asks for afterwards is how it judges progress. Nothing is asked for twice, since scenarios give each request a name.
 */
export function mutateWorkload(workload: readonly WorkItem[], faultMs: number, random: Random): readonly WorkItem[] {
  const changeable = workload.flatMap(({ atMs }, index) => (atMs < faultMs ? [index] : []));
  if (changeable.length === 0) return workload;
  const first = random.between(0, changeable.length - 1);
  const chosen = new Set(changeable.slice(first, first + pickOne(random, RUN_LENGTHS)));
  switch (random.between(0, 2)) {
    case 0:
      return workload.filter((_, index) => !chosen.has(index));
    case 1: {
      const scale = pickOne(random, SHIFT_SCALES_MS);
      const byMs = random.between(-scale, scale);
      return workload.map((item, index) => (chosen.has(index) ? shifted(item, byMs, faultMs) : item));
    }
    default:
      return swapped(workload, changeable, random);
  }
}

/** The workload of another seed, where it asks only nodes that are there. */
export function borrowWorkload(setup: Setup, other: Setup): Setup {
  const roles = new Map(setup.nodes.map(({ id, role, program }) => [id, `${role} ${program}`]));
  const others = new Map(other.nodes.map(({ id, role, program }) => [id, `${role} ${program}`]));
  const fits = other.workload.every(({ to }) => roles.get(nodeOf(to)) === others.get(nodeOf(to)));
  return fits ? { ...setup, workload: other.workload } : setup;
}

function shifted(item: WorkItem, byMs: number, faultMs: number): WorkItem {
  return { ...item, atMs: Math.max(0, Math.min(item.atMs + byMs, faultMs - 1)) };
}

/** Two requests change places in time. */
function swapped(workload: readonly WorkItem[], changeable: readonly number[], random: Random): readonly WorkItem[] {
  const first = pickOne(random, changeable);
  const second = pickOne(random, changeable);
  const atMs = [workload[first]!.atMs, workload[second]!.atMs] as const;
  return workload.map((item, index) => {
    if (index === first) return { ...item, atMs: atMs[1] };
    return index === second ? { ...item, atMs: atMs[0] } : item;
  });
}
