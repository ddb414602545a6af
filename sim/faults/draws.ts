import { assert } from '../../runtime/assert.js';
import type { NodeId } from '../../runtime/address.js';
import type { Random } from '../../runtime/ports.js';
import type { NodePlan } from '../setup.js';
import type { DrawContext } from './fault-entry.js';
import type { FaultTarget } from './plan.js';

export function pickOne<T>(random: Random, values: readonly T[]): T {
  assert(values.length > 0, 'there is nothing to pick from');
  return values[random.between(0, values.length - 1)]!;
}

const DURATION_SCALES_MS = Object.freeze([50, 200, 1_000, 5_000, 20_000]);

/** Short ones as often as long ones, never longer than the phase of faults. */
export function drawDurationMs(random: Random, context: DrawContext): number {
  const scale = pickOne(random, DURATION_SCALES_MS);
  return Math.max(1, Math.min(random.between(Math.ceil(scale / 4), scale), context.faultMs));
}

/** Servers and stores may crash. Clients see the network's faults only; sinks keep the record of effects. */
export function mayCrash({ role }: NodePlan): boolean {
  return role === 'server' || role === 'store';
}

/** A node that may crash. */
export function drawCrashable(random: Random, context: DrawContext): NodeId | undefined {
  const nodes = context.nodes.filter(mayCrash);
  return nodes.length === 0 ? undefined : pickOne(random, nodes).id;
}

/** Two sides that hear nothing of each other: one node against the rest as often as a random cut. */
export function drawCut(random: Random, context: DrawContext): FaultTarget | undefined {
  const ids = context.nodes.filter(({ role }) => role !== 'sink').map(({ id }) => id);
  if (ids.length < 2) return undefined;
  const from = new Set<NodeId>();
  if (random.between(0, 1) === 0) from.add(pickOne(random, ids));
  else for (const id of ids) if (random.between(0, 1) === 0) from.add(id);
  if (from.size === 0) from.add(pickOne(random, ids));
  if (from.size === ids.length) from.delete(pickOne(random, ids));
  return { kind: 'links', from: ids.filter((id) => from.has(id)), to: ids.filter((id) => !from.has(id)) };
}

/** All links, those of one node, or those across a cut. */
export function drawLinks(random: Random, context: DrawContext): FaultTarget | undefined {
  if (context.nodes.length < 2) return undefined;
  switch (random.between(0, 2)) {
    case 0:
      return { kind: 'all' };
    case 1:
      return { kind: 'node', node: pickOne(random, context.nodes).id };
    default:
      return drawCut(random, context);
  }
}
