import { t } from '../../runtime/schema.js';
import type { Setup } from '../setup.js';
import type { PlanContext } from './fault-entry.js';
import type { FaultPlan, FaultTarget, PlannedFault } from './plan.js';
import { faultRegistry } from './registry.js';

/** A plan from outside cannot be used; the message names the place and the remedy. */
export class InvalidPlan extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidPlan';
  }
}

const FAULTS_MAX = 10_000;
const NAME_MAX = 128;

const targetTypes = t.variants({
  node: { node: t.string },
  observer: { others: t.optional(t.oneOf('servers')) },
  links: { from: t.array(t.string), to: t.array(t.string) },
  all: {},
});

const plannedFault = t.object({
  name: t.string,
  fault: t.string,
  at: t.plain,
  target: targetTypes,
  forMs: t.optional(t.number),
  outlastsHealing: t.optional(t.bool),
  params: t.record(t.plain),
});
const planType = t.object({
  faults: t.array(plannedFault),
  maxDown: t.optional(t.int),
  maxDiskLost: t.optional(t.int),
});
const atTime = t.object({ ms: t.number });
const atObservation = t.object({ on: t.string, occurrence: t.int, node: t.optional(t.string) });
const atMessage = t.object({
  onMessage: t.string,
  occurrence: t.int,
  from: t.optional(t.string),
  to: t.optional(t.string),
  when: t.optional(t.oneOf('sent', 'delivered')),
});

/** Reads a plan that came from a file or a caller. Throws `InvalidPlan`. */
export function readPlan(value: unknown, setup: Setup, context: PlanContext = {}): FaultPlan {
  const fault = findPlanFault(value, setup, context);
  if (fault !== undefined) throw new InvalidPlan(fault);
  return value as FaultPlan;
}

/** The first thing that is wrong with a plan for this cluster, as `place: what; remedy`, or undefined. */
export function findPlanFault(value: unknown, setup: Setup, context: PlanContext = {}): string | undefined {
  const shape = planType.check(value, 'plan');
  if (shape !== undefined) return shape;
  const plan = value as FaultPlan;
  if (plan.faults.length > FAULTS_MAX)
    return `plan.faults: ${plan.faults.length} faults; at most ${FAULTS_MAX} are allowed`;
  if (plan.maxDown !== undefined && plan.maxDown < 0)
    return `plan.maxDown: ${plan.maxDown} is negative; give a number from 0`;
  if (plan.maxDiskLost !== undefined && plan.maxDiskLost < 0)
    return `plan.maxDiskLost: ${plan.maxDiskLost} is negative; give a number from 0`;
  const nodes = new Set(setup.nodes.map(({ id }) => id));
  const names = new Set<string>();
  for (const [index, planned] of plan.faults.entries()) {
    const place = `plan.faults[${index}]`;
    const found =
      findNameFault(planned, place, names) ??
      findKindFault(planned, place, context) ??
      findLastingFault(planned, place) ??
      findPlaceFault(planned, place, nodes);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findNameFault({ name }: PlannedFault, place: string, names: Set<string>): string | undefined {
  if (name === '' || name.length > NAME_MAX) return `${place}.name: give a name of 1 to ${NAME_MAX} characters`;
  if (names.has(name)) return `${place}.name: ${name} is taken by another fault of the plan; names are unique`;
  names.add(name);
  return undefined;
}

function findKindFault(planned: PlannedFault, place: string, context: PlanContext): string | undefined {
  const { fault, params, forMs, target } = planned;
  const entry = faultRegistry.get(fault);
  if (entry === undefined) {
    return `${place}.fault: unknown fault ${JSON.stringify(fault)}; known are ${[...faultRegistry.keys()].join(', ')}`;
  }
  const found = t.object(entry.parameters).check(params, `${place}.params`);
  if (found !== undefined) return `${found}; ${fault} takes ${describeParameters(entry.parameters)}`;
  const odd = entry.findFault?.(params, context);
  if (odd !== undefined) return `${place}.params: ${odd}`;
  if (forMs !== undefined && forMs < 0)
    return `${place}.forMs: ${forMs} is negative; leave it out to last until healing`;
  if (target.kind === 'links' && entry.concerns === 'nodes') {
    return `${place}.target: ${fault} hits nodes, not links; give { kind: 'node', node }`;
  }
  return undefined;
}

function findLastingFault({ outlastsHealing, forMs, target, fault }: PlannedFault, place: string): string | undefined {
  if (outlastsHealing !== true) return undefined;
  if (forMs !== undefined)
    return `${place}.forMs: what outlasts healing has no end; leave out forMs or outlastsHealing`;
  if (target.kind === 'node' || target.kind === 'all') return undefined;
  return `${place}.target: ${fault} outlasts healing, so it must be known whom it leaves broken; give { kind: 'node', node }`;
}

function describeParameters(parameters: Readonly<Record<string, { readonly describes: string }>>): string {
  const described = Object.entries(parameters).map(([name, { describes }]) => `${name} (${describes})`);
  return described.length === 0 ? 'no parameters' : described.join(', ');
}

function findPlaceFault(planned: PlannedFault, place: string, nodes: ReadonlySet<string>): string | undefined {
  const { at, target } = planned;
  const isObject = typeof at === 'object' && at !== null;
  const isReaction = isObject && ('on' in at || 'onMessage' in at);
  const shape = !isReaction ? atTime : 'on' in at ? atObservation : atMessage;
  const found = shape.check(at, `${place}.at`);
  if (found !== undefined) return `${found}; give { ms } or { on, occurrence } or { onMessage, occurrence }`;
  if ('ms' in at && at.ms < 0) return `${place}.at.ms: ${at.ms} is negative; time begins at 0`;
  if (!('ms' in at) && at.occurrence < 1) return `${place}.at.occurrence: ${at.occurrence}; count from 1`;
  if (target.kind === 'observer' && !isReaction) {
    return `${place}.target: only a fault that reacts to an observation has an observer; give a node, or at: { on, occurrence }`;
  }
  const named = [...nodesOfMoment(at), ...nodesOfTarget(target)];
  const unknown = named.find((node) => !nodes.has(node));
  return unknown === undefined
    ? undefined
    : `${place}: the cluster has no node ${JSON.stringify(unknown)}; it has ${[...nodes].join(', ')}`;
}

function nodesOfMoment(at: PlannedFault['at']): readonly string[] {
  const named = 'on' in at ? [at.node] : 'onMessage' in at ? [at.from, at.to] : [];
  return named.filter((node) => node !== undefined);
}

function nodesOfTarget(target: FaultTarget): readonly string[] {
  if (target.kind === 'node') return [target.node];
  return target.kind === 'links' ? [...target.from, ...target.to] : [];
}
