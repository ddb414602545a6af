import { nodeOf, type NodeId } from '../../runtime/address.js';
import { paletteOf } from '../faults/palette.js';
import type { FaultPlan, FaultTarget, PlannedFault } from '../faults/plan.js';
import type { ArrivalPlan, NamedLink } from '../network/arrival-plan.js';
import type { Violation } from '../properties/property.js';
import type { RunSpec, Scenario } from '../scenario.js';
import type { Setup } from '../setup.js';

/** A run of which nothing is left to be drawn, and which can so be made smaller. */
export interface RunCase extends RunSpec {
  readonly setup: Setup;
  readonly plan: FaultPlan;
}

/** Which failure is to stay: another property that fails, or the same in another way, is another failure. */
export interface TargetViolation {
  readonly property: string;
  readonly kind: Violation['kind'];
}

export function findTarget(violations: readonly Violation[], target: TargetViolation): Violation | undefined {
  return violations.find(({ property, kind }) => property === target.property && kind === target.kind);
}

export function withFaults(runCase: RunCase, faults: readonly PlannedFault[]): RunCase {
  return { ...runCase, plan: { ...runCase.plan, faults } };
}

export function withWorkload(runCase: RunCase, workload: Setup['workload']): RunCase {
  return { ...runCase, setup: { ...runCase.setup, workload } };
}

/** The case in a smaller cluster: what concerned only nodes that are gone goes with them, and the budget becomes that of the new one. */
export function withSetup(scenario: Scenario, { setup: _whole, plan, ...rest }: RunCase, setup: Setup): RunCase {
  const nodes = new Set(setup.nodes.map(({ id }) => id));
  const workload = setup.workload.filter(({ to }) => nodes.has(nodeOf(to)));
  const faults = plan.faults.flatMap((fault) => restrictFault(fault, nodes));
  const budget = paletteOf(scenario, setup)?.maxDown ?? Infinity;
  const maxDown = plan.maxDown === undefined ? {} : { maxDown: Math.min(plan.maxDown, budget) };
  const smaller = { ...rest, setup: { ...setup, workload }, plan: { ...plan, faults, ...maxDown } };
  return rest.arrivals === undefined ? smaller : { ...smaller, arrivals: restrictArrivals(rest.arrivals, nodes) };
}

function restrictArrivals(arrivals: ArrivalPlan, nodes: ReadonlySet<NodeId>): ArrivalPlan {
  const isLeft = ({ from, to }: NamedLink): boolean => nodes.has(from) && nodes.has(to);
  if (arrivals.kind === 'listed') return { ...arrivals, messages: arrivals.messages.filter(isLeft) };
  return { ...arrivals, slowest: arrivals.slowest.filter(isLeft), changes: arrivals.changes.filter(isLeft) };
}

function restrictFault(fault: PlannedFault, nodes: ReadonlySet<NodeId>): readonly PlannedFault[] {
  const { at } = fault;
  const named = 'on' in at ? [at.node] : 'onMessage' in at ? [at.from, at.to] : [];
  if (named.some((node) => node !== undefined && !nodes.has(node))) return [];
  const target = restrictTarget(fault.target, nodes);
  return target === undefined ? [] : [{ ...fault, target }];
}

function restrictTarget(target: FaultTarget, nodes: ReadonlySet<NodeId>): FaultTarget | undefined {
  if (target.kind === 'node') return nodes.has(target.node) ? target : undefined;
  if (target.kind !== 'links') return target;
  const from = target.from.filter((id) => nodes.has(id));
  const to = target.to.filter((id) => nodes.has(id));
  return from.length === 0 || to.length === 0 ? undefined : { kind: 'links', from, to };
}
