import { isNodeId, nodeOf, type NodeId } from '../../runtime/address.js';
import { findNotPlain } from '../../runtime/data.js';
import { randomStream } from '../../runtime/random.js';
import { drawSetup } from '../draw-setup.js';
import type { FaultPlan, PlannedFault } from '../faults/plan.js';
import { drawPlan } from '../faults/swarm.js';
import { InvalidPlan, readPlan } from '../faults/validate-plan.js';
import { findArrivalPlanFault, type ArrivalPlan } from '../network/arrival-plan.js';
import type { RunSpec, Scenario } from '../scenario.js';
import type { NodePlan, Setup } from '../setup.js';
import { timingOf, type Timing } from './timing.js';

/** Everything that decides a run, drawn or given, and checked. */
export interface PreparedRun {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly setup: Setup;
  readonly plan: FaultPlan;
  readonly arrivalPlan: ArrivalPlan | undefined;
  readonly timing: Timing;
  /** Properties follow the actors of this seed step by step. */
  readonly isFollowed: boolean;
  /** The run ends before its scenario does: its end is not judged. */
  readonly isCut: boolean;
  /** Indexes of the nodes that will be healed whatever comes. */
  readonly core: readonly number[];
  /** Those that will be healed only if none of the faults that would outlast it has hit them: a budget may have spared them. */
  readonly unlessHit: readonly UnlessHit[];
}

export interface UnlessHit {
  readonly node: number;
  /** Names of the planned faults. */
  readonly faults: readonly string[];
}

/** A scenario or a run's specification cannot be used; the message names the place and the remedy. */
export class InvalidRun extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidRun';
  }
}

/** Draws what the spec leaves open. Throws `InvalidRun`, `InvalidPlan` or `RangeError` where something cannot be used. */
export function prepareRun(given: Scenario, spec: RunSpec): PreparedRun {
  const scenario = spec.phases === undefined ? given : { ...given, ...spec.phases };
  const { seed } = spec;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InvalidRun(`seed ${seed}: give a whole number from 0`);
  const whole = timingOf(scenario);
  const timing = spec.cutAtMs === undefined ? whole : cutTiming(whole, spec.cutAtMs);
  const setup = spec.setup ?? drawSetup(scenario, seed, spec.params);
  const fault = findSetupFault(setup, scenario);
  if (fault !== undefined) throw new InvalidRun(`scenario ${scenario.name}: ${fault}`);
  const plan =
    spec.plan === undefined
      ? drawPlan(scenario, setup, seed)
      : readPlan(spec.plan, setup, { programs: Object.keys(scenario.programs) });
  const arrivalPlan = spec.arrivals;
  const oddArrivals =
    arrivalPlan === undefined ? undefined : findArrivalPlanFault(arrivalPlan, setup, timing.lookAheadUs);
  if (oddArrivals !== undefined) throw new InvalidPlan(oddArrivals);
  const healed = healedNodes(scenario, setup, plan, seed);
  const { followEvery } = scenario;
  const isFollowed = followEvery !== undefined && seed % followEvery === 0;
  const isCut = timing.endUs < whole.endUs;
  return { scenario, seed, setup, plan, arrivalPlan, timing, isFollowed, isCut, ...healed };
}

function cutTiming(whole: Timing, cutAtMs: number): Timing {
  if (!Number.isFinite(cutAtMs) || cutAtMs <= 0) {
    throw new InvalidRun(`cutAtMs ${cutAtMs}: give milliseconds above 0, or leave it out for the whole run`);
  }
  return { ...whole, endUs: Math.min(whole.endUs, Math.round(cutAtMs * 1000)) };
}

function healedNodes(
  scenario: Scenario,
  setup: Setup,
  plan: FaultPlan,
  seed: number,
): Pick<PreparedRun, 'core' | 'unlessHit'> {
  const chosen = scenario.core?.(setup, randomStream(`${seed}/core`), plan);
  const isChosen = (id: NodeId): boolean => chosen === undefined || chosen.includes(id);
  const core: number[] = [];
  const unlessHit: UnlessHit[] = [];
  setup.nodes.forEach(({ id }, node) => {
    if (!isChosen(id)) return;
    const faults = lastingFaults(plan, id);
    if (faults.length === 0) core.push(node);
    else unlessHit.push({ node, faults });
  });
  return { core, unlessHit };
}

/** Names of the faults that healing passes by, of those that may hit a node. */
function lastingFaults({ faults }: FaultPlan, node: NodeId): readonly string[] {
  const hits = ({ target }: PlannedFault): boolean =>
    target.kind === 'all' || (target.kind === 'node' && target.node === node);
  return faults.filter((fault) => fault.outlastsHealing === true && hits(fault)).map(({ name }) => name);
}

const ROLES: readonly NodePlan['role'][] = ['server', 'client', 'store', 'sink'];

function findSetupFault(setup: Setup, scenario: Scenario): string | undefined {
  if (setup.nodes.length === 0) return 'setup gives no nodes; give at least one';
  const ids = new Set<string>();
  for (const { id, program, params, role } of setup.nodes) {
    if (!isNodeId(id)) return `node ${JSON.stringify(id)}: a node id has letters, digits, . _ - (at most 64)`;
    if (ids.has(id)) return `node ${id} is there twice; ids are unique`;
    ids.add(id);
    if (!Object.hasOwn(scenario.programs, program)) {
      return `node ${id}: unknown program ${JSON.stringify(program)}; it has ${Object.keys(scenario.programs).join(', ')}`;
    }
    if (!ROLES.includes(role)) return `node ${id}: unknown role ${JSON.stringify(role)}; there are ${ROLES.join(', ')}`;
    const notPlain = findNotPlain(params, `node ${id}: params`);
    if (notPlain !== undefined) return notPlain;
  }
  for (const [index, { atMs, to, message }] of setup.workload.entries()) {
    const place = `workload[${index}]`;
    if (!Number.isFinite(atMs) || atMs < 0) return `${place}.atMs: ${atMs}; give milliseconds from 0`;
    if (!ids.has(nodeOf(to))) return `${place}.to: ${to} is on no node of the cluster; it has ${[...ids].join(', ')}`;
    const notPlain = findNotPlain(message, `${place}.message`);
    if (notPlain !== undefined) return notPlain;
  }
  return undefined;
}
