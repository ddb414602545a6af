import type { Plain } from '../../runtime/data.js';
import type { Random } from '../../runtime/ports.js';
import type { Type } from '../../runtime/schema.js';
import type { NodePlan } from '../setup.js';
import type { FaultTarget } from './plan.js';
import type { DirectedLinks, ResolvedTarget, WorldControl } from './world-control.js';

export type FaultParams = Readonly<Record<string, Plain>>;

/** What a seed may draw from. */
export interface DrawContext {
  readonly nodes: readonly NodePlan[];
  readonly faultMs: number;
  /** By program: other builds of it, which a node that runs it may be given. */
  readonly builds?: Readonly<Record<string, readonly string[]>>;
  /** Points in the code that may fire. */
  readonly faultPoints?: readonly string[];
  /** Types of messages that a fault may single out. */
  readonly messageTypes?: readonly string[];
  /** Every other cut between some pairs of nodes is one of servers only. */
  readonly cutsSpareClients?: boolean;
  /** How far the clocks of a node may be off in their rate, in parts per million. */
  readonly maxDriftPpm?: number;
}

/** A fault goes on: what its next stage is told, and when that takes place. */
export interface NextStage {
  readonly cursor: number;
  readonly afterUs: number;
}

/** What only the scenario knows about the parameters of a planned fault. */
export interface PlanContext {
  readonly programs?: readonly string[];
}

/** What a seed drew for one fault; when it begins is drawn for all kinds alike. */
export interface DrawnFault {
  readonly target: FaultTarget;
  readonly forMs: number;
  readonly params: FaultParams;
}

/** The two ends of the links that a plan names, as indexes: a node and all others, two sides, or all and all. */
export interface LinkEnds {
  readonly kind: FaultTarget['kind'];
  readonly from: readonly number[];
  readonly to: readonly number[];
  isServer(node: number): boolean;
}

/** A kind of fault: what it takes, does and undoes, what it costs, and how a seed draws one. */
export interface FaultEntry {
  readonly name: string;
  readonly describes: string;
  readonly concerns: 'nodes' | 'links';
  /** Acts in both directions, also where the target names one. */
  readonly bothWays: boolean;
  /** For faults of links: which of those between the two ends it concerns. Default: all, both ways where `bothWays` or a node is named. */
  shape?(ends: LinkEnds): readonly DirectedLinks[];
  readonly parameters: Readonly<Record<string, Type<Plain>>>;
  /** Whether there is anything to undo; what does not last is over as soon as it has happened. */
  readonly lasts: boolean;
  /** How many servers of the budget it takes from each node that it hits: 1 where the node is down or paused meanwhile. */
  readonly costPerNode: 0 | 1;
  /**
   * What the cost is for. `down`, the default: as long as the fault lasts. `diskLost`: for good, since what a disk has lost does not come
   * back with the node; it counts beside those that are down.
   */
  readonly costClass?: 'down' | 'diskLost';
  /** A node that ends by itself while or after this fault hit it has done what it should. */
  readonly mayHalt: boolean;
  /** Whether swarm draws it where a scenario names no kinds. */
  readonly inSwarm: boolean;
  /** What clusters meet most often in earnest: swarm has it in three times as many runs as others of its family. */
  readonly isCommon?: boolean;
  begin(control: WorldControl, target: ResolvedTarget, params: FaultParams, name: string): void;
  /** A fault in stages: does the one at `cursor`, the first (0) right after `begin`; undefined where there is nothing more to come. */
  proceed?(
    control: WorldControl,
    target: ResolvedTarget,
    params: FaultParams,
    name: string,
    cursor: number,
  ): NextStage | undefined;
  /** What is wrong with its parameters in this scenario, as `parameter: what; remedy`. */
  findFault?(params: FaultParams, context: PlanContext): string | undefined;
  /** Undoes it on the nodes given; links are healed by name. */
  end(control: WorldControl, target: ResolvedTarget, params: FaultParams, name: string): void;
  /** Undefined where the cluster has nobody whom it could hit. */
  draw(random: Random, context: DrawContext): DrawnFault | undefined;
}
