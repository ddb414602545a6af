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

/**
 * Longer ones oftener, since who cannot reach each other for less than their time-outs hardly notice; but mostly no longer than a part of
 * the phase of faults, since where several cuts go on for ever nobody does anything.
 */
export function drawCutMs(random: Random, context: DrawContext): number {
  const drawnMs = Math.max(drawDurationMs(random, context), drawDurationMs(random, context));
  const mostMs = random.between(0, 3) === 0 ? context.faultMs : Math.ceil(context.faultMs / 5);
  return Math.min(drawnMs, mostMs);
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

const CUT_SHAPES = Object.freeze(['one', 'any', 'servers', 'servers', 'both'] as const);

/**
 * Two sides that hear nothing of each other, in one of four ways: one node against the rest; any two sides;
 * some of the servers against the other servers, with clients that reach both; the same with clients on both sides. A side without
 * clients shows nothing of what it believes, and where all clients are with the majority nobody asks whom it has deposed.
 */
export function drawCut(random: Random, context: DrawContext): FaultTarget | undefined {
  const nodes = context.nodes.filter(({ role }) => role !== 'sink');
  const isClient = ({ role }: NodePlan): boolean => role === 'client';
  const [clients, servers] = [nodes.filter(isClient), nodes.filter((node) => !isClient(node))];
  const shape = pickOne(random, CUT_SHAPES);
  if (nodes.length < 2) return undefined;
  if (shape === 'one') {
    const lonely = pickOne(random, nodes);
    return sidesOf(nodes, new Set([lonely.id]));
  }
  if (shape === 'any' || servers.length < 2) return sidesOf(nodes, drawSide(random, nodes));
  const fewer = drawSide(random, servers, Math.floor(servers.length / 2));
  if (shape === 'servers' || clients.length === 0) return sidesOf(servers, fewer);
  const guests = clients.length < 2 ? clients.map(({ id }) => id) : [...drawSide(random, clients)];
  return sidesOf(nodes, new Set([...fewer, ...guests]));
}

/** Some of them, but not all; at most so many. */
function drawSide(random: Random, nodes: readonly NodePlan[], most = nodes.length - 1): ReadonlySet<NodeId> {
  const left = nodes.map(({ id }) => id);
  const count = random.between(1, most);
  return new Set(Array.from({ length: count }, () => left.splice(random.between(0, left.length - 1), 1)[0]!));
}

function sidesOf(nodes: readonly NodePlan[], from: ReadonlySet<NodeId>): FaultTarget {
  const ids = nodes.map(({ id }) => id);
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
